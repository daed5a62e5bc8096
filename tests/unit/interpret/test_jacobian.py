"""The Jacobian below the attention: against the exact one, and what attention becomes through it."""

from dataclasses import replace

import pytest
import tiny
import torch

from rnnformer_demo.interpret.attention_flow import conicity, pooled_rollout, to_token_attention
from rnnformer_demo.interpret.jacobian import (
    attention_through_recurrence,
    conicity_below_attention,
    jackknife_errors,
    states_below_attention,
    token_jacobian,
)
from rnnformer_demo.interpret.trace import trace
from rnnformer_demo.models import Hybrid, freeze


def tokens_of(model: Hybrid, sample) -> torch.Tensor:
    with torch.no_grad():
        return model.tokens(model.embed(sample.inputs))


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
    estimated = token_jacobian(model, short, probes=200).norms
    torch.testing.assert_close(estimated, exact, atol=0.01 * exact.max().item(), rtol=0.25)
    assert ((estimated - exact).abs().sum() / exact.sum()).item() < 0.06


def test_the_estimate_of_the_squares_is_unbiased(model, short):
    exact = exact_norms(model, short).square()
    single = token_jacobian(model, short, probes=100).squares
    assert (single.std(0) > 0).any()
    assert single.mean(0).sum().item() == pytest.approx(exact.sum().item(), rel=0.03)


def test_the_error_that_is_given_is_the_spread_over_seeds(model, short):
    exact = exact_norms(model, short)
    drawn = [token_jacobian(model, short, probes=16, seed=seed) for seed in range(40)]
    real = torch.stack([(each.norms - exact).norm() / exact.norm() for each in drawn]).square().mean().sqrt()
    given = torch.tensor([each.relative_error for each in drawn]).square().mean().sqrt()
    assert 0 < given.item() == pytest.approx(real.item(), rel=0.2)
    more = token_jacobian(model, short, probes=256).relative_error
    assert more == pytest.approx(given.item() / 4, rel=0.4)


def test_jackknife_of_a_mean_is_its_standard_error():
    values = torch.tensor([[1.0], [2.0], [4.0], [9.0]])
    without = (values.sum(0) - values) / 3
    torch.testing.assert_close(jackknife_errors(without), values.std(0) / 2)


def test_the_seed_decides_the_probes(model, sample):
    first = token_jacobian(model, sample, seed=1).squares
    assert torch.equal(first, token_jacobian(model, sample, seed=1).squares)
    assert not torch.equal(first, token_jacobian(model, sample, seed=2).squares)
    with pytest.raises(ValueError, match="probes must be at least 2, got 1"):
        token_jacobian(model, sample, probes=1)


def test_long_inputs_get_fewer_probes(samples, monkeypatch):
    passes, model, sample = [], freeze(tiny.model("text")), samples["text"]
    monkeypatch.setattr("rnnformer_demo.interpret.jacobian.PROBES", 2)
    token_jacobian(model, sample, report=passes.append)
    assert passes[-1] == 1
    monkeypatch.setattr("rnnformer_demo.interpret.jacobian._TOKENS_PER_PASS", 3 * sample.mask.shape[1])
    bounded = []
    token_jacobian(model, sample, report=bounded.append)
    assert len(bounded) == -(-2 * sample.mask.shape[1] // 3) > len(passes)
    assert bounded[-1] == 1


def test_without_recurrence_attention_is_on_tokens_already(modality, samples):
    model, sample = freeze(tiny.model(modality, recurrence=())), samples[modality]
    attended = pooled_rollout(trace(model, sample))
    shares, replicates = attention_through_recurrence(attended, token_jacobian(model, sample))
    torch.testing.assert_close(shares, attended, atol=1e-5, rtol=0)
    torch.testing.assert_close(replicates, attended.expand_as(replicates), atol=1e-5, rtol=0)


def test_composition_shares_out_each_states_weight(model, sample):
    jacobian, internals = token_jacobian(model, sample, seed=3), trace(model, sample)
    norms = jacobian.norms
    shares = norms / norms.sum(1, keepdim=True)
    attended = pooled_rollout(internals)
    torch.testing.assert_close(attention_through_recurrence(attended, jacobian)[0], attended @ shares)
    weights = to_token_attention(internals.attention["layer 1"], norms)  # (H, T, T)
    assert weights.shape == internals.attention["layer 1"].shape
    torch.testing.assert_close(weights.sum(-1), torch.ones(weights.shape[:2]), atol=1e-5, rtol=0)
    torch.testing.assert_close(weights[1, 2], internals.attention["layer 1"][1, 2] @ shares)


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
    shares, _ = attention_through_recurrence(pooled_rollout(trace(model, padded)), token_jacobian(model, padded))
    assert shares[-3:].abs().max() < 1e-6
    assert shares.sum().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("work", [token_jacobian, conicity_below_attention])
def test_an_error_leaves_the_lock_free(model, sample, work, monkeypatch):
    def fail(*arguments):
        raise ArithmeticError("inside")

    monkeypatch.setattr(model.core.recurrent_blocks[0].fuse, "forward", fail)
    with pytest.raises(ArithmeticError, match="inside"):
        work(model, sample)
    monkeypatch.undo()
    work(model, sample)
    assert tiny.hooks(model) == 0
