"""Patterns of blocks, interleaved ones too: whatever the order, everything that looks inside a hybrid works."""

from functools import partial

import pytest
import tiny
import torch

from rnnformer_demo.evaluation.explanations.randomisation import randomised, stages
from rnnformer_demo.interpret.attention_flow import gradient_attention, pooled_rollout
from rnnformer_demo.interpret.attribution import explain
from rnnformer_demo.interpret.interventions import intervene
from rnnformer_demo.interpret.jacobian import states_below_attention
from rnnformer_demo.interpret.trace import trace
from rnnformer_demo.models import freeze, stacked, without_blocks
from rnnformer_demo.nn.hooks import capture, run

INTERLEAVED = (
    ("attention", "recurrent"),
    ("recurrent", "attention", "recurrent"),
    ("attention", "recurrent", "attention", "recurrent", "attention"),
)
every_pattern = pytest.mark.parametrize("blocks", INTERLEAVED, ids="-".join)


def named(modality: str, blocks: tuple[str, ...]) -> list[str]:
    """The names of the recurrences of a pattern."""
    pair = ("lstm tokens", "gru tokens") if modality == "text" else ("lstm rows", "gru columns")
    return [f"{name} {number + 1}" for number in range(blocks.count("recurrent")) for name in pair]


@every_pattern
def test_blocks_run_in_their_order_and_are_numbered_within_their_kind(modality, blocks):
    model = freeze(tiny.model(modality, blocks=blocks))
    assert [name.name for name in model.hook_points("states")] == named(modality, blocks)
    layers = [f"layer {n + 1}" for n in range(blocks.count("attention"))]
    assert [name.name for name in model.hook_points("attention")] == layers
    inputs, mask = tiny.inputs(model, [5])
    with capture(model) as outputs:
        run(model, inputs, mask)
    order = ["attention" if name in layers else "recurrent" for name in outputs if name in layers or "input" in name]
    assert order == list(blocks)


@every_pattern
def test_every_parameter_gets_a_gradient(modality, blocks):
    model = tiny.model(modality, blocks=blocks, dropout=0.0).train()
    inputs, mask = tiny.inputs(model, [9, 5])
    torch.nn.functional.cross_entropy(model(inputs, mask), torch.tensor([0, 2])).backward()
    without = [name for name, weight in model.named_parameters() if weight.grad is None or not weight.grad.any()]
    assert without == []


@every_pattern
def test_gates_are_exact(modality, blocks, samples):
    model = freeze(tiny.model(modality, blocks=blocks))
    internals = trace(model, samples[modality])
    assert torch.equal(internals.logits, run(model, samples[modality].inputs, samples[modality].mask)[0])
    assert list(internals.gates) == list(internals.states) == named(modality, blocks)
    assert max(gates.error for gates in internals.gates.values()) < 1e-6


@every_pattern
def test_padding_changes_nothing(blocks):
    model = freeze(tiny.model("text", blocks=blocks))
    ids, mask = tiny.inputs(model, [7, 3])
    alone = torch.cat([run(model, ids[:1], mask[:1]), run(model, ids[1:, :3], mask[1:, :3])])
    torch.testing.assert_close(run(model, ids, mask), alone, atol=1e-5, rtol=0)


@every_pattern
def test_states_below_attention_enter_its_first_block(modality, blocks, samples):
    model, sample = freeze(tiny.model(modality, blocks=blocks)), samples[modality]
    entering = []
    handle = model.core.attention_blocks[0].register_forward_pre_hook(lambda block, inputs: entering.append(inputs[0]))
    run(model, sample.inputs, sample.mask)
    handle.remove()
    tokens = run(lambda inputs: model.tokens(model.embed(inputs)), sample.inputs)
    assert torch.equal(run(partial(states_below_attention, model), tokens, sample.mask), entering[0])


@every_pattern
def test_what_looks_inside_takes_any_order(modality, blocks, samples):
    model, sample = freeze(tiny.model(modality, blocks=blocks)), samples[modality]
    assert pooled_rollout(trace(model, sample)).sum().item() == pytest.approx(1, abs=1e-5)
    assert gradient_attention(model, sample, 1).sum().item() == pytest.approx(1, abs=1e-5)
    changed = intervene(model, sample, 2)
    for block in model.core.recurrent_blocks:
        block.gain.data.zero_()
    shut = run(model, sample.inputs, sample.mask)[0]
    torch.testing.assert_close(changed.without_recurrence, shut, atol=1e-5, rtol=0)


@every_pattern
def test_contributions_of_the_recurrence_are_complete(modality, blocks, samples):
    model = freeze(tiny.model(modality, blocks=blocks))
    explanation = explain(model, samples[modality], 1, "recurrence-integrated-gradients")
    assert explanation.completeness_gap < 0.02


def test_stages_of_randomisation_go_from_the_head_down():
    model = freeze(tiny.model("text", blocks=("recurrent", "attention", "recurrent")))
    names = ["head", "pooling", "recurrence 2", "attention 1", "recurrence 1", "input"]
    assert list(stages(model)) == names
    assert stages(model)["attention 1"] == ("core.blocks.1.",)
    drawn = randomised(model, 0)["recurrence 2"].state_dict()
    for name, weight in model.state_dict().items():
        if name.startswith(("core.blocks.0.", "core.blocks.1.")):
            assert torch.equal(weight, drawn[name]), name


def test_patterns_of_stacks_and_what_is_left_of_them():
    assert stacked(1, 2) == ("recurrent", "attention", "attention")
    with pytest.raises(ValueError, match="numbers of blocks must be 0 or more, got 1 and -1"):
        stacked(1, -1)
    config = tiny.model("text", blocks=INTERLEAVED[1]).config
    assert (config.n_recurrent, config.n_attention) == (2, 1)
    assert without_blocks(config, "attention").blocks == ("recurrent", "recurrent")
    plain = without_blocks(config, "recurrent")
    assert (plain.blocks, plain.recurrence) == (("attention",), ())
