"""The whole trust card of one explanation, computed on the spot."""

import time
from collections.abc import Callable

from torch import Tensor

from ..data import Sample
from ..explain import METHODS, Explanation
from ..models import Hybrid
from .agreement import agreement
from .card import Trust
from .faithfulness import SHARES, Orders
from .stability import infidelity, max_sensitivity, unit_scores
from .verdict import verdict

PAIRS_OF_WORDS, PAIRS_OF_PATCHES = 25, 10  # of random orders: a photo's forward pass takes twenty times as long


def assess(
    model: Hybrid,
    sample: Sample,
    explanation: Explanation,
    probabilities: Callable[[Tensor], Tensor] = lambda logits: logits.softmax(-1),
    in_domain: bool | None = None,
    seed: int = 0,
    report: Callable[[float], None] = lambda share: None,
) -> Trust:
    """Measures how far an explanation can be trusted.

    Args:
        probabilities: logits (R, C) to probabilities (R, C), such as calibrated ones.
        in_domain: of the prediction that is explained, see `Prediction`.
        seed: of all that is drawn: the same seed gives the same card.
        report: is called with the share that is done, 0-1; what it raises ends the measurement.
    """
    started = time.perf_counter()
    scores = unit_scores(explanation, sample)
    pairs = PAIRS_OF_WORDS if sample.grid is None else PAIRS_OF_PATCHES
    expected = len(model.removals) * (len(scores) + (2 * pairs + 4) * len(SHARES))
    done = 0

    def count(rows: int) -> None:
        nonlocal done
        done += rows
        report(min(0.8, 0.8 * done / expected))

    removals = {}
    if len(scores) > 1:
        confidence = lambda logits: probabilities(logits)[:, explanation.target]  # noqa: E731
        for name in model.removals:
            removals[name] = Orders(model, sample, name, confidence, pairs, seed, count).measure(scores)
    usual = next(iter(model.removals))
    wrong = infidelity(model, sample, explanation, usual, seed)
    report(0.85)
    slow = sample.grid is not None and METHODS[explanation.method].slow_on_photos
    sensitivity = None if slow else max_sensitivity(model, sample, explanation, seed)
    report(0.95)
    agreeing = agreement(model, sample, explanation, seed) if len(scores) > 1 else {}
    said, reasons = verdict(removals, len(scores), explanation.completeness_gap, sensitivity, in_domain)
    report(1.0)
    return Trust(
        removals=removals,
        completeness_gap=explanation.completeness_gap,
        max_sensitivity=sensitivity,
        infidelity=wrong,
        agreement=agreeing,
        seed=seed,
        verdict=said,
        reasons=reasons,
        seconds=time.perf_counter() - started,
    )
