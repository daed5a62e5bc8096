"""Plots of claims as figures, and in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..evaluation.claims.lab.result import Plot, Point, Series

# Okabe and Ito's colours, apart for colour-blind eyes.
_COLOURS = ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#000000")
_MARKERS = "osD^vPX*"
_WIDTH, _HEIGHT, _ROW = 6.4, 3.6, 0.2  # inches; of a row of the legend
_COLUMNS = 2  # of the legend


def draw(plot: Plot) -> Figure:
    """Return a figure: lines over numbers, points over categories, with their intervals."""
    from matplotlib.figure import Figure

    legend = _ROW * -(-len(plot.series) // _COLUMNS)
    height = _HEIGHT + legend
    figure = Figure(figsize=(_WIDTH, height))
    ax = figure.add_axes((0.17, (0.95 + legend) / height, 0.8, (_HEIGHT - 1.4) / height))
    ax.set_title(plot.title, fontsize=10, loc="left")
    categories = list(dict.fromkeys(point.x for series in plot.series for point in series.points))
    named = any(isinstance(x, str) for x in categories)
    for number, series in enumerate(plot.series):
        shift = 0.6 * (number + 0.5) / len(plot.series) - 0.3
        places = [categories.index(point.x) + shift if named else point.x for point in series.points]
        _line(ax, series, places, number, "" if named else "-")
    if named:
        ax.set_xticks(range(len(categories)), [str(name) for name in categories], fontsize=7, rotation=12, ha="right")
    if plot.log_x:
        ax.set_xscale("log", base=2)
    ax.set_yscale("log" if plot.log_y else "linear")
    ax.set_xlabel(plot.x_label, fontsize=8)
    ax.set_ylabel(plot.y_label, fontsize=8)
    ax.grid(color="0.9")
    ax.tick_params(labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="lower left", ncols=_COLUMNS, fontsize=7, frameon=False)
    return figure


def _line(ax: Axes, series: Series, places: Sequence[Any], number: int, style: str) -> None:
    values = [point.y for point in series.points]
    ends = [
        [max(0.0, point.y - _end(point, point.low)) for point in series.points],
        [max(0.0, _end(point, point.high) - point.y) for point in series.points],
    ]
    colour, marker = _COLOURS[number % len(_COLOURS)], _MARKERS[number // len(_COLOURS) % len(_MARKERS)]
    ax.errorbar(
        places, values, ends, label=series.name, color=colour, marker=marker, markersize=3, linestyle=style, capsize=2
    )


def _end(point: Point, end: float | None) -> float:
    return point.y if end is None else end


def words(plot: Plot) -> str:
    """Return the figure in words: the ends of each series, or all of its points over categories."""
    parts = []
    for series in plot.series:
        points = series.points
        some = points if isinstance(points[0].x, str) or len(points) < 3 else (points[0], points[-1])
        parts.append(f"{series.name}: " + ", ".join(f"{_short(point.y)} at {_short(point.x)}" for point in some))
    return f"{plot.title}; {plot.y_label} by {plot.x_label}. " + "; ".join(parts) + "."


def _short(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.3g}"
