"""The scores of an explanation: bars for words, an overlay for a photo."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.service import Analysis
from ..interpret.attribution import METHODS
from .canvas import AGAINST_COLOUR, DIVERGING, FOR_COLOUR, WIDTH, blank, overlay, photo_figure, room, short, titled

_BARS = 24


def attribution_figure(analysis: Analysis) -> Figure:
    """Scores of the explanation: bars for words, an overlay for a photo."""
    title = titled(analysis, f"{analysis.explanation.method} for “{analysis.target}”")
    if analysis.explanation.grid:
        figure, ax, bar = photo_figure(title)
        _draw_photo_scores(ax, bar, analysis)
    else:
        count = min(len(analysis.sample.unit_names), _BARS)
        left = room(analysis.sample.unit_names)
        figure, ax, _ = blank(title, WIDTH, 1.6 + 0.2 * max(count, 8), left, right=0.3, bottom=0.65)
        _draw_word_scores(ax, analysis)
    return figure


def _draw_word_scores(ax: Axes, analysis: Analysis) -> None:
    scores = analysis.explanation.scores
    order = sorted(scores.abs().argsort(descending=True)[:_BARS].tolist())
    values = [scores[index].item() for index in order]
    ax.barh(
        range(len(order)), values, height=0.75, color=[FOR_COLOUR if value > 0 else AGAINST_COLOUR for value in values]
    )
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)
    ax.set_yticks(range(len(order)), [short(analysis.sample.unit_names[index]) for index in order], fontsize=8)
    ax.invert_yaxis()
    ax.axvline(0, color="0.3", linewidth=0.8)
    more = f" (the {_BARS} strongest of {len(scores)} words)" if len(scores) > _BARS else ""
    ax.set_xlabel(_score_label(analysis) + more)


def _score_label(analysis: Analysis) -> str:
    method = METHODS[analysis.explanation.method]
    return f"against ←  {method.scale}  → for" if method.signed else f"{method.scale} →"


def _draw_photo_scores(ax: Axes, bar: Axes, analysis: Analysis) -> None:
    rows, columns = analysis.explanation.grid
    scores = analysis.explanation.scores.view(rows, columns).numpy()
    # A few extreme pixels would leave all others white: the scale ends at the 99.5th percentile.
    top = float(np.percentile(np.abs(scores), 99.5 if scores.size > 1000 else 100)) or 1.0
    overlay(ax, bar, analysis, scores, DIVERGING, _score_label(analysis), top)
