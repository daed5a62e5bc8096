"""Shapley values that fall out of a trust card's random orders."""

import pytest
import tiny
import torch
from exact_shapley import shapley_values

from rnnformer_demo.interpret.attribution import explain
from rnnformer_demo.interpret.trust import assess
from rnnformer_demo.interpret.trust.faithfulness import PerturbationCurves
from rnnformer_demo.interpret.trust.shapley import shapley_of_orders
from rnnformer_demo.models import freeze

PAIRS = 37


def logit_of(target: int):
    return lambda logits: logits[:, target]


@pytest.fixture
def curves(model, sample):
    """Of the usual perturbation, in the logit of class 1."""
    return PerturbationCurves(model, sample, next(iter(model.perturbations)), logit_of(1), 0)


def test_the_coalitions_are_the_orders_own_in_pairs_of_complements(curves, sample):
    coalitions, _ = curves.coalitions(PAIRS)
    assert coalitions[0].all()
    assert not coalitions[1].any()
    assert (coalitions[2::2] + coalitions[3::2] == 1).all()
    rows = []
    curves._run = lambda removed: rows.append(len(removed)) or torch.zeros(len(removed))
    curves.measure(torch.arange(len(sample.unit_names)).float(), PAIRS)
    ran = sum(rows)
    curves.coalitions(PAIRS)
    assert sum(rows) == ran  # nothing more


def test_of_words_that_count_for_themselves_the_values_are_exact(samples):
    model = tiny.model("text", recurrence=(), attention_layers=0)
    torch.nn.init.zeros_(model.core.pooling.score.weight)
    curves = PerturbationCurves(freeze(model), samples["text"], "unknown", logit_of(1), 0)
    alone = curves.leave_one_out()
    estimate = shapley_of_orders(curves, PAIRS, alone)
    torch.testing.assert_close(torch.tensor(estimate.scores), alone, atol=1e-4, rtol=0)
    assert max(estimate.standard_errors) < 1e-4
    assert estimate.correlation == pytest.approx(1)


def test_the_values_are_near_those_by_definition():
    model, sample = freeze(tiny.model("text")), tiny.text_reader()("isn't FUNNY, never moving")
    curves = PerturbationCurves(model, sample, "unknown", logit_of(1), 0)
    exact = shapley_values(model, sample, 1)
    estimate = shapley_of_orders(curves, PAIRS, exact)
    values, errors = torch.tensor(estimate.scores), torch.tensor(estimate.standard_errors)
    assert ((values - exact).abs() <= 4 * errors + 0.05 * exact.abs().max()).all()
    assert estimate.correlation > 0.8


def test_of_too_few_orders_for_the_units_there_is_no_estimate(curves, sample):
    assert shapley_of_orders(curves, 1, torch.zeros(len(sample.unit_names))) is None


def test_a_card_of_a_text_holds_them(samples):
    model, sample = freeze(tiny.model("text")), samples["text"]
    trust = assess(model, sample, explain(model, sample, 1, "kernel-shap"))
    assert len(trust.shapley.scores) == len(trust.shapley.standard_errors) == len(sample.unit_names)
    assert trust.shapley.coalitions > 2 * len(sample.unit_names)
    assert trust.shapley.correlation > 0.5
