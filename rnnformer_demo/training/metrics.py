"""Accuracy and calibration figures, with their intervals."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

ECE_BINS = 15


def wilson_interval(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's 95 % interval of a share, 0-1 (Wilson 1927)."""
    share = right / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def expected_calibration_error(probabilities: Tensor, labels: Tensor, bins: int = ECE_BINS) -> float:
    """Mean gap between confidence and accuracy over equal-width bins of confidence, 0-1 (Guo et al. 2017, eq. 3)."""
    confidence, predicted = probabilities.max(-1)
    right = (predicted == labels).double()
    index = (confidence * bins).long().clamp(max=bins - 1)
    gap = torch.zeros(bins, dtype=torch.double).index_add_(0, index, right - confidence.double())
    return (gap.abs().sum() / len(labels)).item()


def summarise(logits: Tensor, labels: Tensor, temperature: float) -> dict:
    """Figures of a test, shares in 0-1.

    Args:
        logits: (N, C).
        labels: (N,), the true classes.
        temperature: by which the logits are divided before the softmax.

    Returns:
        n, accuracy, its Wilson interval, mean class accuracy and macro F1 (over the classes that occur), ECE with and
        without the temperature, and the confusion matrix (rows: true class).
    """
    classes = logits.shape[1]
    predicted = logits.argmax(-1)
    confusion = torch.bincount(labels * classes + predicted, minlength=classes**2).view(classes, classes)
    hits, true, said = confusion.diag().double(), confusion.sum(1).double(), confusion.sum(0).double()
    occurs = true > 0
    f1 = 2 * hits / (true + said).clamp(min=1)
    right, n = int(hits.sum()), len(labels)
    return {
        "n": n,
        "accuracy": right / n,
        "interval": list(wilson_interval(right, n)),
        "mean_class_accuracy": (hits[occurs] / true[occurs]).mean().item(),
        "macro_f1": f1[occurs].mean().item(),
        "ece": expected_calibration_error((logits / temperature).softmax(-1), labels),
        "ece_before_scaling": expected_calibration_error(logits.softmax(-1), labels),
        "confusion": confusion.tolist(),
    }


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The temperature that minimises the negative log-likelihood on a held-out part (Guo et al. 2017, section 4.2).

    Args:
        logits: (N, C).
        labels: (N,).
    """
    log_temperature = torch.zeros(1, dtype=torch.double, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], lr=0.1, max_iter=100)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(logits.double() / log_temperature.exp(), labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    return log_temperature.exp().item()
