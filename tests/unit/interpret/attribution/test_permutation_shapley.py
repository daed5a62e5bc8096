"""Shapley values by random orders: beside those by their definition, and beside their own standard errors."""

import re

import pytest
import tiny
import torch
from exact_shapley import shapley_values

from rnnformer_demo.interpret.attribution import explain
from rnnformer_demo.models import freeze

METHOD = "permutation-shapley"


@pytest.fixture
def small(modality):
    """A model and an input of 4 or 5 units."""
    if modality == "text":
        return freeze(tiny.model("text")), tiny.text_reader()("isn't FUNNY, never")
    return freeze(tiny.model("image", image_size=64)), tiny.image_reader(64)(tiny.photo())


def test_the_scores_are_near_the_shapley_values_and_sum_to_the_change_of_the_logit(small):
    model, sample = small
    exact = shapley_values(model, sample, 2)
    explanation = explain(model, sample, 2, METHOD)
    torch.testing.assert_close(explanation.scores, exact, atol=0.1 * exact.abs().max().item(), rtol=0)
    torch.testing.assert_close(explanation.scores.sum(), exact.sum(), atol=1e-5, rtol=0)
    assert explanation.completeness_gap < 1e-4


def test_the_standard_error_is_the_spread_over_seeds(small, monkeypatch):
    model, sample = small
    for name, value in (("_SAMPLES", 64), ("_SAMPLES_PER_UNIT", 1), ("_MOST", {"sequence": 1, "grid": 1})):
        monkeypatch.setattr(f"rnnformer_demo.interpret.attribution.coalitions.{name}", value)
    exact = shapley_values(model, sample, 2)
    drawn = [explain(model, sample, 2, METHOD, seed=seed) for seed in range(30)]
    spread = torch.stack([each.scores - exact for each in drawn]).square().mean(0).sqrt().max() / exact.abs().max()
    (notice,) = drawn[0].warnings
    assert re.match(r"Estimated from \d+ orders: the standard error is up to [\d.]+% of the largest score\.", notice)
    given = [float(re.search(r"up to ([\d.]+)%", each.warnings[-1])[1]) / 100 for each in drawn]
    assert sum(given) / len(given) == pytest.approx(spread.item(), rel=0.35)


def test_where_each_unit_counts_for_itself_one_order_is_enough(samples):
    model = tiny.model("text", recurrence=(), attention_layers=0)
    torch.nn.init.zeros_(model.core.pooling.score.weight)
    explanation = explain(freeze(model), samples["text"], 1, METHOD)
    occlusion = explain(model, samples["text"], 1, "occlusion").scores
    torch.testing.assert_close(explanation.scores, occlusion, atol=1e-5, rtol=0)
    assert "up to 0.0%" in explanation.warnings[-1]


def test_a_single_unit_has_the_whole_change():
    model, sample = freeze(tiny.model("text")), tiny.text_reader()("funny")
    assert len(sample.unit_names) == 1
    explanation = explain(model, sample, 1, METHOD)
    torch.testing.assert_close(explanation.scores, shapley_values(model, sample, 1), atol=1e-6, rtol=0)
    assert explanation.warnings == ()
