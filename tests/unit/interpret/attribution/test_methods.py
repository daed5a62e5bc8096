"""The methods one by one: what is drawn, what adds up, and what can be computed by hand."""

from dataclasses import replace

import numpy as np
import pytest
import tiny
import torch
from torch import nn

from rnnformer_demo.data import InputError, Sample
from rnnformer_demo.data.text import UNKNOWN
from rnnformer_demo.interpret.attention_flow import pooled_rollout
from rnnformer_demo.interpret.attribution import BASELINES, METHODS, explain, methods_for
from rnnformer_demo.interpret.attribution.features import baseline_tokens, by_unit, tokens_of
from rnnformer_demo.interpret.interventions import intervene
from rnnformer_demo.interpret.jacobian import attention_through_recurrence, token_jacobian
from rnnformer_demo.interpret.perturb import perturbed_logits
from rnnformer_demo.interpret.trace import trace
from rnnformer_demo.models import Hybrid, freeze
from rnnformer_demo.models.perturbation import to_baseline

FITTING = [
    (modality, method.name)
    for modality, layout in (("image", "grid"), ("text", "sequence"))
    for method in methods_for(layout)
]
every_method = pytest.mark.parametrize(("modality", "method"), FITTING)


def logit(model: Hybrid, inputs: torch.Tensor, sample: Sample, target: int) -> float:
    with torch.no_grad():
        return model(inputs, sample.mask)[0, target].item()


@every_method
def test_a_seed_decides_what_is_drawn_and_nothing_else(model, sample, method):
    first, again, other = (explain(model, sample, 1, method, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first.scores, again.scores)
    assert torch.equal(first.scores, other.scores) is not METHODS[method].draws
    assert (first.seed, other.seed) == ((3, 4) if METHODS[method].draws else (None, None))


@every_method
def test_the_global_generators_are_neither_used_nor_moved(model, sample, method):
    expected = explain(model, sample, 1, method, seed=3).scores
    torch.manual_seed(11)
    np.random.seed(11)  # noqa: NPY002
    alone = torch.rand(3), np.random.rand(3)  # noqa: NPY002
    torch.manual_seed(11)
    np.random.seed(11)  # noqa: NPY002
    assert torch.equal(explain(model, sample, 1, method, seed=3).scores, expected)
    assert torch.equal(torch.rand(3), alone[0])
    assert np.array_equal(np.random.rand(3), alone[1])  # noqa: NPY002


@pytest.mark.parametrize(("modality", "method"), [pair for pair in FITTING if not METHODS[pair[1]].signed])
def test_a_method_that_is_not_signed_gives_no_negative_scores(model, sample, method):
    scores = explain(model, sample, 1, method).scores
    assert (scores >= 0).all()
    assert "against" in METHODS[method].about
    if "share of attention" in METHODS[method].scale:
        assert scores.sum().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("choice", BASELINES)
@pytest.mark.parametrize("target", [0, 2])
def test_integrated_gradients_are_complete_for_each_baseline(model, sample, choice, target):
    explanation = explain(model, sample, target, "integrated-gradients", baseline=choice)
    with torch.no_grad():
        start = model.classify_tokens(baseline_tokens(model, sample, choice), sample.mask)[0, target].item()
    difference = logit(model, sample.inputs, sample, target) - start
    assert explanation.scores.sum().item() == pytest.approx(difference, rel=0.011)
    assert explanation.completeness_gap <= 0.01


def test_baselines_are_what_their_names_say(model, sample):
    tokens = tokens_of(model, sample)
    with torch.no_grad():
        unknown = model.tokens(model.embed(model.baseline(sample.inputs, sample.mask)))
    assert torch.equal(baseline_tokens(model, sample, "unknown"), unknown)
    assert not baseline_tokens(model, sample, "zero").any()
    torch.testing.assert_close(
        baseline_tokens(model, sample, "mean"), tokens.mean(1, keepdim=True).expand_as(tokens), atol=1e-6, rtol=0
    )
    with pytest.raises(ValueError, match="choice must be one of"):
        baseline_tokens(model, sample, "noise")


@pytest.mark.parametrize(
    ("method", "options", "sentence"),
    [
        ("occlusion", {"baseline": "zero"}, "The method occlusion has no option 'baseline': it has none."),
        (
            "integrated-gradients",
            {"steps": "9"},
            "The method integrated-gradients has no option 'steps': it has baseline.",
        ),
        ("integrated-gradients", {"baseline": "x" * 99}, "it is one of unknown, zero, mean."),
    ],
)
def test_an_option_that_a_method_does_not_have_is_refused(model, sample, method, options, sentence):
    with pytest.raises(InputError) as refused:
        explain(model, sample, 0, method, **options)
    assert str(refused.value).endswith(sentence)
    assert len(str(refused.value)) < 200


def test_the_control_comes_last():
    for layout in ("sequence", "grid"):
        assert methods_for(layout)[-1].name == "random"
    assert METHODS["random"].title == "Random (control)"


def linear_model() -> Hybrid:
    """A text model whose logits are a sum over tokens, and whose unknown token is a vector of zeros."""
    model = tiny.model("text", recurrence=(), attention_layers=0, width=12)
    model.core.norm = nn.Identity()
    nn.init.zeros_(model.core.pooling.score.weight)
    model.embedding.weight.data.mul_(10)[UNKNOWN] = 0.0
    return freeze(model)


@pytest.mark.parametrize("method", ["integrated-gradients", "gradient-x-input", "kernel-shap", "relevance-propagation"])
def test_on_a_linear_model_methods_are_occlusion(samples, method):
    model, sample = linear_model(), samples["text"]
    expected = explain(model, sample, 1, "occlusion").scores
    assert expected.abs().max() > 0.01
    torch.testing.assert_close(explain(model, sample, 1, method).scores, expected, atol=1e-5, rtol=0)


def test_gradient_shap_on_a_linear_model_is_the_distance_from_the_mean_baseline(samples):
    model, sample = linear_model(), samples["text"]
    shares = torch.stack([explain(model, sample, 1, "gradient-shap", seed=seed).scores for seed in range(20)])
    expected = explain(model, sample, 1, "integrated-gradients").scores
    mean = explain(model, sample, 1, "integrated-gradients", baseline="mean").scores
    # Two of the three baselines are zero here; noise and the draw of baselines leave a spread.
    torch.testing.assert_close(shares.mean(0), (2 * expected + mean) / 3, atol=0.02 * expected.abs().max(), rtol=0.1)


def test_one_word_gets_the_whole_change(samples):
    model, sample = freeze(tiny.model("text")), tiny.text_reader()("good")
    baseline = model.baseline(sample.inputs, sample.mask)
    change = logit(model, sample.inputs, sample, 1) - logit(model, baseline, sample, 1)
    for method in ("integrated-gradients", "kernel-shap", "occlusion"):
        assert explain(model, sample, 1, method).scores.tolist() == pytest.approx([change], abs=1e-5), method


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("residual", [True, False])
@pytest.mark.parametrize("target", [0, 1])
def test_the_recurrences_contributions_sum_to_what_switching_them_off_changes(
    modality, samples, layers, residual, target
):
    model = freeze(tiny.model(modality, recurrent_layers=layers, residual=residual))
    explanation = explain(model, samples[modality], target, "recurrence-integrated-gradients")
    switched = intervene(model, samples[modality], permutations=1)
    difference = (switched.original - switched.without_recurrence)[target].item()
    assert explanation.scores.sum().item() == pytest.approx(difference, rel=0.011)
    assert explanation.completeness_gap <= 0.01


def test_the_recurrences_contributions_are_integrated_gradients_on_what_they_add(modality, samples):
    model, sample = freeze(tiny.model(modality)), samples[modality]
    seen = {}
    handle = model.core.recurrent_blocks[0].register_forward_hook(
        lambda block, inputs, output: seen.update(below=inputs[0], added=output - inputs[0])
    )
    with torch.no_grad():
        model(sample.inputs, sample.mask)
    handle.remove()
    steps = torch.zeros(sample.mask.shape[1])
    points = 400
    for point in range(points):
        added = (seen["added"] * (point + 0.5) / points).requires_grad_()
        x = seen["below"] + added
        for block in model.core.attention_blocks:
            x = block(x, sample.mask)
        logits = model.core.head(model.core.pooling(model.core.norm(x), sample.mask))
        (gradient,) = torch.autograd.grad(logits[0, 1], added)
        steps += (gradient * seen["added"]).sum(-1)[0] / points
    scores = explain(model, sample, 1, "recurrence-integrated-gradients").scores
    torch.testing.assert_close(scores, by_unit(steps, sample), atol=1e-4, rtol=1e-2)


def test_a_model_without_recurrence_has_no_contribution_of_it(modality, samples):
    model = freeze(tiny.model(modality, recurrence=()))
    with pytest.raises(InputError, match="has no recurrence"):
        explain(model, samples[modality], 0, "recurrence-integrated-gradients")
    for method in methods_for(samples[modality].layout):
        if method.name != "recurrence-integrated-gradients":
            assert explain(model, samples[modality], 0, method.name).scores.isfinite().all()


def test_attention_methods_are_their_maps_summed_by_unit(model, sample):
    rolled, attended = explain(model, sample, 0, "attention-rollout").scores, pooled_rollout(trace(model, sample))
    torch.testing.assert_close(rolled, by_unit(attended, sample))
    traced = explain(model, sample, 0, "attention-jacobian", seed=5)
    shares, _ = attention_through_recurrence(attended, token_jacobian(model, sample, seed=5))
    torch.testing.assert_close(traced.scores, by_unit(shares, sample))
    assert not torch.equal(rolled, traced.scores)
    assert "standard error is up to" in traced.warnings[0]


@pytest.mark.parametrize("method", sorted(name for name in METHODS if METHODS[name].layout is None))
def test_pieces_of_a_word_are_merged(samples, method):
    model, sample = freeze(tiny.model("text")), samples["text"]
    if METHODS[method].signed and not METHODS[method].draws and method != "occlusion":
        apart = replace(
            sample,
            token_to_unit=torch.arange(len(sample.token_to_unit)),
            unit_names=tuple(map(str, sample.token_to_unit)),
        )
        pieces = explain(model, apart, 1, method).scores
        torch.testing.assert_close(explain(model, sample, 1, method).scores, by_unit(pieces, sample), atol=1e-6, rtol=0)
    assert len(explain(model, sample, 1, method).scores) == len(sample.unit_names) < len(sample.token_to_unit)


def test_in_turn_each_word_goes_whose_absence_leaves_the_class_least_likely():
    model, sample = freeze(tiny.model("text")), tiny.text_reader()("not a boring film at all")
    order: list[int] = []
    while len(order) < len(sample.unit_names):
        likely = {}
        for unit in set(range(len(sample.unit_names))) - set(order):
            removed = torch.zeros(1, len(sample.unit_names), dtype=torch.bool)
            removed[0, [*order, unit]] = True
            likely[unit] = perturbed_logits(model, sample, removed, "deletion").log_softmax(-1)[0, 2].item()
        falling = sorted(likely, key=likely.get)
        order += falling[:1] if 2 * len(order) < len(sample.unit_names) else falling
    scores = explain(model, sample, 2, "greedy-occlusion").scores
    assert scores.argsort(descending=True).tolist() == order
    assert (scores.max().item(), scores.min().item()) == (1.0, pytest.approx(1 / len(order)))


def test_on_average_over_two_fills_the_cells_go_that_lower_the_odds_most(samples):
    model, sample = freeze(tiny.model("image")), samples["image"]
    count = len(sample.unit_names)
    pixels = torch.randperm(sample.inputs[0, 0].numel(), generator=torch.Generator().manual_seed(5))
    fills = (torch.zeros_like(sample.inputs), sample.inputs.flatten(2)[..., pixels].view_as(sample.inputs))
    order: list[int] = []
    while len(order) < count:
        odds = {}
        for unit in set(range(count)) - set(order):
            removed = torch.zeros(1, count, dtype=torch.bool)
            removed[0, [*order, unit]] = True
            shares = [perturbed_logits(model, sample, removed, to_baseline(fill)).softmax(-1)[0, 1] for fill in fills]
            odds[unit] = sum(share.logit().item() for share in shares)
        falling = sorted(odds, key=odds.get)
        order += falling[:1] if 2 * len(order) < count else falling
    scores = explain(model, sample, 1, "averaged-greedy-occlusion", seed=5).scores
    chosen = (count + 1) // 2  # those that follow do so by older odds
    assert scores.argsort(descending=True).tolist()[:chosen] == order[:chosen]
    assert sorted(scores.tolist()) == pytest.approx([(turn + 1) / count for turn in range(count)])


def test_evidence_adds_up_to_the_logit(model, sample):
    explanation = explain(model, sample, 1, "direct-logit-attribution")
    assert explanation.scores.sum().item() == pytest.approx(logit(model, sample.inputs, sample, 1), abs=1e-4)
    assert explanation.completeness_gap < 1e-3
