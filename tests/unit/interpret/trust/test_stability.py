"""Stability and infidelity, beside Captum's metrics, and the shifted model that stability is measured on."""

import copy
import math

import pytest
import tiny
import torch
from captum.metrics import infidelity as captum_infidelity
from captum.metrics import sensitivity_max

from rnnformer_demo.data import Sample
from rnnformer_demo.interpret.attribution import METHODS, Explanation, explain, methods_for
from rnnformer_demo.interpret.perturb import perturbed_logits
from rnnformer_demo.interpret.trust.shift import ShiftedHybrid
from rnnformer_demo.interpret.trust.stability import RADIUS, infidelity, max_sensitivity, unit_scores
from rnnformer_demo.models import Hybrid, freeze

DRAWS, SHIFTS = 32, 4  # as many as the measures draw


def scores_of_a_patched_copy(model: Hybrid, sample: Sample, explanation: Explanation, shift: torch.Tensor, seed: int):
    """The scores when another `embed` shifts what is embedded, on a shallow copy of the model."""
    nothing, patched = model.baseline(sample.inputs, sample.mask), copy.copy(model)

    def embed(inputs: torch.Tensor) -> torch.Tensor:
        return model.embed(inputs) + (0 if torch.equal(inputs, nothing) else shift)

    patched.embed = embed
    return explain(patched, sample, explanation.target, explanation.method, seed=seed).scores


def sensitivity_by_captum(model: Hybrid, sample: Sample, explanation: Explanation, seed: int) -> float:
    embedded, generator = model.embed(sample.inputs), torch.Generator().manual_seed(seed)

    def move(rows: torch.Tensor) -> torch.Tensor:
        noise = torch.randn(rows.shape, generator=generator)
        return rows + RADIUS * embedded.norm() * torch.stack([row / row.norm() for row in noise])

    def scores(rows: torch.Tensor | tuple[torch.Tensor]) -> tuple[torch.Tensor]:
        if isinstance(rows, tuple):  # as Captum asks for the scores without a shift
            return (explanation.scores[None],)
        at = [scores_of_a_patched_copy(model, sample, explanation, row[None] - embedded, seed) for row in rows]
        return (torch.stack(at),)

    return sensitivity_max(scores, embedded, perturb_func=move, n_perturb_samples=SHIFTS).item()


@pytest.mark.parametrize("method", ["integrated-gradients", "occlusion", "gradient-shap", "attention-rollout"])
def test_max_sensitivity_is_captums(model, sample, method):
    explanation = explain(model, sample, 1, method, seed=4)
    expected = sensitivity_by_captum(model, sample, explanation, 4)
    assert 0 < expected < 2
    assert max_sensitivity(model, sample, explanation, 4) == pytest.approx(expected, abs=1e-5)


def test_the_change_of_scores_of_zero_is_not_divided(model, sample):
    nothing = Explanation("random", 1, torch.zeros(len(sample.unit_names)), sample.grid)
    expected = explain(model, sample, 1, "random", seed=3).scores.norm().item()
    assert max_sensitivity(model, sample, nothing, 3) == pytest.approx(expected)


def infidelity_by_captum(model: Hybrid, sample: Sample, scores: torch.Tensor, perturbation: str, seed: int) -> float:
    """As a share of the error of forecasting no loss; the units stand for the features."""
    generator = torch.Generator().manual_seed(seed)
    drawn = (torch.rand(DRAWS, len(scores), generator=generator) < 0.5).float()

    def logit(present: torch.Tensor) -> torch.Tensor:
        return perturbed_logits(model, sample, present == 0, perturbation)[:, 1]

    there = torch.ones(1, len(scores))
    error = captum_infidelity(
        logit, lambda rows: (drawn, rows - drawn), there, scores[None], n_perturb_samples=DRAWS, normalize=True
    )
    return (error / (logit(there) - logit(there - drawn)).square().mean()).item()


@pytest.mark.parametrize("seed", range(3))
def test_infidelity_is_captums(model, sample, seed):
    for perturbation in model.perturbations:
        explanation = explain(model, sample, 1, "random", seed=seed)
        expected = infidelity_by_captum(model, sample, explanation.scores, perturbation, seed)
        measured = infidelity(model, sample, explanation, perturbation, seed)
        assert measured == pytest.approx(expected, abs=1e-5)
        assert 0 <= measured <= 1


def test_scores_of_zero_forecast_no_change(model, sample):
    nothing = Explanation("random", 1, torch.zeros(len(sample.unit_names)), sample.grid)
    assert infidelity(model, sample, nothing, next(iter(model.perturbations)), 0) == 1


def test_scores_of_pixels_are_added_up_over_their_patch(samples):
    sample = samples["image"]
    size = sample.inputs.shape[-1]
    pixels = Explanation("pixel-integrated-gradients", 0, torch.ones(size * size), (size, size))
    torch.testing.assert_close(unit_scores(pixels, sample), torch.full((len(sample.unit_names),), 32.0 * 32.0))


@pytest.fixture
def shift(model, sample) -> torch.Tensor:
    return 0.1 * torch.randn_like(model.embed(sample.inputs))


def test_a_shift_reaches_the_input_and_not_the_baseline(model, sample, shift):
    shifted, nothing = ShiftedHybrid(model, sample, shift), model.baseline(sample.inputs, sample.mask)
    torch.testing.assert_close(shifted.embed(sample.inputs), model.embed(sample.inputs) + shift)
    assert torch.equal(shifted.embed(nothing), model.embed(nothing))
    with torch.no_grad():
        expected = model.classify_embedded(model.embed(sample.inputs) + shift, sample.mask)
        torch.testing.assert_close(shifted(sample.inputs, sample.mask), expected)
    assert "embed" not in vars(model)
    assert tiny.hooks(model) == 0
    assert not model.training


def test_words_take_their_shifts_along_when_others_are_deleted(samples):
    model, sample = freeze(tiny.model("text")), samples["text"]
    shift = 0.1 * torch.randn_like(model.embed(sample.inputs))
    shifted = ShiftedHybrid(model, sample, shift)
    removed = torch.rand(6, len(sample.unit_names)) < 0.5
    removed[0], removed[1] = False, True
    deleted = perturbed_logits(shifted, sample, removed, "deletion")
    embedded = model.embed(sample.inputs) + shift
    for row, logits in zip(removed[2:], deleted[2:], strict=True):
        kept = embedded[:, ~row[sample.token_to_unit]]
        with torch.no_grad():
            expected = model.classify_embedded(kept, torch.ones(kept.shape[:2], dtype=torch.bool))
        torch.testing.assert_close(logits, expected[0], atol=1e-5, rtol=0)
    torch.testing.assert_close(deleted[:1], shifted(sample.inputs, sample.mask), atol=1e-5, rtol=0)
    everything = perturbed_logits(model, sample, removed[1:2], "deletion")
    torch.testing.assert_close(deleted[1:2], everything, atol=1e-5, rtol=0)  # the unknown token has no shift


def test_greedy_occlusion_of_a_text_has_a_sensitivity():
    model = freeze(tiny.model("text"))
    for text in ("not a boring film at all", "good"):
        sample = tiny.text_reader()(text)
        measured = max_sensitivity(model, sample, explain(model, sample, 1, "greedy-occlusion"), 0)
        assert math.isfinite(measured)
        assert measured >= 0
    assert METHODS["greedy-occlusion"].signed is False


@pytest.mark.parametrize("modality", ["text", "image"])
def test_a_shift_reaches_every_method_that_looks_at_the_input(model, sample):
    for method in methods_for(sample.layout):
        if method.name in ("random", "occlusion", "kernel-shap") or "greedy" in method.name:  # ranks, or slow here
            continue
        explanation = explain(model, sample, 1, method.name)
        assert max_sensitivity(model, sample, explanation, 0) > 0, method.name
