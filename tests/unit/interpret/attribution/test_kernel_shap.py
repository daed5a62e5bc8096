"""KernelSHAP beside Shapley values by their definition and beside Captum."""

import re
from collections.abc import Iterator

import pytest
import tiny
import torch
from captum.attr import KernelShap, Lime
from exact_shapley import shapley_values

from rnnformer_demo.data import Sample
from rnnformer_demo.interpret.attribution import explain
from rnnformer_demo.interpret.attribution.coalitions import draw_coalitions, shapley_regression, standard_errors
from rnnformer_demo.models import Hybrid, freeze


@pytest.fixture
def small(modality) -> tuple[Hybrid, Sample]:
    """A model and an input of 4 or 5 units."""
    if modality == "text":
        return freeze(tiny.model("text")), tiny.text_reader()("isn't FUNNY, never")
    return freeze(tiny.model("image", image_size=64)), tiny.image_reader(64)(tiny.photo())


def test_kernel_shap_of_few_units_is_exact(small):
    model, sample = small
    assert 4 <= len(sample.unit_names) <= 6
    explanation = explain(model, sample, 2, "kernel-shap")
    torch.testing.assert_close(explanation.scores, shapley_values(model, sample, 2), atol=1e-5, rtol=0)
    assert explanation.completeness_gap < 1e-4


def test_kernel_shap_of_more_units_is_close(small, monkeypatch):
    model, sample = small
    monkeypatch.setattr("rnnformer_demo.interpret.attribution.coalitions._SAMPLES", 4)
    monkeypatch.setattr("rnnformer_demo.interpret.attribution.coalitions._SAMPLES_PER_UNIT", 3)
    monkeypatch.setattr(  # fewer than there are coalitions
        "rnnformer_demo.interpret.attribution.coalitions._MOST", {"sequence": 1, "grid": 1}
    )
    exact = shapley_values(model, sample, 2)
    drawn = torch.stack([explain(model, sample, 2, "kernel-shap", seed=seed).scores for seed in range(8)])
    torch.testing.assert_close(drawn.mean(0), exact, atol=0.2 * exact.abs().max().item(), rtol=0)
    torch.testing.assert_close(drawn.sum(1), exact.sum().expand(8), atol=1e-5, rtol=0)
    (notice,) = explain(model, sample, 2, "kernel-shap").warnings
    assert "coalitions: the standard error is up to " in notice


def test_coalitions_are_drawn_until_the_standard_error_is_small(monkeypatch):
    model, sample = freeze(tiny.model("text")), tiny.text_reader()(" ".join(["good", "bad", "film", "plot"] * 5))
    monkeypatch.setattr("rnnformer_demo.interpret.attribution.coalitions._SAMPLES", 64)
    monkeypatch.setattr("rnnformer_demo.interpret.attribution.coalitions._SAMPLES_PER_UNIT", 4)
    used, first = {}, 4 * len(sample.unit_names)
    for wanted in (0.5, 0.02, 0.0):
        monkeypatch.setattr("rnnformer_demo.interpret.attribution.kernel_shap.ERROR", wanted)
        (notice,) = explain(model, sample, 1, "kernel-shap").warnings
        count, error = re.fullmatch(r"Estimated from (\S+) coalitions: .* up to (\S+)% of .*", notice).groups()
        used[wanted] = int(count)
        assert float(error) <= 100 * wanted or used[wanted] == 8 * first + 2
    assert used[0.5] == first + 2 <= used[0.02] < used[0.0] == 8 * first + 2


def test_standard_errors_are_the_spread_over_draws():
    generator = torch.Generator().manual_seed(3)
    values = torch.randn(9, generator=generator)
    pairs = torch.randn(9, 9, generator=generator)

    def game(coalitions: torch.Tensor) -> torch.Tensor:
        inside = coalitions.float()
        return inside @ values + ((inside @ pairs) * inside).sum(1)

    drawn, errors = [], []
    for seed in range(200):
        coalitions, weights = draw_coalitions(9, 200, seed)
        outputs = game(coalitions)
        drawn.append(shapley_regression(coalitions, outputs, weights))
        errors.append(standard_errors(coalitions, outputs, drawn[-1]))
    spread = torch.stack(drawn).std(0)
    torch.testing.assert_close(torch.stack(errors).mean(0), spread, rtol=0.15, atol=0)


def test_coalitions_come_with_their_complements():
    coalitions, weights = draw_coalitions(20, 100, seed=0)
    assert coalitions[0].all()
    assert not coalitions[1].any()
    assert coalitions.shape == (102, 20)
    assert (coalitions[2::2] + coalitions[3::2] == 1).all()
    assert (weights == 1).all()
    every, kernel = draw_coalitions(4, 100, seed=0)
    assert len({tuple(row) for row in every.tolist()}) == len(every) == 2**4
    assert kernel[2:].unique().numel() == 2  # sizes 1 and 3 weigh the same, size 2 less
    assert len(draw_coalitions(1, 100, seed=0)[0]) == 2


class ConstrainedRegression:
    """Captum's interface of a surrogate, around the regression."""

    def fit(self, train_data, **_options: object) -> None:
        self.scores = shapley_regression(*train_data.dataset.tensors)

    def representation(self) -> torch.Tensor:
        return self.scores


def by_lime(model: Hybrid, sample: Sample, target: int, seed: int) -> torch.Tensor:
    """KernelSHAP as Captum makes it of its `Lime`: with a kernel and a sampler of coalitions."""
    count = len(sample.unit_names)
    most = max(256, 8 * count) * (8 if sample.grid is None else 1)
    coalitions, weights = draw_coalitions(count, most, seed)
    kernel = iter(weights)

    def one_by_one(_inputs: torch.Tensor, **_options: object) -> Iterator[torch.Tensor]:
        yield from coalitions[:, None]

    with torch.no_grad():
        return Lime(
            lambda rows: model(rows, sample.mask.expand(len(rows), -1)),
            interpretable_model=ConstrainedRegression(),
            similarity_func=lambda *_arguments, **_options: next(kernel),
            perturb_func=one_by_one,
        ).attribute(
            sample.inputs,
            model.baseline(sample.inputs, sample.mask),
            target=target,
            feature_mask=sample.feature_mask,
            n_samples=len(coalitions),
            perturbations_per_eval=16,
            return_input_shape=False,
        )


@pytest.mark.parametrize("seed", [0, 7])
def test_kernel_shap_is_captums_lime_with_the_same_coalitions(model, sample, seed, monkeypatch):
    monkeypatch.setattr("rnnformer_demo.interpret.attribution.kernel_shap.ERROR", 0.0)  # all that it may draw
    scores = explain(model, sample, 1, "kernel-shap", seed=seed).scores
    torch.testing.assert_close(scores, by_lime(model, sample, 1, seed).flatten().float(), atol=1e-6, rtol=0)


def test_kernel_shap_of_few_units_is_what_captums_comes_close_to(small):
    model, sample = small
    with torch.no_grad():
        drawn = KernelShap(lambda rows: model(rows, sample.mask.expand(len(rows), -1))).attribute(
            sample.inputs,
            model.baseline(sample.inputs, sample.mask),
            target=2,
            feature_mask=sample.feature_mask,
            n_samples=2000,
            perturbations_per_eval=100,
            return_input_shape=False,
        )
    exact = explain(model, sample, 2, "kernel-shap").scores
    torch.testing.assert_close(drawn.flatten().float(), exact, atol=0.05 * exact.abs().max().item(), rtol=0)
