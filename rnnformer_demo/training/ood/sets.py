"""Inputs of several origins, in batches: a detector is fitted to, chosen on and tested on them."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from torch import Tensor

FITTED_MOST = 5_000  # photos of the training part
TESTED_MOST = 1_000  # inputs of any other set
SEED = 0  # of all that is drawn

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class InputSet:
    """Some inputs of one origin.

    Attributes:
        name: of the data set.
        batches: reads them anew: inputs and masks (B, T), as `Hybrid.forward` takes them.
        texts: the texts, in any order; none for photos.
    """

    name: str
    batches: Callable[[], Iterator[Batch]]
    texts: tuple[str, ...] = ()


@dataclass(frozen=True)
class OODSets:
    """Inputs that a detector is fitted to, chosen on and tested on.

    Attributes:
        training: part of what the model was trained on.
        held_out: parts of what it was selected on, one of each source and form; they share nothing with `training`.
        in_distribution: tests of the model's own kind.
        selection: of another kind, on which the detector is chosen.
        far, near: tests of other kinds.
        exposure: of the kinds of `selection`, which the detector is shown; they share nothing with it.
        pieces: tests of the model's own kind: clauses and phrases of `in_distribution`, by form.
        elsewhere: labelled inputs that the model knows nothing of, by data set and class, to tell what a flag is worth.
        touched: names of tests whose figures were in view when settings were made; cards mark them.
    """

    training: InputSet
    held_out: list[InputSet]
    in_distribution: list[InputSet]
    selection: list[InputSet]
    far: list[InputSet]
    near: list[InputSet]
    exposure: list[InputSet] = field(default_factory=list)
    pieces: list[InputSet] = field(default_factory=list)
    elsewhere: dict[str, dict[int, InputSet]] = field(default_factory=dict)
    touched: tuple[str, ...] = ()


def drawn(rows: Sequence, most: int = TESTED_MOST) -> list:
    """Return at most so many of the rows, by the seed."""
    return random.Random(SEED).sample(rows, min(most, len(rows)))
