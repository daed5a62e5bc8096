"""Search by pattern (LSTMVis, Strobelt et al. 2018): the stretches of texts during which given recurrent units stay
beyond a threshold together.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..checkpoints.cards import read_card
from ..checkpoints.store import Checkpoint
from ..data import InputError
from ..document import Document
from ..interpret.attribution import Report
from ..interpret.gates import memory_contributions
from ..interpret.trace import Trace
from .comparison import family
from .context import Context
from .service import context_of

_LEAST_COMMON = 0.5  # share of a pattern's units that a match must have
_MOST_OF_A_TEXT = 3


@dataclass(frozen=True)
class Pattern:
    """Recurrent units that stay beyond a threshold together.

    The sign of a unit is an accident of training: with its weights, and those of all that reads it, negated, the model
    is the same. So each unit has its own.

    Attributes:
        recurrence: its name, such as "lstm tokens 1".
        direction: 0 for the forward one, 1 for the backward one.
        quantity: a key of the section: "hidden", "cells", "contributions" or the name of a gate.
        signs: by unit, 1 where it stays above the threshold, -1 where it stays below the negative of that.
        threshold: above 0.
        steps: fewest steps of a match.
    """

    recurrence: str
    direction: int
    quantity: str
    signs: Mapping[int, int]
    threshold: float
    steps: int


@dataclass(frozen=True)
class Stretch:
    """Steps during which units of a pattern stay beyond its threshold.

    Attributes:
        first, last: steps, the last one exclusive.
        common: units of the pattern that do.
        others: number of units that do, and are none of the pattern's or have the other sign.
        score: Jaccard index of the pattern's units and all that do, 0-1.
    """

    first: int
    last: int
    common: tuple[int, ...]
    others: int
    score: float

    @property
    def rank(self) -> tuple[int, float]:
        """Sort key, as in LSTMVis: the largest intersection first, then the smallest union."""
        return -len(self.common), -self.score


@dataclass(frozen=True)
class Match:
    """A stretch of a text.

    Attributes:
        text: as it was read.
        span: start and end of the stretch in the text.
        stretch: the steps.
        own: true in the text whose pattern it is.
    """

    text: str
    span: tuple[int, int]
    stretch: Stretch
    own: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return what the page shows of it."""
        return {
            "text": self.text,
            "span": list(self.span),
            "units": list(self.stretch.common),
            "others": self.stretch.others,
            "score": round(self.stretch.score, 3),
            "own": self.own,
        }


def search_document(
    document: Document,
    pattern: Pattern,
    start: int,
    texts: Sequence[str] = (),
    report: Report = lambda share: None,
    most: int = 12,
) -> dict[str, Any]:
    """Search the text of a document, the examples of its model's family, and further texts.

    Args:
        start: step of the document at which the pattern was found; what overlaps it is no match.
        texts: further ones; those that the model cannot read are left out.
        report: is called with the share that is done, 0-1.
        most: number of matches.

    Returns:
        {"matches", "texts": number of those searched}.

    Raises:
        InputError: for a photo, for a pattern that does not fit the model, and see `context_of`.
    """
    if document.input.text is None:
        raise InputError("Only texts can be searched.")
    context = context_of(document)
    found = [
        Match(match.text, match.span, match.stretch, own=True)
        for match in _matches(context, pattern)
        if match.stretch.last <= start or match.stretch.first >= start + pattern.steps
    ]
    others = [
        text for text in dict.fromkeys((*example_texts(document.model.name), *texts)) if text != document.input.text
    ]
    matches, read = search(context.checkpoint, others, pattern, report)
    ranked = sorted([*found, *matches], key=lambda match: match.stretch.rank)
    return {"matches": [match.as_dict() for match in ranked[:most]], "texts": read + 1}


def search(
    checkpoint: Checkpoint, texts: Sequence[str], pattern: Pattern, report: Report = lambda share: None
) -> tuple[list[Match], int]:
    """Return the matches in texts, the best first, and the number of texts that could be read.

    Raises:
        InputError: for a pattern that does not fit the model.
    """
    matches, read = [], 0
    for done, text in enumerate(texts):
        report(done / len(texts))
        try:
            sample = checkpoint.reader(text)
        except InputError:  # it has no word that the model knows
            continue
        read += 1
        matches += _matches(Context(checkpoint, sample), pattern)
    return sorted(matches, key=lambda match: match.stretch.rank), read


def example_texts(model: str, folder: Path | None = None) -> tuple[str, ...]:
    """Return the examples on the cards of a text model's family, each once; `folder` is that of the checkpoints."""
    texts = (text for name in family(model, folder) for text in read_card(name, folder).get("examples", ()))
    return tuple(dict.fromkeys(texts))


def stretches(values: np.ndarray, pattern: Pattern) -> list[Stretch]:
    """Return the stretches of one text, the best first, none overlapping a better one.

    Each is as long as the units that it has in common with the pattern stay beyond the threshold.

    Args:
        values: (T, U).
    """
    count = values.shape[1]
    active = np.concatenate([values >= pattern.threshold, values <= -pattern.threshold], 1)  # (T, 2U), by sign
    wanted = np.array([unit if sign > 0 else unit + count for unit, sign in pattern.signs.items()], dtype=int)
    if len(values) < pattern.steps or not len(wanted):
        return []
    windows = np.lib.stride_tricks.sliding_window_view(active, pattern.steps, axis=0)
    found = set()
    for start, during in enumerate(np.asarray(windows.all(-1))):  # (windows, 2U)
        common = wanted[during[wanted]]
        if len(common) and len(common) >= _LEAST_COMMON * len(wanted):
            found.add(_grown(active, start, start + pattern.steps, wanted, common))
    kept: list[Stretch] = []
    for stretch in sorted(found, key=lambda each: (each.rank, each.first)):
        if all(stretch.last <= other.first or stretch.first >= other.last for other in kept):
            kept.append(stretch)
    return kept


def _grown(active: np.ndarray, first: int, last: int, wanted: np.ndarray, common: np.ndarray) -> Stretch:
    """Return the longest stretch around first to last during which units stay active; active (T, 2U)."""
    together = np.asarray(active[:, common].all(1))  # (T,)
    while first > 0 and together[first - 1]:
        first -= 1
    while last < len(together) and together[last]:
        last += 1
    during = int(active[first:last].all(0).sum())
    union = during + len(wanted) - len(common)
    units = tuple(sorted(int(index) % (active.shape[1] // 2) for index in common))
    return Stretch(first, last, units, during - len(common), len(common) / union)


def _matches(context: Context, pattern: Pattern) -> list[Match]:
    """Return the best matches in the text of a context."""
    sample = context.sample
    words = sample.token_to_unit.tolist()
    found = stretches(_values(context.trace, pattern), pattern)
    return [
        Match(sample.display, (sample.spans[words[each.first]][0], sample.spans[words[each.last - 1]][1]), each)
        for each in found[:_MOST_OF_A_TEXT]
    ]


def _values(trace: Trace, pattern: Pattern) -> np.ndarray:
    """Return (T, U) values of the quantity that a pattern is about.

    Raises:
        InputError: for a recurrence, direction, quantity or unit that the model does not have.
    """
    gates = trace.gates.get(pattern.recurrence)
    if gates is None:
        raise InputError(f"There is no recurrence {pattern.recurrence[:60]!r}: there is {', '.join(trace.gates)}.")
    arrays = {"hidden": trace.states[pattern.recurrence], "cells": gates.cells, **gates.gates}
    if pattern.quantity == "contributions":
        arrays["contributions"] = memory_contributions(gates)
    array = arrays.get(pattern.quantity)
    if array is None or pattern.direction not in (0, 1):
        raise InputError(f"There is no {pattern.quantity[:60]!r} of {pattern.recurrence} in this direction.")
    if not all(0 <= unit < array.shape[-1] for unit in pattern.signs):
        raise InputError(f"There are {array.shape[-1]} units: there is none beyond them.")
    return array[:, pattern.direction].numpy()
