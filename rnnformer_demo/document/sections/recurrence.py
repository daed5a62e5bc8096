"""The section `recurrence`: states, gates and memory contributions, step by step."""

from dataclasses import dataclass

from ..arrays import Array


@dataclass(frozen=True)
class Contributor:
    """A step that wrote into a recurrent unit.

    Attributes:
        step: index of the token.
        share: its part of all that was written, with the sign of what it wrote: -1 to 1.
    """

    step: int
    share: float


@dataclass(frozen=True)
class FullestUnit:
    """The unit that holds most when a direction has read its last step, and who wrote it.

    Attributes:
        unit: 0 to U - 1.
        contributors: the strongest first.
    """

    unit: int
    contributors: tuple[Contributor, ...]


@dataclass(frozen=True)
class Recurrence:
    """One recurrence, forward and backward, step by step.

    Attributes:
        name: such as "lstm tokens 1".
        cell: kind of its cell, such as "lstm".
        hidden: (T, 2, U) hidden states of the forward and the backward direction, in the order of the tokens.
        cells: (T, 2, U) cell states; None for a cell that has none.
        gates: by name, (T, 2, U): gates in 0-1, "candidate" in -1 to 1. Recomputed exactly.
        contributions: (T, 2, U) memory contributions: what each step left in the memory as it is in the end.
        half_life: steps after which half of what a unit holds is left, median over units, of both directions; None for
            a unit that forgets nothing.
        saturation: by gate, shares of its values near the lower and the upper end of its range, 0-1.
        fullest: of both directions.
        gate_error: largest difference between the hidden states that follow from the gates and those of the network.
        left_out: sentences about what is missing here, and why.
    """

    name: str
    cell: str
    hidden: Array
    cells: Array | None
    gates: dict[str, Array]
    contributions: Array
    half_life: tuple[float | None, float | None]
    saturation: dict[str, tuple[float, float]]
    fullest: tuple[FullestUnit, FullestUnit]
    gate_error: float
    left_out: tuple[str, ...] = ()
