"""Confidence intervals of shares, the test of two shares of the same inputs, and its correction for several. Imports no
torch."""

import math
from collections.abc import Mapping


def wilson_interval(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return Wilson's score interval of the share right / n, 0-1 (Wilson 1927); of 95 % by default."""
    share = right / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def mcnemar(only_one: int, only_other: int) -> float:
    """Return the p-value, two-sided and exact, of McNemar's test of two models on the same inputs (McNemar 1947).

    Args:
        only_one: inputs that one model alone gets right.
        only_other: inputs that the other alone gets right.
    """
    differing = only_one + only_other
    tail = sum(math.comb(differing, right) for right in range(min(only_one, only_other) + 1))
    return min(1.0, 2 * tail / 2**differing)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return p-values corrected for their number, so that all of them together err at the level of one (Holm 1979).

    Args:
        p_values: by the names of the comparisons.
    """
    corrected: dict[str, float] = {}
    largest = 0.0
    for place, name in enumerate(sorted(p_values, key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - place) * p_values[name]))
        corrected[name] = largest
    return {name: corrected[name] for name in p_values}
