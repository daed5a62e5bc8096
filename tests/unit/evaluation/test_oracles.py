"""Statistics of our own against those of scipy and scikit-learn."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from scipy.stats import binomtest, spearmanr
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score

from rnnformer_demo.confidence.calibration import NO_SCALING, REFERENCE_STEPS
from rnnformer_demo.evaluation.intervals import mcnemar, wilson_interval
from rnnformer_demo.evaluation.metrics import _PULL, expected_calibration_error, fit_temperature, summarise
from rnnformer_demo.interpret.trust.agreement import rank_correlation
from rnnformer_demo.training.ood.scoring import auroc


def drawn(seed: int, n: int = 400, classes: int = 5) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Logits (N, C) that are overconfident, labels (N,) and lengths (N,)."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(n, classes, generator=generator)
    labels = torch.multinomial(logits.softmax(-1), 1, generator=generator)[:, 0]
    return 1.7 * logits, labels, torch.randint(1, 300, (n,), generator=generator)


@pytest.mark.parametrize(("right", "n"), [(0, 1), (1, 1), (3, 7), (81, 263), (872, 872), (0, 500), (22_833, 25_000)])
def test_wilson_interval(right, n):
    expected = binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(right, n) == pytest.approx((expected.low, expected.high), abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("bins", [1, 10, 15])
def test_expected_calibration_error(seed, bins):
    logits, labels, _ = drawn(seed)
    probabilities = logits.softmax(-1).double()
    confidence, right = probabilities.amax(-1).numpy(), (probabilities.argmax(-1) == labels).numpy()
    edges = np.linspace(0, 1, bins + 1)
    expected = 0.0
    for low, high in pairwise(edges):
        inside = (confidence >= low) & ((confidence < high) | (high == 1))
        if inside.any():
            expected += inside.mean() * abs(right[inside].mean() - confidence[inside].mean())
    assert expected_calibration_error(probabilities, labels, bins) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("levels", [2, 7, 100_000])  # few levels make ties
def test_auroc(levels):
    generator = torch.Generator().manual_seed(levels)
    inside = torch.randint(0, levels, (300,), generator=generator)
    outside = torch.randint(levels // 3, levels + levels // 3, (170,), generator=generator)
    labels = [0] * 300 + [1] * 170
    assert auroc(inside, outside) == pytest.approx(roc_auc_score(labels, torch.cat([inside, outside])), abs=1e-12)


@pytest.mark.parametrize(("only_one", "only_other"), [(0, 1), (3, 9), (50, 32), (143, 57), (2100, 2000)])
def test_mcnemar(only_one, only_other):
    expected = binomtest(only_one, only_one + only_other).pvalue
    assert mcnemar(only_one, only_other) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("levels", [2, 5, 100_000])
def test_rank_correlation(levels):
    generator = torch.Generator().manual_seed(levels)
    a = torch.randint(0, levels, (60,), generator=generator).float()
    b = a + torch.randint(0, levels, (60,), generator=generator)
    assert rank_correlation(a, b) == pytest.approx(spearmanr(a, b).statistic, abs=1e-5)


def test_f1_and_mean_class_accuracy():
    logits, labels, steps = drawn(3)
    figures, predicted = summarise(logits, labels, steps, NO_SCALING), logits.argmax(-1)
    assert figures["macro_f1"] == pytest.approx(f1_score(labels, predicted, average="macro"), abs=1e-12)
    assert figures["mean_class_accuracy"] == pytest.approx(balanced_accuracy_score(labels, predicted), abs=1e-12)


@pytest.mark.parametrize("one_length", [True, False])
def test_temperature_scaling(one_length):
    logits, labels, steps = drawn(5, n=2000)
    steps = torch.full_like(steps, 49) if one_length else steps
    relative = np.log(steps.numpy() / REFERENCE_STEPS)

    def loss(fitted):
        exponent = 0.0 if one_length else fitted[1]
        scaled = logits.double().numpy() / np.exp(fitted[0] + exponent * relative)[:, None]
        likelihood = scaled[np.arange(len(labels)), labels] - np.logaddexp.reduce(scaled, axis=1)
        return -likelihood.mean() + _PULL * np.square(fitted).sum()

    expected = minimize(loss, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12})
    temperature = fit_temperature(logits, labels, steps)
    assert expected.success
    assert temperature.scale == pytest.approx(math.exp(expected.x[0]), rel=1e-4)
    assert temperature.exponent == pytest.approx(expected.x[1], abs=1e-4)
