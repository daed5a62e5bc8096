"""Confidence intervals of shares. Imports no torch."""

import math


def wilson_interval(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Return Wilson's score interval of the share right / n, 0-1 (Wilson 1927); of 95 % by default."""
    share = right / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)
