"""Relevance propagation is gradient x input of the rule network, which autograd takes apart on its own."""

import statistics
import time
from dataclasses import replace

import pytest
import tiny
import torch
from corrected import corrected_cnn, random_lite0
from rule_network import autograd_pixels, autograd_relevance
from torch import nn

from rnnformer_demo.analysis.service import get
from rnnformer_demo.bench.timing import TEXTS, text_of_64_tokens
from rnnformer_demo.bench.timing import inputs as bench_inputs
from rnnformer_demo.data import Sample
from rnnformer_demo.data.image import ImageReader
from rnnformer_demo.interpret.attribution import METHODS, by_unit, explain
from rnnformer_demo.interpret.relevance import ATTENTION_RULES, Relevance, record, relevance_of
from rnnformer_demo.interpret.relevance.pixels import GAMMA, pixel_relevance_of
from rnnformer_demo.models import Hybrid, freeze
from rnnformer_demo.models.backbones.stages import MEAN, STD
from rnnformer_demo.nn.cells import CELLS
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
    return relevance_of(model, record(model, inputs, mask, rule), target)


def agrees_with_autograd(model: Hybrid, sample: Sample, target: int, rule: str) -> None:
    found = propagated(model, sample.inputs, sample.mask, target, rule)
    with torch.no_grad():
        tokens, logits = model.token_vectors(sample.inputs)[0], model(sample.inputs, sample.mask)[0]
    steps, taken, expected = autograd_relevance(model, tokens, target, rule)
    torch.testing.assert_close(expected, logits, atol=1e-4, rtol=1e-5)  # the rules change no output
    scale = steps.abs().max().item()
    assert scale > 1e-4
    # Where relevances are small beside the logit, much cancelled, and processors round what cancels in other orders.
    rounding = 4 * torch.finfo(torch.float32).eps * logits.abs().max().item()
    torch.testing.assert_close(found.scores, steps, atol=1e-5 * scale + rounding, rtol=0)
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


def test_it_takes_a_quarter_of_the_time_of_integrated_gradients_at_most():
    checkpoint = get("sentiment-en")
    sample = checkpoint.reader(text_of_64_tokens())

    def seconds(method: str) -> float:
        """The median of the processor's seconds, which other processes hardly change."""
        spent = []
        for _ in range(7):
            started = time.process_time()
            explain(checkpoint.model, sample, 1, method)
            spent.append(time.process_time() - started)
        return statistics.median(spent)

    assert 4 * seconds("relevance-propagation") <= seconds("integrated-gradients")


@every_rule
@pytest.mark.parametrize("kind", sorted(CELLS))
def test_padding_changes_nothing_and_gets_nothing(kind, rule):
    model = lively(tiny.model("text", recurrence=(kind,)))
    ids, mask = tiny.inputs(model, [5, 9])
    padded = propagated(model, ids[:1], mask[:1], 1, rule)
    alone = propagated(model, ids[:1, :5], mask[:1, :5], 1, rule)
    torch.testing.assert_close(padded.scores[:5], alone.scores, atol=1e-6, rtol=1e-5)
    assert not padded.scores[5:].any()


@every_rule
def test_scores_and_biases_add_up_to_the_logit(model, sample, rule):
    explanation = explain(model, sample, 1, "relevance-propagation", rule=rule)
    with torch.no_grad():
        logit = model(sample.inputs, sample.mask)[0, 1].item()
    assert explanation.scores.sum().item() + explanation.bias_relevance == pytest.approx(logit, abs=1e-5)
    assert explanation.completeness_gap is None
    steps = propagated(model, sample.inputs, sample.mask, 1, rule).scores
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


def test_no_autograd_is_needed(model, sample, monkeypatch):
    monkeypatch.setattr(torch.autograd, "grad", None)
    monkeypatch.setattr(torch.Tensor, "backward", None)
    relevance = propagated(model, sample.inputs, sample.mask, 0, "attn-lrp")
    assert not relevance.scores.requires_grad
    assert relevance.scores.any()


def pixels_agree_with_autograd(model: Hybrid, sample: Sample, target: int) -> None:
    relevance = pixel_relevance_of(model, record(model, sample.inputs, sample.mask), sample.inputs, target)
    expected = autograd_pixels(model, sample.inputs, target, GAMMA)
    scale = expected.abs().max().item()
    assert scale > 1e-6
    torch.testing.assert_close(relevance.scores, expected, atol=1e-5 * scale, rtol=0)
    with torch.no_grad():
        assert relevance.logit == pytest.approx(model(sample.inputs, sample.mask)[0, target].item(), abs=1e-4)


@pytest.mark.parametrize("target", [0, 2])
def test_pixels_get_what_the_gamma_rule_gives_them(samples, target):
    pixels_agree_with_autograd(lively(tiny.model("image")), samples["image"], target)


@pytest.mark.parametrize("changes", [{"readout": "cnn_head"}, {"grid": "16"}, {"grid": "both"}], ids=str)
def test_pixels_are_reached_from_each_grid_of_the_cnn(changes):
    model = tiny.model("image", patches=False, **changes)
    weights = random_lite0().backbone.state_dict()
    model.backbone.load_state_dict({name: weights[name] for name in model.backbone.state_dict()}, strict=True)
    for name, weight in model.backbone.named_parameters():
        if "bias" in name:
            nn.init.normal_(weight, std=0.1)
    reader = ImageReader(model.config.image_size, model.config.stride, MEAN, STD)
    pixels_agree_with_autograd(lively(model), reader(tiny.photo()), 1)


def test_pixels_of_a_shipped_model_get_what_the_gamma_rule_gives_them():
    checkpoint = get("objects")
    pixels_agree_with_autograd(checkpoint.model, checkpoint.reader(bench_inputs()[1]), 207)


def test_pixels_and_biases_add_up_to_the_logit(samples):
    model, sample = freeze(tiny.model("image")), samples["image"]
    explanation = explain(model, sample, 1, "pixel-relevance-propagation")
    with torch.no_grad():
        logit = model(sample.inputs, sample.mask)[0, 1].item()
    assert explanation.scores.sum().item() + explanation.bias_relevance == pytest.approx(logit, abs=1e-5)


def test_without_biases_pixels_get_what_their_cells_have(samples):
    """Cells of the small backbone do not overlap, and the gamma rule keeps what it hands down."""
    model, sample = tiny.model("image"), samples["image"]
    for name, weight in model.backbone.named_parameters():
        if "bias" in name:
            nn.init.zeros_(weight)
    cells, pixels = (
        explain(freeze(model), sample, 1, method).scores
        for method in ("relevance-propagation", "pixel-relevance-propagation")
    )
    torch.testing.assert_close(pixels.view(3, 32, 3, 32).sum((1, 3)).flatten(), cells, atol=1e-5, rtol=1e-4)


def test_the_page_offers_the_rules_that_there_are():
    assert METHODS["relevance-propagation"].options == {"rule": ATTENTION_RULES}


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
