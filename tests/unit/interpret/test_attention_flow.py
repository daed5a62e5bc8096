"""Attention traced through layers and towards a class, against what is computed by hand."""

import copy

import pytest
import tiny
import torch

from rnnformer_demo.interpret.attention_flow import (
    HIGH_CONICITY,
    conicity,
    conicity_notice,
    gradient_attention,
    pooled_rollout,
    rollout,
)
from rnnformer_demo.interpret.trace import trace
from rnnformer_demo.models import Hybrid, freeze


def tokens_of(model: Hybrid, sample) -> torch.Tensor:
    with torch.no_grad():
        return model.tokens(model.embed(sample.inputs))


@pytest.fixture
def short(modality, samples):
    """An input of so few steps that every derivative can be computed one by one."""
    return tiny.text_reader()("isn't FUNNY, never") if modality == "text" else samples[modality]


def test_rollout_is_the_product_of_half_mixed_layers(model, sample):
    internals = trace(model, sample)
    steps = len(internals.pooling)
    first, second = (0.5 * weights.mean(0) + 0.5 * torch.eye(steps) for weights in internals.attention.values())
    torch.testing.assert_close(rollout(internals), second @ first)
    torch.testing.assert_close(rollout(internals).sum(-1), torch.ones(steps), atol=1e-5, rtol=0)
    torch.testing.assert_close(pooled_rollout(internals), internals.pooling @ (second @ first))
    assert pooled_rollout(internals).sum().item() == pytest.approx(1, abs=1e-5)


def test_without_attention_layers_the_pooling_is_all(modality, samples):
    model, sample = freeze(tiny.model(modality, attention_layers=0)), samples[modality]
    internals = trace(model, sample)
    assert torch.equal(rollout(internals), torch.eye(len(internals.pooling)))
    assert torch.equal(pooled_rollout(internals), internals.pooling)


def slopes_of_scores(model: Hybrid, sample, target: int, name: str, weights: torch.Tensor) -> torch.Tensor:
    """What raising each score before the softmax does to a logit: by differences, one row of a batch for each score."""
    count, by = weights.numel(), 1e-4
    factors = torch.ones(count, count, dtype=torch.float64).fill_diagonal_(1 + by).view(count, *weights.shape)
    tokens, double = tokens_of(model, sample).double(), copy.deepcopy(model).double()
    (point,) = (point for kind in ("attention", "pooling") for point in double.hook_points(kind) if point.name == name)
    with torch.no_grad():
        as_it_is = double.classify_tokens(tokens, sample.mask)[0, target]
        point.register_forward_hook(lambda point, inputs, seen: seen * factors / (seen * factors).sum(-1, keepdim=True))
        raised = double.classify_tokens(tokens.expand(count, -1, -1), sample.mask.expand(count, -1))[:, target]
    return ((raised - as_it_is) / by).view(weights.shape).float()


@pytest.mark.parametrize("target", [0, 1, 2])
def test_gradient_attention_is_what_raises_the_class(modality, model, short, target):
    internals = trace(model, short)
    relevance = slopes_of_scores(model, short, target, "pooling", internals.pooling).relu()
    relevance = relevance / relevance.sum()
    for name, weights in reversed(internals.attention.items()):
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
    expected = trace(model, samples[modality]).pooling
    torch.testing.assert_close(gradient_attention(freeze(model), samples[modality], 1), expected)
    alone = tiny.text_reader()("good")
    assert gradient_attention(freeze(tiny.model("text")), alone, 0).tolist() == pytest.approx([1.0])


def test_conicity():
    assert conicity(torch.tensor([[1.0, 2.0], [2.0, 4.0]])) == pytest.approx(1)
    assert conicity(torch.eye(4)) == pytest.approx(0.5)  # 1 / sqrt(T) for T directions at right angles
    assert conicity_notice(HIGH_CONICITY) is None
    assert "0.93" in conicity_notice(0.93)


def test_no_hook_is_left_after_an_error(model, sample, monkeypatch):
    def fail(*arguments):
        raise ArithmeticError("inside")

    monkeypatch.setattr(model.core.recurrent_blocks[0].fuse, "forward", fail)
    with pytest.raises(ArithmeticError, match="inside"):
        gradient_attention(model, sample, 0)
    assert tiny.hooks(model) == 0
    monkeypatch.undo()
    gradient_attention(model, sample, 0)
    assert tiny.hooks(model) == 0
    assert not any(weight.requires_grad for weight in model.parameters())
