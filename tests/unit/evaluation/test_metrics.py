"""Figures of a test, against values from the literature and values worked out by hand."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from rnnformer_demo.confidence.calibration import NO_SCALING, Temperature
from rnnformer_demo.evaluation.intervals import holm, mcnemar
from rnnformer_demo.evaluation.metrics import (
    calibration_error_by_chance,
    expected_calibration_error,
    fit_temperature,
    reliability,
    summarise,
    wilson_interval,
)


@pytest.mark.parametrize(
    ("right", "n", "interval"),
    [
        (8, 10, (0.4902, 0.9433)),
        (81, 263, (0.2553, 0.3662)),  # Newcombe 1998, table I
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0000, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
        (20, 20, (0.8389, 1.0)),
    ],
)
def test_wilson_interval_of_the_literature(right, n, interval):
    assert wilson_interval(right, n) == pytest.approx(interval, abs=1e-4)


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_holds_the_share_and_mirrors(case):
    right, n = case
    low, high = wilson_interval(right, n)
    assert 0 <= low <= right / n + 1e-12
    assert right / n <= high + 1e-12 <= 1 + 1e-12
    assert wilson_interval(n - right, n) == pytest.approx((1 - high, 1 - low))


def test_calibration_error_by_hand():
    confidence = torch.tensor([0.95, 0.95, 0.55, 0.58])
    probabilities = torch.stack([confidence, 1 - confidence], -1)
    labels = torch.tensor([0, 1, 0, 0])
    # Ten bins: {0.95, 0.95} with one of two right, {0.55, 0.58} with two of two.
    expected = 2 / 4 * abs(0.5 - 0.95) + 2 / 4 * abs(1.0 - 0.565)
    assert expected_calibration_error(probabilities, labels, bins=10) == pytest.approx(expected, abs=1e-6)


def test_reliability_by_hand():
    confidence = torch.tensor([0.95, 0.95, 0.55, 0.58, 1.0])
    bins = reliability(torch.stack([confidence, 1 - confidence], -1), torch.tensor([0, 1, 0, 0, 0]), bins=10)
    assert bins["counts"] == [0] * 5 + [2, 0, 0, 0, 3]
    assert bins["confidence"] == [None] * 5 + [0.565, None, None, None, 0.9667]
    assert bins["accuracy"] == [None] * 5 + [1.0, None, None, None, 0.6667]


def test_the_gaps_of_the_reliability_make_the_calibration_error():
    generator = torch.Generator().manual_seed(2)
    probabilities = (2 * torch.randn(300, 4, generator=generator)).softmax(-1)
    labels = torch.randint(0, 4, (300,), generator=generator)
    bins = reliability(probabilities, labels)
    rows = [row for row in zip(*bins.values(), strict=True) if row[0]]
    gaps = sum(count * abs(accuracy - confidence) for count, confidence, accuracy in rows) / 300
    assert gaps == pytest.approx(expected_calibration_error(probabilities, labels), abs=1e-4)


@pytest.mark.parametrize(
    ("only_one", "only_other", "p"),
    [
        (0, 0, 1.0),
        (5, 5, 1.0),
        (1, 9, 22 / 1024),  # twice the chance of at most 1 of 10
        (0, 6, 2 / 64),
    ],
)
def test_mcnemars_test_by_hand(only_one, only_other, p):
    assert mcnemar(only_one, only_other) == mcnemar(only_other, only_one) == pytest.approx(p, rel=1e-3)
    assert 0 < mcnemar(2000, 2100) < 1


def test_calibration_error_at_the_ends():
    sure = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert expected_calibration_error(sure, torch.tensor([0, 1])) == 0
    assert expected_calibration_error(sure, torch.tensor([1, 0])) == 1


def test_summary_by_hand():
    predicted, labels = torch.tensor([0, 0, 1, 1, 0]), torch.tensor([0, 0, 0, 1, 1])
    probabilities = torch.full((5, 3), 0.1)  # the third class does not occur
    probabilities[torch.arange(5), predicted] = 0.8
    summary = summarise(probabilities.log(), labels, torch.full((5,), 7), NO_SCALING)
    assert summary["n"] == 5
    assert summary["accuracy"] == 0.6
    assert summary["interval"] == pytest.approx(wilson_interval(3, 5))
    assert summary["mean_class_accuracy"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert summary["macro_f1"] == pytest.approx((4 / 6 + 2 / 4) / 2)
    assert summary["confusion"] == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]
    assert summary["ece"] == summary["ece_before_scaling"] == pytest.approx(0.2, abs=1e-6)


def test_the_temperature_changes_the_calibration_alone():
    logits, labels, steps = 3 * torch.randn(200, 4), torch.randint(0, 4, (200,)), torch.full((200,), 9)
    raw, cooled = (summarise(logits, labels, steps, Temperature(scale)) for scale in (1.0, 2.5))
    assert cooled["ece"] == pytest.approx(expected_calibration_error((logits / 2.5).softmax(-1), labels))
    assert cooled["ece_before_scaling"] == pytest.approx(raw["ece"]) != cooled["ece"]
    assert cooled["ece_by_chance"] != raw["ece_by_chance"]
    of_the_temperature = {"ece": None, "ece_by_chance": None}
    assert cooled | of_the_temperature == raw | of_the_temperature


@pytest.mark.parametrize(("scale", "exponent"), [(0.5, 0.0), (1.0, -0.3), (2.5, 0.2)])
def test_the_temperature_that_was_put_in_is_found(scale, exponent):
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(40_000, 4, generator=generator)
    steps = torch.randint(1, 400, (40_000,), generator=generator)
    labels = torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(1)
    put_in = Temperature(scale, exponent)
    found = fit_temperature(logits * put_in.at(steps)[:, None], labels, steps)
    assert found.scale == pytest.approx(scale, rel=0.05)
    assert found.exponent == pytest.approx(exponent, abs=0.03)


def test_inputs_of_one_length_leave_the_exponent_at_nought():
    logits, labels = 5 * torch.randn(500, 3), torch.randint(0, 3, (500,))
    assert fit_temperature(logits, labels, torch.full((500,), 49)).exponent == 0


def test_a_held_out_part_without_error_leaves_the_temperature_finite():
    labels = torch.arange(40) % 2
    logits = torch.nn.functional.one_hot(labels, 2).float()
    assert 0.05 < fit_temperature(logits, labels, torch.arange(1, 41)).scale < 1


def test_scaling_does_not_change_the_class_and_lowers_the_likelihood_loss():
    logits, labels, steps = 5 * torch.randn(500, 3), torch.randint(0, 3, (500,)), torch.randint(1, 99, (500,))
    temperature = fit_temperature(logits, labels, steps)
    assert temperature.scale > 1
    probabilities = temperature.probabilities(logits, steps)
    assert torch.equal(probabilities.argmax(-1), logits.argmax(-1))
    loss = torch.nn.functional.nll_loss
    assert loss(probabilities.log(), labels) < loss(logits.log_softmax(-1), labels)


def test_chance_alone_makes_a_calibration_error_that_shrinks_with_the_inputs():
    generator = torch.Generator().manual_seed(1)
    logits = 2 * torch.randn(4000, 3, generator=generator)
    probabilities = logits.softmax(-1)
    few, many = (calibration_error_by_chance(probabilities[:n]) for n in (100, 4000))
    assert 0.03 < many * (4000 / 100) ** 0.5 < 2 * few < 0.3
    drawn = torch.multinomial(probabilities, 1, generator=generator)[:, 0]  # right as often as it says
    assert expected_calibration_error(probabilities, drawn) == pytest.approx(many, abs=0.01)
    assert calibration_error_by_chance(torch.eye(3)) == 0


def test_holms_correction_by_hand():
    corrected = holm({"a": 0.01, "b": 0.04, "c": 0.03, "d": 0.005})
    assert list(corrected) == ["a", "b", "c", "d"]
    assert list(corrected.values()) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm({"alone": 0.2}) == {"alone": 0.2}
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1.0, "b": 1.0}
    assert holm({}) == {}
