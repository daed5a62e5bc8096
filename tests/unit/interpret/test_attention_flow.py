"""Attention traced through layers and through the recurrence, against what is computed by hand."""

import copy
from dataclasses import replace

import pytest
import tiny
import torch

from rnnformer_demo.interpret.attention_flow import (
    HIGH_CONICITY,
    attention_through_recurrence,
    conicity,
    conicity_below_attention,
    conicity_notice,
    gradient_attention,
    pooled_rollout,
    rollout,
    states_below_attention,
    to_token_attention,
    token_jacobian_norms,
)
from rnnformer_demo.interpret.trace import record
from rnnformer_demo.models import Hybrid, freeze


def tokens_of(model: Hybrid, sample) -> torch.Tensor:
    with torch.no_grad():
        return model.tokens(model.embed(sample.inputs))


def test_rollout_is_the_product_of_half_mixed_layers(model, sample):
    trace = record(model, sample)
    steps = len(trace.pooling)
    first, second = (0.5 * weights.mean(0) + 0.5 * torch.eye(steps) for weights in trace.attention.values())
    torch.testing.assert_close(rollout(trace), second @ first)
    torch.testing.assert_close(rollout(trace).sum(-1), torch.ones(steps), atol=1e-5, rtol=0)
    torch.testing.assert_close(pooled_rollout(trace), trace.pooling @ (second @ first))
    assert pooled_rollout(trace).sum().item() == pytest.approx(1, abs=1e-5)


def test_without_attention_layers_the_pooling_is_all(modality, samples):
    model, sample = freeze(tiny.model(modality, attention_layers=0)), samples[modality]
    trace = record(model, sample)
    assert torch.equal(rollout(trace), torch.eye(len(trace.pooling)))
    assert torch.equal(pooled_rollout(trace), trace.pooling)


def slopes_of_scores(model: Hybrid, sample, target: int, name: str, weights: torch.Tensor) -> torch.Tensor:
    """What raising each score before the softmax does to a logit: by differences, one row of a batch for each score."""
    count, by = weights.numel(), 1e-4
    factors = torch.ones(count, count, dtype=torch.float64).fill_diagonal_(1 + by).view(count, *weights.shape)
    tokens, double = tokens_of(model, sample).double(), copy.deepcopy(model).double()
    (tap,) = (tap for kind in ("attention", "pooling") for tap in double.hook_points(kind) if tap.name == name)
    with torch.no_grad():
        as_it_is = double.classify_tokens(tokens, sample.mask)[0, target]
        tap.register_forward_hook(lambda tap, inputs, seen: seen * factors / (seen * factors).sum(-1, keepdim=True))
        raised = double.classify_tokens(tokens.expand(count, -1, -1), sample.mask.expand(count, -1))[:, target]
    return ((raised - as_it_is) / by).view(weights.shape).float()


@pytest.mark.parametrize("target", [0, 1, 2])
def test_gradient_attention_is_what_raises_the_class(modality, model, short, target):
    trace = record(model, short)
    relevance = slopes_of_scores(model, short, target, "pooling", trace.pooling).relu()
    relevance = relevance / relevance.sum()
    for name, weights in reversed(trace.attention.items()):
        mean = slopes_of_scores(model, short, target, name, weights).relu().mean(0)
        relevance = 0.5 * relevance + 0.5 * relevance @ (mean / mean.sum(-1, keepdim=True))
    computed = gradient_attention(model, short, target)
    torch.testing.assert_close(computed, relevance, atol=2e-3, rtol=0)
    assert (computed >= 0).all()
    assert computed.sum().item() == pytest.approx(1, abs=1e-5)


def test_gradient_attention_depends_on_the_class(model, sample):
    assert not torch.allclose(gradient_attention(model, sample, 0), gradient_attention(model, sample, 1), atol=1e-3)


def test_where_no_weight_matters_the_weights_stay_as_they_are(modality, samples):
    model = tiny.model(modality)
    model.core.head[-1].weight.data[1] = 0.0
    expected = record(model, samples[modality]).pooling
    torch.testing.assert_close(gradient_attention(freeze(model), samples[modality], 1), expected)
    alone = tiny.text_reader()("good")
    assert gradient_attention(freeze(tiny.model("text")), alone, 0).tolist() == pytest.approx([1.0])


@pytest.mark.parametrize("layers", [0, 2])
def test_states_below_attention_are_what_enters_it(modality, samples, layers):
    model, sample = freeze(tiny.model(modality, attention_layers=layers)), samples[modality]
    seen = []
    first = model.core.attention_blocks[0] if layers else model.core.pooling
    handle = first.register_forward_pre_hook(lambda module, arguments: seen.append(arguments[0]))
    with torch.no_grad():
        model(sample.inputs, sample.mask)
        handle.remove()
        assert torch.equal(states_below_attention(model, tokens_of(model, sample), sample.mask), seen[0])
    assert tiny.hooks(model) == 0


@pytest.fixture
def short(modality, samples):
    """An input of so few steps that every derivative can be computed one by one."""
    return tiny.text_reader()("isn't FUNNY, never") if modality == "text" else samples[modality]


def exact_norms(model: Hybrid, sample) -> torch.Tensor:
    def states(tokens: torch.Tensor) -> torch.Tensor:
        return states_below_attention(model, tokens[None], sample.mask)[0]

    jacobian = torch.autograd.functional.jacobian(states, tokens_of(model, sample)[0])  # (T, D, T, width_in)
    return jacobian.square().sum((1, 3)).sqrt()


@pytest.mark.parametrize(
    "changes",
    [{}, {"recurrent_layers": 2}, {"residual": False}, {"attention_layers": 0}, {"recurrence": ()}],
    ids=lambda changes: "-".join(f"{name}-{value}" for name, value in changes.items()) or "hybrid",
)
def test_jacobian_norms_are_those_of_the_exact_jacobian(modality, short, changes):
    model = freeze(tiny.model(modality, **changes))
    exact = exact_norms(model, short)
    estimated = token_jacobian_norms(model, short, probes=200)
    torch.testing.assert_close(estimated, exact, atol=0.01 * exact.max().item(), rtol=0.25)
    assert ((estimated - exact).abs().sum() / exact.sum()).item() < 0.06


def test_the_estimate_of_the_squares_is_unbiased(model, short):
    exact = exact_norms(model, short).square()
    single = torch.stack([token_jacobian_norms(model, short, probes=1, seed=seed).square() for seed in range(100)])
    assert (single.std(0) > 0).any()
    assert single.mean(0).sum().item() == pytest.approx(exact.sum().item(), rel=0.03)


def test_the_seed_decides_the_probes(model, sample):
    first = token_jacobian_norms(model, sample, seed=1)
    assert torch.equal(first, token_jacobian_norms(model, sample, seed=1))
    assert not torch.equal(first, token_jacobian_norms(model, sample, seed=2))
    with pytest.raises(ValueError, match="probes must be at least 1, got 0"):
        token_jacobian_norms(model, sample, probes=0)


def test_long_inputs_get_fewer_probes(samples, monkeypatch):
    passes, model, sample = [], freeze(tiny.model("text")), samples["text"]
    monkeypatch.setattr("rnnformer_demo.interpret.attention_flow.PROBES", 2)
    token_jacobian_norms(model, sample, report=passes.append)
    assert passes[-1] == 1
    monkeypatch.setattr("rnnformer_demo.interpret.attention_flow._TOKENS_PER_PASS", 3 * sample.mask.shape[1])
    bounded = []
    token_jacobian_norms(model, sample, report=bounded.append)
    assert len(bounded) == -(-2 * sample.mask.shape[1] // 3) > len(passes)
    assert bounded[-1] == 1


def test_without_recurrence_attention_is_on_tokens_already(modality, samples):
    model, sample = freeze(tiny.model(modality, recurrence=())), samples[modality]
    attended = pooled_rollout(record(model, sample))
    torch.testing.assert_close(attention_through_recurrence(model, sample), attended, atol=1e-5, rtol=0)


def test_composition_shares_out_each_states_weight(model, sample):
    norms = token_jacobian_norms(model, sample, seed=3)
    trace = record(model, sample)
    shares = norms / norms.sum(1, keepdim=True)
    torch.testing.assert_close(attention_through_recurrence(model, sample, seed=3), pooled_rollout(trace) @ shares)
    weights = to_token_attention(trace.attention["layer 1"], norms)  # (H, T, T)
    assert weights.shape == trace.attention["layer 1"].shape
    torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:2]), atol=1e-5, rtol=0)
    torch.testing.assert_close(weights[1, 2], trace.attention["layer 1"][1, 2] @ shares)


def test_conicity():
    assert conicity(torch.tensor([[1.0, 2.0], [2.0, 4.0]])) == pytest.approx(1)
    assert conicity(torch.eye(4)) == pytest.approx(0.5)  # 1 / sqrt(T) for T directions at right angles
    assert conicity_notice(HIGH_CONICITY) is None
    assert "0.93" in conicity_notice(0.93)


def test_conicity_is_that_of_the_real_states(model, sample):
    with torch.no_grad():
        states = states_below_attention(model, tokens_of(model, sample), sample.mask)[0]
    assert conicity_below_attention(model, sample) == pytest.approx(conicity(states))
    assert -1 <= conicity(states) <= 1


def test_padding_does_not_count(samples):
    model, sample = freeze(tiny.model("text")), samples["text"]
    pad = torch.nn.functional.pad
    padded = replace(sample, inputs=pad(sample.inputs, (0, 3)), mask=pad(sample.mask, (0, 3)))
    assert conicity_below_attention(model, padded) == pytest.approx(conicity_below_attention(model, sample), abs=1e-5)
    shares = attention_through_recurrence(model, padded)
    assert shares[-3:].abs().max() < 1e-6
    assert shares.sum().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("work", [gradient_attention, token_jacobian_norms, conicity_below_attention])
def test_no_hook_is_left_after_an_error(model, sample, work, monkeypatch):
    def fail(*arguments):
        raise ArithmeticError("inside")

    arguments = (0,) if work is gradient_attention else ()
    monkeypatch.setattr(model.core.recurrent_blocks[0].fuse, "forward", fail)
    with pytest.raises(ArithmeticError, match="inside"):
        work(model, sample, *arguments)
    assert tiny.hooks(model) == 0
    monkeypatch.undo()
    work(model, sample, *arguments)
    assert tiny.hooks(model) == 0
    assert not any(weight.requires_grad for weight in model.parameters())
