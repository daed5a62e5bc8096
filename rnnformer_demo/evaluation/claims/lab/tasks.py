"""Made tasks over tokens, each with a rule that one ability decides. Ids (B, T) and labels (B,) are drawn anew."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

FIRST = 2  # ids 0 and 1 are padding and the unknown token
VOCABULARY = 40
_FILLERS = 20  # ids above it carry nothing
_DEEPEST = 4  # brackets that are open at once
Drawn = tuple[Tensor, Tensor]  # ids (B, T), labels (B,)


@dataclass(frozen=True)
class Task:
    """A task.

    Attributes:
        rule: what the label is, in a sentence.
    """

    name: str
    labels: int
    rule: str
    draw: Callable[[int, int, torch.Generator], Drawn]


def _fillers(count: int, length: int, generator: torch.Generator) -> Tensor:
    return torch.randint(_FILLERS, VOCABULARY, (count, length), generator=generator)


def _brackets(count: int, length: int, generator: torch.Generator) -> Drawn:
    ids, innermost = torch.empty(count, length, dtype=torch.long), torch.empty(count, dtype=torch.long)
    draws = torch.rand(count, length, 2, generator=generator)
    for row, choices in enumerate(draws.tolist()):
        opened: list[int] = []
        for step, (closes, kind) in enumerate(choices):
            if len(opened) == _DEEPEST or (len(opened) > 1 and closes < 0.5):
                ids[row, step] = FIRST + 2 + opened.pop()
            else:
                opened.append(int(kind < 0.5))
                ids[row, step] = FIRST + opened[-1]
        innermost[row] = opened[-1]
    return ids, innermost


def _copying(count: int, length: int, generator: torch.Generator) -> Drawn:
    symbols = torch.randint(4, (count, length), generator=generator)
    return FIRST + symbols, symbols[:, 0]


def _majority(count: int, length: int, generator: torch.Generator) -> Drawn:
    bits = torch.randint(2, (count, length), generator=generator)
    bits[:, 0] = torch.where(2 * bits[:, 1:].sum(1) == length, 0, bits[:, 0])  # no ties
    return FIRST + bits, (2 * bits.sum(1) > length).long()


def _recall(count: int, length: int, generator: torch.Generator) -> Drawn:
    pairs, keys = (length - 1) // 2, 8
    order = torch.rand(count, keys, generator=generator).argsort(1)[:, : min(pairs, keys)]  # keys that differ
    values = torch.randint(2, order.shape, generator=generator)
    ids = _fillers(count, length, generator)
    starts = torch.rand(count, pairs, generator=generator).argsort(1)[:, : order.shape[1]] * 2  # where pairs begin
    ids.scatter_(1, starts, FIRST + order).scatter_(1, starts + 1, FIRST + keys + values)
    asked = torch.randint(order.shape[1], (count, 1), generator=generator)
    ids[:, -1] = FIRST + order.gather(1, asked)[:, 0]
    return ids, values.gather(1, asked)[:, 0]


def _negation(count: int, length: int, generator: torch.Generator) -> Drawn:
    """Draw a polar word, and in two texts of three a negation; it counts before the word alone, however far away."""
    ids = _fillers(count, length, generator)
    places = torch.rand(count, length, generator=generator).argsort(1)[:, :2]  # of the word and of the negation
    word = torch.randint(8, (count,), generator=generator)
    negated = torch.rand(count, generator=generator) < 2 / 3
    ids.scatter_(1, places[:, :1], FIRST + word[:, None])
    ids[negated] = ids[negated].scatter(1, places[negated, 1:], FIRST + 8)
    flips = negated & (places[:, 1] < places[:, 0])
    return ids, (word % 2) ^ flips.long()


TASKS = {
    task.name: task
    for task in (
        Task("brackets", 2, "the kind of the innermost bracket that is still open", _brackets),
        Task("copying", 4, "the first of the symbols", _copying),
        Task("majority", 2, "whether there are more ones than zeros", _majority),
        Task("recall", 2, "the value that stands after the key that is asked for", _recall),
        Task("negation", 2, "the polarity of a word, turned by a negation before it, however far", _negation),
    )
}
