"""Accuracy and calibration figures, with their intervals."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..confidence.calibration import REFERENCE_STEPS, Temperature
from .intervals import wilson_interval

ECE_BINS = 15
_PULL = 1e-3
_DRAWS = 200


def expected_calibration_error(probabilities: Tensor, labels: Tensor, bins: int = ECE_BINS) -> float:
    """Return the mean gap between confidence and accuracy over bins of equal width, 0-1 (Guo et al. 2017, eq. 3)."""
    confidence, predicted = probabilities.max(-1)
    return _gaps(confidence, (predicted == labels)[None], bins).item()


def calibration_error_by_chance(probabilities: Tensor, bins: int = ECE_BINS) -> float:
    """Return the expected calibration error, 0-1, of a model that is right exactly as often as it says.

    It is above 0, the more so the fewer inputs there are: within a bin accuracy differs from confidence by chance. The
    mean over 200 draws of which answers are right, by a fixed seed.
    """
    confidence = probabilities.max(-1).values
    draws = torch.rand(_DRAWS, len(confidence), generator=torch.Generator().manual_seed(0))
    return _gaps(confidence, draws < confidence, bins).mean().item()


def calibration_error_interval(
    probabilities: Tensor, labels: Tensor, bins: int = ECE_BINS, draws: int = 1000
) -> tuple[float, float]:
    """Return the 95 % percentile interval of the expected calibration error over bootstrap samples of the inputs, by a
    fixed seed. Like the error itself it lies too high where there are few inputs, see `calibration_error_by_chance`.
    """
    confidence, predicted = probabilities.max(-1)
    index, gap = _bins_of(confidence, bins), (predicted == labels).double() - confidence.double()
    generator, errors = torch.Generator().manual_seed(0), []
    for _ in range(draws):
        drawn = torch.randint(len(labels), (len(labels),), generator=generator)
        sums = torch.zeros(bins, dtype=torch.double).index_add_(0, index[drawn], gap[drawn])
        errors.append(sums.abs().sum() / len(labels))
    low, high = torch.stack(errors).quantile(torch.tensor([0.025, 0.975], dtype=torch.double)).tolist()
    return low, high


def reliability(probabilities: Tensor, labels: Tensor, bins: int = ECE_BINS) -> dict[str, list]:
    """Return the reliability diagram whose gaps the expected calibration error weighs (Guo et al. 2017, eqs. 1 and 2).

    Args:
        probabilities: (N, C).
        labels: (N,), the true classes.
        bins: of equal width, over confidences of 0-1.

    Returns:
        count, mean confidence and accuracy of each bin, 0-1 with four digits; None where a bin is empty.
    """
    confidence, predicted = probabilities.max(-1)
    index = _bins_of(confidence, bins)
    counts = torch.bincount(index, minlength=bins)

    def means(values: Tensor) -> list[float | None]:
        sums = torch.zeros(bins, dtype=torch.double).index_add_(0, index, values.double())
        pairs = zip(sums.tolist(), counts.tolist(), strict=True)
        return [round(total / count, 4) if count else None for total, count in pairs]

    return {"counts": counts.tolist(), "confidence": means(confidence), "accuracy": means(predicted == labels)}


def _bins_of(confidence: Tensor, bins: int) -> Tensor:
    """Return the bin of each confidence (N,), of equal width over 0-1."""
    return (confidence * bins).long().clamp(max=bins - 1)


def _gaps(confidence: Tensor, right: Tensor, bins: int) -> Tensor:
    """Return the error (R,) for confidences (N,) and R versions of which answers are right (R, N)."""
    index = _bins_of(confidence, bins)
    gap = torch.zeros(len(right), bins, dtype=torch.double).index_add_(1, index, right.double() - confidence.double())
    return gap.abs().sum(1) / len(confidence)


def summarise(logits: Tensor, labels: Tensor, steps: Tensor, temperature: Temperature) -> dict:
    """Return the figures of a test, shares in 0-1.

    Args:
        logits: (N, C).
        labels: (N,), the true classes.
        steps: (N,), the lengths of the inputs.
        temperature: makes probabilities of the logits.

    Returns:
        n, accuracy, its Wilson interval, mean class accuracy and macro F1 (over the classes that occur), ECE with and
        without the temperature and by chance alone, and the confusion matrix (rows: true class).
    """
    classes = logits.shape[1]
    predicted = logits.argmax(-1)
    confusion = torch.bincount(labels * classes + predicted, minlength=classes**2).view(classes, classes)
    hits, true, answered = confusion.diag().double(), confusion.sum(1).double(), confusion.sum(0).double()
    occurs = true > 0
    f1 = 2 * hits / (true + answered).clamp(min=1)
    right, n = int(hits.sum()), len(labels)
    probabilities = temperature.probabilities(logits, steps)
    return {
        "n": n,
        "accuracy": right / n,
        "interval": list(wilson_interval(right, n)),
        "mean_class_accuracy": (hits[occurs] / true[occurs]).mean().item(),
        "macro_f1": f1[occurs].mean().item(),
        "ece": expected_calibration_error(probabilities, labels),
        "ece_by_chance": calibration_error_by_chance(probabilities),
        "ece_before_scaling": expected_calibration_error(logits.softmax(-1), labels),
        "confusion": confusion.tolist(),
    }


def fit_temperature(logits: Tensor, labels: Tensor, steps: Tensor) -> Temperature:
    """Return the temperature that minimises the negative log-likelihood on a held-out part (Guo et al. 2017).

    Its exponent is only fitted where lengths differ. A weak pull towards 1 and 0 keeps both finite where every input
    of a small held-out part is classified correctly.

    Args:
        logits: (N, C).
        labels: (N,).
        steps: (N,), the lengths of the inputs.
    """
    logits, steps = logits.double(), steps.double()
    fitted = torch.zeros(2, dtype=torch.double, requires_grad=True)  # logarithm of the scale, exponent
    lengths_differ = float(len(steps.unique()) > 1)
    optimizer = torch.optim.LBFGS([fitted], lr=0.5, max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        log_temperature = fitted[0] + lengths_differ * fitted[1] * (steps / REFERENCE_STEPS).log()
        loss = F.cross_entropy(logits / log_temperature.exp()[:, None], labels) + _PULL * fitted.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return Temperature(fitted[0].exp().item(), fitted[1].item())
