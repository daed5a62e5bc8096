"""Attention and memory made useless: the logits are those of a model that is built that way."""

from dataclasses import fields, replace

import pytest
import tiny
import torch

from rnnformer_demo.data.text import pad
from rnnformer_demo.interpret.interventions import ablation_logits, intervene, total_variation
from rnnformer_demo.interpret.trace import trace
from rnnformer_demo.models import Hybrid, freeze


def logits_of(model: Hybrid, sample) -> torch.Tensor:
    with torch.no_grad():
        return model(sample.inputs, sample.mask)[0]


def test_shapes_and_the_original(model, sample):
    changed = intervene(model, sample, permutations=5)
    for name in ("original", "uniform_attention", "uniform_pooling", "without_recurrence"):
        assert getattr(changed, name).shape == (3,)
    assert changed.permuted_attention.shape == changed.permuted_pooling.shape == (5, 3)
    torch.testing.assert_close(changed.original, logits_of(model, sample), atol=1e-6, rtol=0)
    for field in fields(changed):
        assert not getattr(changed, field.name).requires_grad
        if field.name != "original":
            assert not torch.allclose(getattr(changed, field.name), changed.original, atol=1e-5), field.name


def test_uniform_attention_is_that_of_a_model_whose_queries_are_zero(model, sample):
    changed = intervene(model, sample, permutations=1)
    width = model.config.width
    for block in model.core.attention_blocks:
        block.attention.queries_keys_values.weight.data[:width] = 0
        block.attention.queries_keys_values.bias.data[:width] = 0
    torch.testing.assert_close(changed.uniform_attention, logits_of(model, sample), atol=1e-5, rtol=0)


def test_uniform_pooling_is_that_of_a_model_that_scores_all_steps_alike(model, sample):
    changed = intervene(model, sample, permutations=1)
    model.core.pooling.score.weight.data.zero_()
    torch.testing.assert_close(changed.uniform_pooling, logits_of(model, sample), atol=1e-5, rtol=0)


def test_without_recurrence_is_the_model_whose_recurrences_are_gated_shut(model, sample):
    changed = intervene(model, sample, permutations=1)
    model.core.recurrent_blocks[0].gain.data.zero_()
    torch.testing.assert_close(changed.without_recurrence, logits_of(model, sample), atol=1e-5, rtol=0)


def test_what_a_model_lacks_is_none(modality, samples):
    bare = intervene(freeze(tiny.model(modality, recurrence=(), attention_layers=0)), samples[modality], 2)
    assert bare.uniform_attention is bare.permuted_attention is bare.without_recurrence is None
    assert bare.uniform_pooling.shape == (3,)


def test_permuted_rows_hold_the_same_weights_at_other_real_steps(model, sample):
    internals, used = trace(model, sample), []
    dropout = model.core.attention_blocks[0].attention.dropout  # the weights pass through it after their hook point
    handle = dropout.register_forward_pre_hook(lambda module, arguments: used.append(arguments[0]))
    intervene(model, sample, permutations=3)
    handle.remove()
    (permuted,) = (weights for weights in used[:3] if len(weights) == 3)  # (3, H, T, T)
    expected = internals.attention["layer 1"]
    for weights in permuted:
        torch.testing.assert_close(weights.sort(-1).values, expected.sort(-1).values, atol=1e-6, rtol=0)
        assert not torch.allclose(weights, expected)
    assert not torch.allclose(permuted[0], permuted[1])


def test_the_seed_decides_the_permutations(model, sample):
    first, again, other = (intervene(model, sample, 4, seed) for seed in (1, 1, 2))
    assert torch.equal(first.permuted_attention, again.permuted_attention)
    assert torch.equal(first.permuted_pooling, again.permuted_pooling)
    assert not torch.equal(first.permuted_attention, other.permuted_attention)
    assert torch.equal(first.uniform_attention, other.uniform_attention)
    with pytest.raises(ValueError, match="permutations must be at least 1, got 0"):
        intervene(model, sample, 0)


def test_permutations_run_in_bounded_passes(model, sample, monkeypatch):
    steps = sample.mask.shape[1]
    monkeypatch.setattr(
        "rnnformer_demo.interpret.interventions._WEIGHTS_PER_PASS", 3 * model.config.heads * steps * steps
    )
    batches, original = [], type(model).classify_tokens
    monkeypatch.setattr(
        type(model),
        "classify_tokens",
        lambda self, tokens, mask: batches.append(len(tokens)) or original(self, tokens, mask),
    )
    assert intervene(model, sample, 8).permuted_attention.shape == (8, 3)
    assert sorted(batches, reverse=True)[:6] == [3, 3, 3, 3, 2, 2]


def test_padding_does_not_count(samples):
    model, sample = freeze(tiny.model("text")), samples["text"]
    pad = torch.nn.functional.pad
    padded = replace(sample, inputs=pad(sample.inputs, (0, 3)), mask=pad(sample.mask, (0, 3)))
    alone, beside = intervene(model, sample, 2), intervene(model, padded, 64)
    for name in ("original", "uniform_attention", "uniform_pooling", "without_recurrence"):
        torch.testing.assert_close(getattr(beside, name), getattr(alone, name), atol=1e-5, rtol=0)
    many = intervene(model, sample, 64)
    torch.testing.assert_close(beside.permuted_pooling.mean(0), many.permuted_pooling.mean(0), atol=0.1, rtol=0)


def test_a_batch_without_parts_is_each_of_its_inputs_without_them(modality, samples):
    model, sample = freeze(tiny.model(modality)), samples[modality]
    if modality == "text":
        shorter = tiny.text_reader()("good bad")
        ids, mask = pad([sample.inputs[0].tolist(), shorter.inputs[0].tolist()])
        both = [sample, shorter]
    else:
        both = [sample, replace(sample, inputs=sample.inputs.flip(-1))]
        ids, mask = (torch.cat([getattr(one, part) for one in both]) for part in ("inputs", "mask"))
    logits = ablation_logits(model, ids, mask)
    assert [*logits] == ["original", "uniform_attention", "permuted_attention", "uniform_pooling", "without_recurrence"]
    for index, one in enumerate(both):
        alone = intervene(model, one, permutations=1)
        for name in ("original", "uniform_attention", "uniform_pooling", "without_recurrence"):
            torch.testing.assert_close(logits[name][index], getattr(alone, name), atol=1e-5, rtol=0)
    assert not torch.allclose(logits["permuted_attention"], logits["original"], atol=1e-5)
    bare = ablation_logits(freeze(tiny.model(modality, recurrence=(), attention_layers=0)), ids, mask)
    assert [*bare] == ["original", "uniform_pooling"]


def test_total_variation():
    distributions = torch.tensor([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
    assert total_variation(distributions, distributions[0]).tolist() == pytest.approx([0, 1, 0.5])


@pytest.mark.parametrize("place", ["pooling", "norm", "head"])
def test_no_hook_is_left_after_an_error(model, sample, place, monkeypatch):
    def fail(*arguments):
        raise ArithmeticError("inside")

    monkeypatch.setattr(getattr(model.core, place), "forward", fail)
    with pytest.raises(ArithmeticError, match="inside"):
        intervene(model, sample)
    assert tiny.hooks(model) == 0
    monkeypatch.undo()
    assert torch.isfinite(intervene(model, sample).permuted_attention).all()
    assert tiny.hooks(model) == 0
