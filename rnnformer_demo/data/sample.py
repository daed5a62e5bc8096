"""What every reader makes of raw input, and the error that tells a visitor what to do. Imported without torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from torch import Tensor


Layout = Literal["sequence", "grid"]

# How a visitor names the units of an input.
UNIT_NAMES = "a word as it stands, #N for the N-th, ROW,COLUMN for a cell of a photo"


class InputError(ValueError):
    """Bad input. Its message is one sentence, addressed to the visitor, that says what to do."""


@dataclass(frozen=True)
class Sample:
    """One input, ready for a model, with the units in which results are shown.

    Attributes:
        inputs: what `Hybrid.forward` takes, with a batch of 1: ids (1, T) or a normalised photo (1, 3, S, S).
        mask: (1, T) bool, true for real steps.
        feature_mask: the index of the unit of each feature, broadcastable to `inputs`: (1, T) or (1, 1, S, S). Goes
            straight into Captum's `feature_mask`.
        token_to_unit: (T,) the unit of each step that the hybrid reads.
        unit_names: one for each unit: the word as it was typed, or "row 2, column 5".
        grid: (rows, columns) of the units where they are patches of a photo, None for words.
        display: what was read: the text after cutting, or the square of the photo as a PIL image.
        spans: start and end of each word in `display`; empty for patches.
        warnings: sentences about what was changed on the way in.
    """

    inputs: Tensor
    mask: Tensor
    feature_mask: Tensor
    token_to_unit: Tensor
    unit_names: tuple[str, ...]
    grid: tuple[int, int] | None
    display: Any
    spans: tuple[tuple[int, int], ...] = ()
    warnings: tuple[str, ...] = field(default=())

    @property
    def layout(self) -> Layout:
        """How the units lie: in a "sequence", or in a "grid"."""
        return layout_of(self.grid)


def layout_of(grid: tuple[int, int] | None) -> Layout:
    """Return the layout of units that lie in a grid, or in a sequence where there is none."""
    return "sequence" if grid is None else "grid"
