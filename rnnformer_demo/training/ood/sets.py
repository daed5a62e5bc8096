"""What an OOD signal is fitted to, chosen on and tested on: inputs of several origins, in batches."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from torch import Tensor

FITTED_MOST = 5_000  # inputs of the training part
TESTED_MOST = 1_000  # inputs of any other set
SEED = 0  # of all that is drawn

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class InputSet:
    """Some inputs of one origin.

    Attributes:
        name: of the data set.
        batches: reads them anew: inputs and masks (B, T), as `Hybrid.forward` takes them.
    """

    name: str
    batches: Callable[[], Iterator[Batch]]


@dataclass(frozen=True)
class OODSets:
    """What a signal is fitted to, chosen on and tested on.

    Attributes:
        training: part of what the model was trained on.
        held_out: parts of what it was selected on, one of each source; they share nothing with `training`.
        inside: tests of the model's own kind.
        select: of another kind, on which the signal is chosen.
        far, near: tests of other kinds.
    """

    training: InputSet
    held_out: list[InputSet]
    inside: list[InputSet]
    select: list[InputSet]
    far: list[InputSet]
    near: list[InputSet]


@dataclass(frozen=True, kw_only=True)
class OODSources:
    """Where the inputs lie: tables of labelled texts for a text model, folders or zips of photos for an image model.

    Attributes:
        data: what the model was trained on.
        without: files whose texts are left out of it.
        drop: classes of photos that training left out: those in `data` are of another kind to select on, those in
            `inside` a far set.
        inside, select, far, near: see `OODSets`.
        shuffled: test on the texts of `inside` with their words in random order too, as a near set.
    """

    data: Sequence[str]
    without: Sequence[str] = ()
    drop: Sequence[str] = ()
    inside: Sequence[str]
    select: Sequence[str] = ()
    far: Sequence[str] = ()
    near: Sequence[str] = ()
    shuffled: bool = False


def drawn(rows: Sequence, most: int = TESTED_MOST) -> list:
    """At most so many of them, by the seed."""
    return random.Random(SEED).sample(rows, min(most, len(rows)))
