"""The architecture: the parts of this very model, in the order in which the data passes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from ..document import Architecture, Document
from ..nn.cells import CELLS
from .phrases import counted
from .registry import Choices, View, register

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BACKBONES = {"efficientnet_lite0": "EfficientNet-Lite0"}
_UNKNOWN = "This document does not say how its model is built."
_BOX, _GAP, _TITLE, _LEFT = 0.5, 0.22, 0.42, 0.7  # inches
_TOKENS = 1  # index of the step that makes tokens
_FILL, _EDGE, _FAINT = "#eff9f8", "#155b5c", "0.35"


@dataclass(frozen=True)
class Step:
    """A part of a model.

    Attributes:
        title: its name.
        detail: sizes of the part, "" for none.
        shape: of what leaves it, "12 × 128"; "" for the last one.
        parts: titles of what stands side by side in it.
        residual: whether its input is added to its output.
        from_step: index of the step whose output is added to what comes in; None for none.
        weighted: whether it has weights.
    """

    title: str
    detail: str
    shape: str
    parts: tuple[str, ...] = ()
    residual: bool = False
    from_step: int | None = None
    weighted: bool = True

    @property
    def height(self) -> float:
        """Inches on the figure."""
        return _BOX + 0.32 if self.parts else _BOX


def steps(document: Document) -> tuple[Step, ...]:
    """Return the parts of the document's model, from the input to the classes; () where it does not tell them."""
    architecture = document.model.architecture
    return () if architecture is None else tuple(_steps(document, architecture))


def _steps(document: Document, a: Architecture) -> Iterator[Step]:
    grid, labels = document.input.grid, document.model.labels
    tokens = " × ".join(map(str, grid)) if grid else f"{len(document.input.token_to_unit)}"
    read = f"{counted(grid[0], 'row')} of {counted(grid[1], 'cell')}" if grid else _words(document)
    yield Step("Photo" if grid else "Text", read, tokens, weighted=False)
    source = "a CNN" if a.backbone else f"{a.vocabulary or 0:,} entries"
    title = _BACKBONES.get(a.backbone, a.backbone) if a.backbone else "Embedding"
    yield Step(title, _sizes(a, "tokens", source), f"{tokens} × {a.token_width}")
    shape = f"{tokens} × {a.width}"
    if a.parameters.get("projection"):
        yield Step("Projection", _sizes(a, "projection"), shape)
    if a.positions:
        yield Step("Position encoding", "added", shape, weighted=False)
    yield from _blocks(a, shape)
    if a.corrects_backbone:
        detail = _sizes(a, "correction", "then the CNN's own head convolution")
        yield Step("Added to the CNN's grid", detail, f"{tokens} × {a.pooled_width}", from_step=_TOKENS)
    weighted = bool(a.parameters.get("pooling"))
    yield Step(f"{a.pooling.capitalize()} pooling", _sizes(a, "pooling"), f"{a.pooled_width}", weighted=weighted)
    hidden = f"hidden layers of {', '.join(map(str, a.head_layers))}" if a.head_layers else "linear"
    yield Step("Head", _sizes(a, "head", hidden), f"{len(labels)}")
    yield Step(f"{len(labels):,} classes", f"the answer: {document.prediction.label}", "", weighted=False)


def _words(document: Document) -> str:
    words, tokens = len(document.input.units), len(document.input.token_to_unit)
    return f"{counted(words, 'word')} as {counted(tokens, 'token')}"


def _blocks(a: Architecture, shape: str) -> Iterator[Step]:
    numbers: Counter[str] = Counter()
    for place, kind in enumerate(a.blocks, start=1):
        numbers[kind] += 1
        size = _sizes(a, f"block {place}", f"{a.units} units in either direction" if kind == "recurrent" else "")
        if kind == "recurrent":
            cells = zip(a.cells, a.scans, strict=True)
            parts = tuple(f"{CELLS[cell].title if cell in CELLS else cell} along {scan}" for cell, scan in cells)
            yield Step(f"Recurrent block {numbers[kind]}", size, shape, parts, a.residual)
        else:
            yield Step(f"Attention layer {numbers[kind]}", f"{counted(a.heads, 'head')}; {size}", shape, (), True)


def _sizes(a: Architecture, part: str, about: str = "") -> str:
    weights = a.parameters.get(part)
    return "; ".join(filter(None, [about, f"{weights:,} weights" if weights else ""]))


def caption(document: Document, choices: Choices) -> str:
    """Return the parts in their order, with the shape of what leaves them."""
    phrases = [_phrase(step) for step in steps(document)]
    if not phrases:
        return _UNKNOWN
    return f"{document.model.name} has {document.model.parameters:,} weights. {' → '.join(phrases)}."


def _phrase(step: Step) -> str:
    inside = ": " + " beside ".join(step.parts) if step.parts else ""
    return f"{step.title}{inside}{f' ({step.shape})' if step.shape else ''}"


def figure(document: Document, choices: Choices) -> Figure | None:
    """Return the parts as boxes from top to bottom; None for a document that does not tell them."""
    from .canvas import WIDTH, blank, titled

    parts = steps(document)
    if not parts:
        return None
    height = sum(step.height + _GAP for step in parts)
    title = titled(document, f"architecture; {document.model.parameters:,} weights")
    drawn, ax, _ = blank(title, WIDTH, height + _TITLE, left=0, right=0, bottom=0, top=_TITLE)
    ax.set_xlim(0, WIDTH)
    ax.set_ylim(height, -0.02)
    ax.set_axis_off()
    tops = [0.0, *accumulate(step.height + _GAP for step in parts)]
    for step, top in zip(parts, tops, strict=False):
        _draw(ax, step, top)
    for place, step in enumerate(parts):
        if step.from_step is not None:
            _draw_around(ax, WIDTH - _LEFT + 0.25, tops[step.from_step + 1] - _GAP / 2, tops[place] - _GAP / 3)
        if step.residual:
            _draw_around(ax, _LEFT - 0.25, tops[place] - _GAP / 2, tops[place + 1] - _GAP * 2 / 3)
    return drawn


def _draw_around(ax: Axes, x: float, start: float, end: float) -> None:
    """Draw the way around a part, at whose end what went that way is added."""
    from .canvas import WIDTH

    ax.plot([WIDTH / 2, x, x, WIDTH / 2], [start, start, end, end], color=_FAINT, linewidth=0.8)
    ax.text(x + (0.1 if x > WIDTH / 2 else -0.1), (start + end) / 2, "+", ha="center", va="center", color=_FAINT)


def _draw(ax: Axes, step: Step, top: float) -> None:
    """Draw the box of a part, and the arrow to the next one with the shape of what goes there."""
    from .canvas import WIDTH, short

    middle, bottom = WIDTH / 2, top + step.height
    _box(ax, _LEFT, top, WIDTH - 2 * _LEFT, step.height, _FILL if step.weighted else "white")
    title = top + (0.16 if step.detail else _BOX / 2)
    ax.text(middle, title, short(step.title, 60), ha="center", va="center", fontsize=10)
    ax.text(middle, top + 0.36, short(step.detail, 80), ha="center", va="center", fontsize=8)
    width = (WIDTH - 2 * _LEFT - 0.3) / max(1, len(step.parts))
    for place, part in enumerate(step.parts):
        _box(ax, _LEFT + 0.15 + place * width + 0.05, top + 0.48, width - 0.1, 0.26, "white")
        ax.text(_LEFT + 0.15 + (place + 0.5) * width, top + 0.61, part, ha="center", va="center", fontsize=8)
    if step.shape:
        ax.annotate("", (middle, bottom + _GAP), (middle, bottom), arrowprops={"arrowstyle": "->"})
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
        ax.text(middle + 0.1, bottom + _GAP / 2, step.shape, va="center", fontsize=8, color=_FAINT, bbox=behind)


def _box(ax: Axes, x: float, y: float, width: float, height: float, colour: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    style = "round,pad=0,rounding_size=0.05"
    ax.add_patch(FancyBboxPatch((x, y), width, height, boxstyle=style, facecolor=colour, edgecolor=_EDGE))


register(
    View(
        name="architecture",
        title="Architecture",
        help="The parts of this model, in the order in which the data passes them, with the shape of what leaves each.",
        sections=("model", "input", "prediction"),
        caption=caption,
        figure=figure,
        place=85,
    )
)
