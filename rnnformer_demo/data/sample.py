"""Samples, which readers make of raw input, and the error that tells a visitor what to do. Imported without torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


Layout = Literal["sequence", "grid"]

# The names of units that a visitor may give.
UNIT_NAMES = "a word as it stands, #N for the N-th, ROW,COLUMN for a cell of a photo"


class InputError(ValueError):
    """Bad input. Its message is one sentence, addressed to the visitor, that says what to do."""


@dataclass(frozen=True)
class Sample:
    """One input, ready for a model, with the units in which results are shown.

    Attributes:
        inputs: the inputs of `Hybrid.forward`, with a batch of 1: ids (1, T) or a normalised photo (1, 3, S, S).
        mask: (1, T) bool, true for real steps.
        feature_mask: the index of the unit of each feature, broadcastable to `inputs`: (1, T) or (1, 1, S, S). Goes
            straight into Captum's `feature_mask`.
        token_to_unit: (T,) the unit of each step that the hybrid reads.
        unit_names: one for each unit: the word as it was typed, or "row 2, column 5".
        grid: (rows, columns) of the units where they are patches of a photo, None for words.
        display: the part that was read: the typed text after cutting, or the square of the photo as a PIL image.
        spans: start and end of each word in `display`; empty for patches.
        warnings: sentences about changes on the way in.
        box: left, top, right and bottom of the part of a photo that was read, as fractions of the upright photo; None
            for words, and for a square whose photo is not known.
        normalised: the text of which the tokens were made, see `Normaliser`; None for a photo.
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
    box: tuple[float, float, float, float] | None = None
    normalised: str | None = None

    @property
    def layout(self) -> Layout:
        """The layout of the units: "sequence" or "grid"."""
        return layout_of(self.grid)


@dataclass(frozen=True)
class Reading:
    """One input as a reader has read it, before it becomes tensors: what a `Sample` is made of, without torch.

    Attributes:
        inputs: ids (1, T) in 64 bits, or a normalised photo (1, 3, S, S).
        token_to_unit: (T,) the unit of each step that the hybrid reads.
        feature_mask: (1, T) or (1, 1, S, S), the index of the unit of each feature.
        unit_names, grid, display, spans, warnings, box, normalised: those of the sample.
    """

    inputs: np.ndarray
    token_to_unit: np.ndarray
    feature_mask: np.ndarray
    unit_names: tuple[str, ...]
    grid: tuple[int, int] | None
    display: Any
    spans: tuple[tuple[int, int], ...] = ()
    warnings: tuple[str, ...] = field(default=())
    box: tuple[float, float, float, float] | None = None
    normalised: str | None = None

    @property
    def steps(self) -> int:
        """The number of steps, all of them real."""
        return len(self.token_to_unit)

    def sample(self) -> Sample:
        """Return the sample."""
        import torch

        return Sample(
            inputs=torch.from_numpy(self.inputs),
            mask=torch.ones(1, self.steps, dtype=torch.bool),
            feature_mask=torch.from_numpy(self.feature_mask),
            token_to_unit=torch.from_numpy(self.token_to_unit),
            unit_names=self.unit_names,
            grid=self.grid,
            display=self.display,
            spans=self.spans,
            warnings=self.warnings,
            box=self.box,
            normalised=self.normalised,
        )


class Reader(Protocol):
    """A callable that turns raw input into samples, and says how it was set up."""

    def __call__(self, source: Any, /) -> Sample:
        """Return one sample of batch size 1.

        Raises:
            InputError: for input that cannot be read.
        """

    def read(self, source: Any, /) -> Reading:
        """Return the same before it becomes tensors."""

    def preprocessing(self) -> dict[str, Any]:
        """Return the arguments from which `make_reader` makes the same reader again."""


def layout_of(grid: tuple[int, int] | None) -> Layout:
    """Return the layout of units that lie in a grid, or in a sequence where there is none."""
    return "sequence" if grid is None else "grid"
