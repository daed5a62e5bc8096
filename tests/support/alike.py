"""Comparison of analysis documents that were made in two ways."""

from typing import Any

import numpy as np
import pytest

from rnnformer_demo.document.arrays import Array

TIMES = ("latency_ms", "seconds")  # that measure the machine


def numbers_of(array: dict) -> np.ndarray:
    return Array(**{key: tuple(value) if key == "shape" else value for key, value in array.items()}).numpy()


def differences(one: Any, other: Any, place: str = "") -> list[str]:
    """Places at which two parts of documents differ by more than rounding; what measures the machine is passed over."""
    if isinstance(one, dict) and "dtype" in one:
        a, b = numbers_of(one), numbers_of(other)
        apart = float(np.abs(a - b).max(initial=0))
        level = one["scale"] if one["dtype"] == "uint8" else 2e-3 * max(1.0, float(np.abs(a).max(initial=0)))
        return [] if apart <= 1.01 * level else [f"{place}: {apart}, where a level is {level}"]
    if isinstance(one, dict):
        assert one.keys() == other.keys(), place
        return [line for key in one if key not in TIMES for line in differences(one[key], other[key], f"{place}.{key}")]
    if isinstance(one, list):
        assert len(one) == len(other), place
        return [
            line
            for number, pair in enumerate(zip(one, other, strict=True))
            for line in differences(*pair, f"{place}.{number}")
        ]
    if isinstance(one, int | float) and isinstance(other, int | float) and not isinstance(one, bool):
        return [] if one == pytest.approx(other, rel=1e-3, abs=2e-4) else [f"{place}: {one} and {other}"]
    return [] if one == other else [f"{place}: {one!r} and {other!r}"]
