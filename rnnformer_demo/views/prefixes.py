"""How the probability of the explained class goes while more and more of the input is read."""

from collections.abc import Sequence
from itertools import cycle

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..analysis.comparison import ModelComparison
from ..analysis.inquiry import PrefixTrajectory
from ..analysis.service import Analysis
from .canvas import WIDTH, blank, label_steps, room, titled

# Okabe & Ito's colours and different marks: the curves are told apart without colour, too.
_LINES = (("#0072b2", "o"), ("#d55e00", "s"), ("#009e73", "^"), ("#cc79a7", "D"))


def beliefs_figure(analysis: Analysis, courses: Sequence[PrefixTrajectory]) -> Figure:
    """A curve for each scan. Over words both run on one axis: the one from the end is read from right to left. Over a
    photo the axis counts rows or columns. A ring marks where the label changes."""
    title = titled(analysis, f"probability of “{analysis.target}” after each part")
    return _curves(title, analysis, {course.belief.scan: course for course in courses})


def comparison_figure(sides: Sequence[ModelComparison]) -> Figure:
    """A curve for each model: its belief in the class that all explain, along the first scan."""
    first = sides[0]
    title = f"probability of “{first.analysis.target}”, read {first.courses[0].belief.scan}"
    return _curves(title, first.analysis, {side.analysis.prediction.model: side.courses[0] for side in sides})


def _curves(title: str, analysis: Analysis, courses: dict[str, PrefixTrajectory]) -> Figure:
    """A curve for each course, under its name: the probability of the explained class."""
    names, over_words = analysis.sample.unit_names, analysis.sample.grid is None
    bottom = 0.1 + room(names) if over_words else 0.55
    figure, ax, _ = blank(title, WIDTH, 2.9 + bottom, left=0.65, right=0.2, bottom=bottom)
    for (name, course), (colour, mark) in zip(courses.items(), cycle(_LINES), strict=False):
        places = _places(course, len(names), over_words)
        shares = course.probabilities[:, course.labels.index(analysis.target)].tolist()
        ax.plot(places, shares, color=colour, marker=mark, markersize=3, linewidth=1.4, label=name)
        rings = [places[index] for index in course.flips], [shares[index] for index in course.flips]
        ax.plot(*rings, "o", color=colour, markersize=9, fillstyle="none")
    _dress(ax)
    if over_words:
        label_steps(ax.xaxis, list(names))
    else:
        ax.set_xlabel("rows or columns read")
    return figure


def _places(course: PrefixTrajectory, words: int, over_words: bool) -> list[int]:
    """Where on the axis each part ends."""
    positions = course.belief.positions.tolist()
    if not over_words:
        return positions
    forward = course.belief.scan == "from the start"
    return [position - 1 if forward else words - position for position in positions]


def _dress(ax: Axes) -> None:
    ax.set_ylim(-0.02, 1.02)
    ax.set_ylabel("probability")
    ax.grid(axis="y", color="0.9")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=8, frameon=False, loc="best")
