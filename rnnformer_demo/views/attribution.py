"""The scores of the attribution: bars for words, an overlay for a photo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..document import Attribution, Document, require
from .phrases import joined, ood_sentence, strongest_scores
from .registry import Choices, View, register

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BARS = 24


def caption(document: Document, choices: Choices) -> str:
    """Return the strongest scores, the method's help, what its scores add up to, and a warning of a foreign input."""
    attribution, ood = require(document.attribution, "attribution"), document.prediction.ood
    warning = ood_sentence(document) if ood is not None and not ood.in_domain else ""
    return joined([strongest_scores(document, attribution), warning, attribution.help, *_sums(attribution)])


def _sums(attribution: Attribution) -> Iterator[str]:
    """Yield a sentence on what the scores add up to, where their method promises something."""
    gap, of_biases = attribution.completeness_gap, attribution.bias_relevance
    if gap is not None:
        yield f"Completeness gap {gap:.2%}, the share of that change that the scores miss."
    if of_biases is not None:
        total = sum(attribution.scores)
        yield f"Scores {total:+.2f} and biases {of_biases:+.2f} add up to the logit, {total + of_biases:+.2f}."


def figure(document: Document, choices: Choices) -> Figure:
    """Draw the scores: bars for words, an overlay for a photo."""
    from .canvas import WIDTH, blank, photo_figure, room, titled

    attribution = require(document.attribution, "attribution")
    title = titled(document, f"{attribution.method} for “{attribution.target}”")
    names = document.input.unit_names
    if attribution.grid:
        drawn, ax, bar = photo_figure(title)
        _draw_photo_scores(ax, bar, document, attribution)
    else:
        count = min(len(names), _BARS)
        drawn, ax, _ = blank(title, WIDTH, 1.6 + 0.2 * max(count, 8), room(names), right=0.3, bottom=0.65)
        _draw_word_scores(ax, names, attribution)
    return drawn


def _draw_word_scores(ax: Axes, names: tuple[str, ...], attribution: Attribution) -> None:
    from .canvas import AGAINST_COLOUR, FOR_COLOUR, plain, short

    scores = np.array(attribution.scores)
    order = sorted(np.argsort(-np.abs(scores), kind="stable")[:_BARS].tolist())
    values = [attribution.scores[index] for index in order]
    ax.barh(
        range(len(order)), values, height=0.75, color=[FOR_COLOUR if value > 0 else AGAINST_COLOUR for value in values]
    )
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.set_yticks(range(len(order)), [short(names[index]) for index in order], fontsize=8)
    ax.invert_yaxis()
    ax.axvline(0, color="0.3", linewidth=0.8)
    more = f" (the {_BARS} strongest of {len(scores)} words)" if len(scores) > _BARS else ""
    ax.set_xlabel(plain(_score_label(attribution)) + more)


def _score_label(attribution: Attribution) -> str:
    return f"against ←  {attribution.scale}  → for" if attribution.signed else f"{attribution.scale} →"


def _draw_photo_scores(ax: Axes, bar: Axes, document: Document, attribution: Attribution) -> None:
    from .canvas import DIVERGING, overlay

    scores = np.array(attribution.scores, dtype=np.float32).reshape(attribution.grid)
    # A few extreme pixels would leave all others white: the scale ends at the 99.5th percentile.
    top = float(np.percentile(np.abs(scores), 99.5 if scores.size > 1000 else 100)) or 1.0
    overlay(ax, bar, document, scores, DIVERGING, _score_label(attribution), top)


register(
    View(
        name="attribution",
        title="Attribution",
        help="What the decision rests on: blue speaks for the class, orange against it.",
        sections=("input", "attribution"),
        caption=caption,
        figure=figure,
        place=30,
    )
)
