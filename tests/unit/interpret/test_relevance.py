"""Relevance propagation is gradient x input of the rule network, which autograd takes apart on its own."""

from dataclasses import replace

import pytest
import tiny
import torch
from corrected import corrected_cnn
from rule_network import autograd_relevance
from torch import nn

from rnnformer_demo.analysis.service import get
from rnnformer_demo.bench.timing import TEXTS
from rnnformer_demo.bench.timing import inputs as bench_inputs
from rnnformer_demo.data import Sample
from rnnformer_demo.interpret.attribution import by_unit, explain
from rnnformer_demo.interpret.relevance import ATTENTION_RULES, Relevance, relevance_of
from rnnformer_demo.models import Hybrid, freeze
from rnnformer_demo.nn.cells import CELLS
from rnnformer_demo.nn.hooks import capture
from rnnformer_demo.nn.secant import secant

every_rule = pytest.mark.parametrize("rule", ATTENTION_RULES)
KINDS = [
    *({"recurrence": recurrence, "attention_layers": 2} for recurrence in tiny.PATTERNS),
    {"attention_layers": 0},
    {"recurrence": (), "attention_layers": 0},
    {"recurrent_layers": 2, "residual": False},
    {"blocks": ("attention", "recurrent", "attention", "recurrent")},
    {"pooling": "mean"},
    {"pooling": "mean", "blocks": (), "recurrence": ()},
    {"positions": True},
    {"head_layers": (7, 9)},
    {"width": 12, "residual_gain": 0.3},
]


def propagated(model: Hybrid, inputs: torch.Tensor, mask: torch.Tensor, target: int, rule: str) -> Relevance:
    with torch.no_grad(), capture(model) as outputs:
        model(inputs, mask)
    return relevance_of(model, outputs, mask, target, rule)


def agrees_with_autograd(model: Hybrid, sample: Sample, target: int, rule: str, tolerance: float = 1e-5) -> None:
    found = propagated(model, sample.inputs, sample.mask, target, rule)
    with torch.no_grad():
        tokens, logits = model.token_vectors(sample.inputs)[0], model(sample.inputs, sample.mask)[0]
    steps, taken, expected = autograd_relevance(model, tokens, target, rule)
    torch.testing.assert_close(expected, logits, atol=1e-4, rtol=1e-5)  # the rules change no output
    scale = steps.abs().max().item()
    assert scale > 1e-4
    torch.testing.assert_close(found.steps, steps, atol=tolerance * scale, rtol=0)
    assert found.logit == pytest.approx(logits[target].item(), abs=1e-4)
    if rule == "cp-lrp":  # the other one's softmaxes take some, too
        assert found.of_biases == pytest.approx(taken, abs=1e-4)


def lively(model: Hybrid) -> Hybrid:
    """A model with biases that are no zeros and gains that are no ones, frozen."""
    for name, weight in model.core.named_parameters():
        if "bias" in name or "norm" in name or "gain" in name:
            nn.init.normal_(weight, mean=0.5, std=0.3)
    return freeze(model)


@every_rule
@pytest.mark.parametrize("changes", KINDS, ids=str)
@pytest.mark.parametrize("target", [0, 2])
def test_it_is_gradient_x_input_of_the_rule_network(modality, samples, changes, rule, target):
    agrees_with_autograd(lively(tiny.model(modality, **changes)), samples[modality], target, rule)


@every_rule
@pytest.mark.parametrize("scans", [("rows", "rows"), ("columns", "rows")])
def test_it_goes_back_along_rows_and_columns(samples, scans, rule):
    agrees_with_autograd(lively(tiny.model("image", scans=scans)), samples["image"], 1, rule)


@every_rule
def test_it_goes_through_a_corrected_cnn(samples, rule):
    agrees_with_autograd(lively(corrected_cnn()), samples["image"], 1, rule)


@every_rule
@pytest.mark.parametrize("name", ["sentiment-en", "sentiment-en-transformer", "caltech101-cnn", "objects"])
def test_it_goes_through_shipped_models(name, rule):
    checkpoint = get(name)
    source = TEXTS[1] if checkpoint.model.grid is None else bench_inputs()[1]
    sample = checkpoint.reader(source)
    with torch.no_grad():
        target = int(checkpoint.model(sample.inputs, sample.mask)[0].argmax())
    agrees_with_autograd(checkpoint.model, sample, target, rule)


@every_rule
@pytest.mark.parametrize("kind", sorted(CELLS))
def test_padding_changes_nothing_and_gets_nothing(kind, rule):
    model = lively(tiny.model("text", recurrence=(kind,)))
    ids, mask = tiny.inputs(model, [5, 9])
    padded = propagated(model, ids[:1], mask[:1], 1, rule)
    alone = propagated(model, ids[:1, :5], mask[:1, :5], 1, rule)
    torch.testing.assert_close(padded.steps[:5], alone.steps, atol=1e-6, rtol=1e-5)
    assert not padded.steps[5:].any()


@every_rule
def test_scores_and_biases_add_up_to_the_logit(model, sample, rule):
    explanation = explain(model, sample, 1, "relevance-propagation", rule=rule)
    with torch.no_grad():
        logit = model(sample.inputs, sample.mask)[0, 1].item()
    assert explanation.scores.sum().item() + explanation.bias_relevance == pytest.approx(logit, abs=1e-5)
    assert explanation.completeness_gap is None
    steps = propagated(model, sample.inputs, sample.mask, 1, rule).steps
    torch.testing.assert_close(explanation.scores, by_unit(steps, sample))


def test_without_biases_the_scores_are_the_whole_logit(modality, samples):
    model = tiny.model(modality)
    for name, weight in model.core.named_parameters():
        if "bias" in name:
            nn.init.zeros_(weight)
    explanation = explain(freeze(model), samples[modality], 2, "relevance-propagation")
    assert explanation.bias_relevance == pytest.approx(0, abs=1e-6)
    assert explanation.scores.abs().sum() > 0.01


def test_the_rules_for_attention_differ_where_there_is_attention(modality, samples):
    sample = samples[modality]
    first, other = (
        [
            explain(freeze(tiny.model(modality, **changes)), sample, 1, "relevance-propagation", rule=rule).scores
            for rule in ATTENTION_RULES
        ]
        for changes in ({}, {"attention_layers": 0, "pooling": "mean"})
    )
    assert not torch.allclose(*first, atol=1e-5)
    assert torch.equal(*other)


def test_an_unknown_rule_is_refused(model, sample):
    with pytest.raises(ValueError, match=r"attention_rule must be one of \('cp-lrp', 'attn-lrp'\), got 'z-plus'"):
        propagated(model, sample.inputs, sample.mask, 0, "z-plus")


def test_a_part_without_a_rule_is_named(model, sample):
    model.core.norm = nn.Softplus()
    with pytest.raises(TypeError, match="part must have a rule of relevance propagation, got Softplus"):
        propagated(model, sample.inputs, sample.mask, 0, "cp-lrp")


def test_gates_that_miss_the_states_are_an_error(model, sample):
    with torch.no_grad(), capture(model) as outputs:
        model(sample.inputs, sample.mask)
    (name, *_) = [point.name for point in model.hook_points("states")]
    wrong = outputs | {name: outputs[name] + 0.01}
    with pytest.raises(RuntimeError, match="recomputed gates miss the hidden states"):
        relevance_of(model, wrong, sample.mask, 0)


def test_no_autograd_is_needed(model, sample, monkeypatch):
    monkeypatch.setattr(torch.autograd, "grad", None)
    monkeypatch.setattr(torch.Tensor, "backward", None)
    relevance = propagated(model, sample.inputs, sample.mask, 0, "attn-lrp")
    assert not relevance.steps.requires_grad
    assert relevance.steps.any()


@pytest.mark.parametrize(("function", "slope"), [(torch.tanh, 1.0), (nn.functional.gelu, 0.5)])
def test_a_secant_is_the_ratio_of_output_and_input(function, slope):
    x = torch.tensor([-3.0, -1e-3, 0.0, 1e-9, 2.0])
    slopes = secant(function, x)
    torch.testing.assert_close(slopes * x, function(x))
    assert slopes[2].item() == pytest.approx(slope, abs=1e-5)


def test_a_word_that_is_read_as_nothing_has_no_relevance(samples):
    model, sample = tiny.model("text"), samples["text"]
    model.embedding.weight.data[sample.inputs[0, 1]] = 0.0
    scores = explain(
        freeze(model),
        replace(
            sample,
            token_to_unit=torch.arange(sample.inputs.shape[1]),
            unit_names=tuple(map(str, sample.inputs[0].tolist())),
        ),
        1,
        "relevance-propagation",
    ).scores
    assert scores[1] == 0
    assert scores.count_nonzero() == len(scores) - 1
