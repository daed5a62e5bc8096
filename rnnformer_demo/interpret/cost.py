"""Cost of work on an input, estimated before it starts, in milliseconds of one core.

The figures are nominal: those of the shipped models in ONNX Runtime. `python -m rnnformer_demo bench passes` measures
them on any machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

STEP_MS = 0.04  # a word or a cell of the grid, through what lies above the tokens
BACKWARD = 4  # a pass forward and back, in passes forward
PHOTO_MS = 18.0  # a photo through the CNN
PIXELS_BACKWARD = 8  # a pass through the CNN forward and back, by its modules, in passes forward by the graph


@dataclass(frozen=True)
class Size:
    """Size of an input.

    Attributes:
        layout: "sequence" or "grid".
        units: number of words or cells.
        steps: number of tokens that the model reads.
    """

    layout: str
    units: int
    steps: int

    def above(self, rows: float) -> float:
        """Return the cost of passes forward above the tokens."""
        return rows * self.steps * STEP_MS

    def whole(self, rows: float) -> float:
        """Return the cost of passes forward through the whole model, of photos through the CNN."""
        return self.above(rows) + (rows * PHOTO_MS if self.layout == "grid" else 0.0)

    def gradients(self, rows: float) -> float:
        """Return the cost of passes forward and back above the tokens, and of one whole pass before them."""
        return self.whole(1) + self.above(BACKWARD * rows)

    def to_pixels(self, rows: float) -> float:
        """Return the cost of passes forward and back through the CNN."""
        return self.whole(1) + rows * PIXELS_BACKWARD * PHOTO_MS

    def of_units(self, units: int) -> Size:
        """Return the size of an input of so many units with as many tokens a unit."""
        return replace(self, units=units, steps=max(1, round(self.steps * units / max(1, self.units))))


Cost = Callable[[Size], float]  # milliseconds


def one_pass(size: Size) -> float:
    """Return the cost of one pass forward."""
    return size.whole(1)


def one_gradient(size: Size) -> float:
    """Return the cost of one pass forward and one back above the tokens."""
    return size.gradients(1)
