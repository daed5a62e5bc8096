"""Means and slopes with their intervals over rounds or seeds. Imports no torch."""

import math
import statistics
from collections.abc import Mapping, Sequence
from itertools import pairwise

from .result import Point, Quantity


def mean_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean and the ends of its 95 % interval (Student's t); infinite ends of one value alone."""
    from scipy.special import stdtrit  # whoever lists the claims needs no scipy

    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, -math.inf, math.inf
    half = float(stdtrit(len(values) - 1, 0.975)) * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def ratio_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the geometric mean of positive values, and the ends of its 95 % interval."""
    centre, low, high = mean_interval([math.log(value) for value in values])
    return math.exp(centre), math.exp(low), math.exp(min(high, 700.0))


def slope(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Return the slope of the line of least squares."""
    return statistics.linear_regression(xs, ys).slope


def crossing(xs: Sequence[float], ratios: Sequence[float]) -> float | None:
    """Return where ratios pass 1 for the first time, interpolated in logarithms; None where they never do."""
    for (x, ratio), (next_x, next_ratio) in pairwise(zip(xs, ratios, strict=True)):
        before, after = math.log(ratio), math.log(next_ratio)
        if before * after < 0:
            share = before / (before - after)
            return math.exp(math.log(x) + share * (math.log(next_x) - math.log(x)))
    return None


def point(x: float | str, values: Sequence[float]) -> Point:
    """Return the mean of values at x, with its interval where there are several."""
    mean, low, high = mean_interval(values)
    return Point(x, mean, low, high) if len(values) > 1 else Point(x, mean)


def quantity(name: str, where: Mapping[str, str | float], values: Sequence[float], unit: str) -> Quantity:
    """Return the mean of values as a quantity."""
    mean, low, high = mean_interval(values)
    return Quantity(name, dict(where), mean, low, high, unit, len(values))


def differences(values: Sequence[float], others: Sequence[float]) -> list[float]:
    """Return the differences of values that belong together, of the same seed or round."""
    return [value - other for value, other in zip(values, others, strict=True)]
