"""The assessment of one explanation, which fills its trust card."""

import time
from collections.abc import Callable, Iterator

from torch import Tensor

from ...data import Sample
from ...document import Trust
from ...models import Hybrid
from ..attribution import METHODS, Explanation, Report
from ..cost import Size
from .agreement import agreement, others, takes_seconds
from .faithfulness import MAX_LEAVE_ONE_OUT, SHARES, STAGES, perturbation_curves
from .shapley import shapley_of_orders
from .stability import INFIDELITY_ROWS, SHIFTS, infidelity, max_sensitivity, unit_scores
from .verdict import Findings, conclude

_STABILITY, _FAITHFULNESS = 0.15, 0.9  # shares of the work that are done when these are measured


def assess(
    model: Hybrid,
    sample: Sample,
    explanation: Explanation,
    probabilities: Callable[[Tensor], Tensor] = lambda logits: logits.softmax(-1),
    in_domain: bool | None = None,
    seed: int = 0,
    report: Report = lambda share: None,
) -> Trust:
    """Measure faithfulness, stability and agreement of an explanation, and conclude.

    Args:
        probabilities: maps logits (R, C) to probabilities (R, C), such as calibrated ones.
        in_domain: False where the input is out of distribution, None where that is unknown.
        seed: seed of all draws; the same one gives the same card.
        report: is called with the share that is done, 0-1; what it raises ends the measurement.
    """
    started = time.perf_counter()
    scores, done = unit_scores(explanation, sample), 0
    # Max-sensitivity repeats the attribution: 60 s for 400 words by integrated gradients.
    slow = _too_slow_to_repeat(explanation.method, sample.layout, len(scores))
    sensitivity = None if slow else max_sensitivity(model, sample, explanation, seed)
    report(_STABILITY)

    def count(rows: int) -> None:
        nonlocal done
        done += rows
        report(_STABILITY + (_FAITHFULNESS - _STABILITY) * min(1.0, done / expected))

    def confidence(logits: Tensor) -> Tensor:
        return probabilities(logits)[:, explanation.target]

    curves = perturbation_curves(model, sample, confidence, seed, count)
    expected = sum(along.most_rows for along in curves.values())
    findings = Findings(len(scores), explanation.completeness_gap, sensitivity, in_domain)
    perturbations, (conclusion, reasons) = conclude(curves, scores, findings)
    report(_FAITHFULNESS)
    error = infidelity(model, sample, explanation, next(iter(model.perturbations)), seed)
    usual = next(iter(perturbations), None)
    shapley = shapley_of_orders(curves[usual], perturbations[usual].orders // 2, scores) if usual else None
    agreeing = agreement(model, sample, explanation, seed) if len(scores) > 1 else {}
    report(1.0)
    return Trust(
        method=explanation.method,
        target=model.config.labels[explanation.target],
        verdict=conclusion,
        reasons=reasons,
        perturbations=perturbations,
        completeness_gap=explanation.completeness_gap,
        max_sensitivity=sensitivity,
        infidelity=error,
        agreement=agreeing,
        seed=seed,
        seconds=time.perf_counter() - started,
        left_out=tuple(_left_out(sample, explanation.method, slow)),
        shapley=shapley,
    )


def cost_of_trust(size: Size, method: str) -> float:
    """Return the cost of the fewest random orders and of all other measurements on an input of this size."""
    if size.units < 2:
        return size.whole(1)
    cost = cost_of_orders(size, STAGES[0]) + size.whole(INFIDELITY_ROWS)
    if not _too_slow_to_repeat(method, size.layout, size.units):
        cost += SHIFTS * METHODS[method].cost(size)
    return cost + sum(METHODS[name].cost(size) for name in others(size.layout, size.units, method)[0])


def cost_of_orders(size: Size, pairs: int = STAGES[1]) -> float:
    """Return the cost of so many pairs of random orders under both perturbations, by default as many as it takes to
    trust an explanation that none of them outdoes."""
    alone = size.units + 1 if size.units <= MAX_LEAVE_ONE_OUT else 0
    return size.whole(2 * (alone + (2 * pairs + 4) * len(SHARES[size.layout])))


def _too_slow_to_repeat(method: str, layout: str, units: int) -> bool:
    entry = METHODS[method]
    return takes_seconds(entry, layout, units) or (entry.integrates and units > MAX_LEAVE_ONE_OUT)


def _left_out(sample: Sample, method: str, slow: bool) -> Iterator[str]:
    """Yield a sentence for each measurement that would take too long on this input.

    Args:
        slow: whether the method itself is too slow to be repeated.
    """
    units = len(sample.unit_names)
    if units < 2:
        return
    if units > MAX_LEAVE_ONE_OUT:
        yield (
            f"With {units} parts, the best and the worst order were not searched for by taking out each part alone: "
            "normalised values lie between the worst and the best random order."
        )
    if slow:
        yield f"Max-sensitivity was not measured: {method} takes seconds here and would have to run several times."
    too_slow = others(sample.layout, units, method)[1]
    if too_slow:
        yield f"Not compared with {', '.join(too_slow)}: that would take seconds here."
