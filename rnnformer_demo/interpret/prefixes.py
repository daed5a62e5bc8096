"""Predictions of a hybrid on every prefix and every suffix of its input.

A hidden state of a bidirectional model knows the future, so nothing can be read off the whole pass: each part is run as
an input of its own. All of them share one embedding, or one pass through the CNN, and go through the core in batches.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from ..data import Sample
from ..models import Hybrid
from ..nn.hooks import give_way, locked
from .cost import Size

_MOST, _LEAST, _SHORT = 64, 16, 128  # parts of a scan of a short text and of a long one, and how long the first may be
_TOKENS_PER_PASS = 2048  # padding included; with more of them a pass is slower for each token, and takes more memory


@dataclass(frozen=True)
class PrefixLogits:
    """Logits of a model on growing parts of an input. Detached, on the CPU.

    Attributes:
        scan: growth of the parts, such as "from the start" or "rows from the top".
        names: (n) the word or the line of the grid that each part adds to the one before.
        positions: (n,) number of words or lines of each part; the last part is the whole input.
        steps: (n,) number of tokens of each part, for `Checkpoint.probabilities`.
        logits: (n, C).
    """

    scan: str
    names: tuple[str, ...]
    positions: Tensor
    steps: Tensor
    logits: Tensor


@dataclass(frozen=True)
class Decision:
    """Course of the predicted class along one scan; places are indices into the arrays of its `PrefixLogits`.

    Attributes:
        classes: (n) class of the highest logit on each part.
        flips: places at which it differs from that of the part before.
        stable_from: place from which on it stays the final one; 0 where it never changes.
    """

    classes: tuple[int, ...]
    flips: tuple[int, ...]
    stable_from: int


@dataclass(frozen=True)
class _Scan:
    """Parts of an input along one scan: the steps of each, as indices (n, T) with -1 for padding."""

    name: str
    names: tuple[str, ...]
    positions: Tensor
    parts: Tensor


@torch.no_grad()
def prefix_predictions(model: Hybrid, sample: Sample, most: int | None = None) -> tuple[PrefixLogits, ...]:
    """Run a model on growing parts of an input: a sequence from its start and from its end, word by word; a grid from
    each of its four sides, row by row or column by column.

    Args:
        model: in eval mode.
        most: largest number of parts of a scan, at least 1; of more words evenly spaced ones are run, the
            whole input always among them. By default 64, and of more than 128 tokens fewer, down to 16: the work grows
            with the square of the length.

    Returns:
        The logits along each scan: two for a sequence, four for a grid.

    Raises:
        ValueError: for less than one part.
    """
    if most is None:
        most = _default_most(sample.mask.shape[1])
    if most < 1:
        raise ValueError(f"most must be at least 1, got {most}")
    grid = cast("tuple[int, int]", sample.grid)
    scans = [*(_lines(grid, most) if sample.layout == "grid" else _words(sample, most))]
    parts = torch.cat([scan.parts for scan in scans])
    with locked():
        logits = _run(model, model.token_vectors(sample.inputs)[0], parts).cpu()
    steps = (parts >= 0).sum(1)
    counts = [len(scan.names) for scan in scans]
    return tuple(
        PrefixLogits(scan.name, scan.names, scan.positions, own_steps, own_logits)
        for scan, own_steps, own_logits in zip(scans, steps.split(counts), logits.split(counts), strict=True)
    )


def cost_of_prefixes(size: Size) -> float:
    """Return the cost of all parts of an input of this size."""
    if size.layout == "grid":
        return size.whole(1) + size.above(4 * math.isqrt(size.units))
    return size.above(
        min(size.units, _default_most(size.steps))
    )  # two scans, of parts that are half as long on average


def _default_most(steps: int) -> int:
    return min(_MOST, max(_LEAST, _MOST * _SHORT // steps))


def flips(prefixes: PrefixLogits) -> Decision:
    """Return the course of the predicted class along a scan.

    Calibration does not change it: it divides the logits of a part by one number above 0.
    """
    classes = prefixes.logits.argmax(1)
    changes = ((classes[1:] != classes[:-1]).nonzero()[:, 0] + 1).tolist()
    return Decision(tuple(classes.tolist()), tuple(changes), changes[-1] if changes else 0)


def _positions(count: int, most: int) -> Tensor:
    """Return at most so many of 1 to `count`, evenly spaced, the last one always among them."""
    size = min(count, most)
    return (torch.arange(1, size + 1) * count + size - 1) // size


def _words(sample: Sample, most: int) -> Iterator[_Scan]:
    """Yield both scans of a sequence, in whole words: one that is cut in two would be two others to the model."""
    units = sample.token_to_unit[sample.mask[0].cpu()]  # (T,)
    count = int(units[-1]) + 1
    positions = _positions(count, most)
    ends = torch.searchsorted(units, positions)  # numbers of tokens of the first words
    names = tuple(sample.unit_names[position - 1] for position in positions.tolist())
    parts = [torch.arange(end) for end in ends.tolist()]
    yield _Scan("from the start", names, positions, pad_sequence(parts, True, -1))
    starts = torch.searchsorted(units, count - positions)
    names = tuple(sample.unit_names[count - position] for position in positions.tolist())
    parts = [torch.arange(start, len(units)) for start in starts.tolist()]
    yield _Scan("from the end", names, positions, pad_sequence(parts, True, -1))


def _lines(grid: tuple[int, int], most: int) -> Iterator[_Scan]:
    """Yield the four scans of a grid: a part lies in the upper left corner, as a grid of its own would; the rest is
    padding."""
    cells = torch.arange(grid[0] * grid[1]).view(grid)
    for line, axis, sides in (("row", 0, ("top", "bottom")), ("column", 1, ("left", "right"))):
        count = grid[axis]
        positions = _positions(count, most)
        for side in sides:
            first = side == sides[0]
            parts = torch.full((len(positions), *grid), -1)
            for part, position in zip(parts, positions.tolist(), strict=True):
                start = 0 if first else count - position
                part.narrow(axis, 0, position).copy_(cells.narrow(axis, start, position))
            last = positions if first else count + 1 - positions
            names = tuple(f"{line} {number}" for number in last.tolist())
            yield _Scan(f"{line}s from the {side}", names, positions, parts.flatten(1))


def _run(model: Hybrid, tokens: Tensor, parts: Tensor) -> Tensor:
    """Return logits (n, C) for parts (n, T) of the tokens (T, D), those of a length together."""
    lengths = (parts >= 0).sum(1)
    order = lengths.argsort(descending=True, stable=True)
    logits, done = [], 0
    while done < len(order):
        longest = parts.shape[1] if model.layout == "grid" else int(lengths[order[done]])  # a grid keeps its shape
        rows = order[done : done + max(1, _TOKENS_PER_PASS // longest)]
        batch = parts[rows, :longest].to(tokens.device)
        give_way()
        logits.append(model.classify_tokens(tokens[batch.clamp(min=0)], batch >= 0))
        done += len(rows)
    return torch.cat(logits)[order.argsort()]
