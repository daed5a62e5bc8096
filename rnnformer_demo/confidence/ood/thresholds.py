"""Thresholds by the length of an input: of a word or two a forward pass says less than of a page."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..arrays import Array, functions_of, like


@dataclass(frozen=True)
class Thresholds:
    """Step function of the length of an input.

    Attributes:
        lengths: (N,) ascending, in tokens or cells; each is the first that its value holds for, and shorter inputs than
            the first have that of the first.
        values: (N,) the thresholds.

    Raises:
        ValueError: where they are not so many, not ascending or not finite.
    """

    lengths: tuple[int, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        ascending = all(first < second for first, second in pairwise(self.lengths))
        if not self.lengths or len(self.lengths) != len(self.values) or not ascending:
            raise ValueError(f"lengths must ascend and have a value each, got {self.lengths} and {self.values}")
        if not all(map(math.isfinite, self.values)):
            raise ValueError(f"thresholds must be finite, got {self.values}")

    @classmethod
    def constant(cls, value: float) -> "Thresholds":
        """Return one threshold for all lengths."""
        return cls((1,), (value,))

    def at(self, steps: Array, beside: Array) -> Array:
        """Return the thresholds (B,) of inputs with so many steps (B,), in the precision of what they stand beside."""
        functions = functions_of(steps)
        places = functions.searchsorted(functions.asarray(self.lengths[1:], dtype=steps.dtype), steps, side="right")
        return like(self.values, beside)[places]

    def entry(self) -> Any:
        """Return the entry of a card: a number, or an object with lengths and values."""
        if len(self.values) == 1:
            return self.values[0]
        return {"lengths": list(self.lengths), "values": list(self.values)}

    @classmethod
    def restore(cls, entry: Any, least: float = -math.inf) -> "Thresholds":
        """Return the thresholds of a card's entry; older cards have a single number.

        Raises:
            ValueError: for another entry, and for values that are not above `least`.
        """
        if isinstance(entry, dict) and entry.keys() == {"lengths", "values"}:
            lengths, values = tuple(entry["lengths"]), tuple(entry["values"])
        else:
            lengths, values = (1,), (entry,)
        if not all(isinstance(value, int | float) and least < value < math.inf for value in values):
            raise ValueError(f"threshold must be a number above {least}, got {entry!r}")
        return cls(lengths, values)
