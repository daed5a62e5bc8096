"""The probability of the explained class after growing parts of the input."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from ..document import Document, Trajectory, require
from .phrases import joined
from .registry import Choices, View, register

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe & Ito's colours and different marks: the curves are told apart without colour, too.
_LINES = (("#0072b2", "o"), ("#d55e00", "s"), ("#009e73", "^"), ("#cc79a7", "D"))
_Curve = tuple[Trajectory, np.ndarray]  # with the probability of a class after each part


def probabilities_of(trajectory: Trajectory, labels: tuple[str, ...], label: str) -> np.ndarray:
    """Return (parts,) the probability of one class after each part, 0-1."""
    return trajectory.probabilities.numpy()[:, labels.index(label)]


def trajectory_sentence(trajectory: Trajectory, labels: tuple[str, ...]) -> str:
    """Return how the prediction goes along one scan: its flips, and from where on it is stable."""
    last = trajectory.probabilities.numpy()[-1]
    final, probability = labels[int(last.argmax())], f"in the end with a probability of {last.max():.1%}."
    place = trajectory.names[trajectory.stable_from]
    if not trajectory.flips:
        sentence = f"Read {trajectory.scan}: {final} from {place} on, {probability}"
    else:
        turns = "once" if len(trajectory.flips) == 1 else f"{len(trajectory.flips)} times"
        sentence = f"Read {trajectory.scan}: the label flips {turns}; it is {final} from {place} on, {probability}"
    return joined([sentence, trajectory.left_out])


def caption(document: Document, choices: Choices) -> str:
    """Return a sentence for each scan."""
    sentences = (trajectory_sentence(scan, document.model.labels) for scan in require(document.prefixes, "prefixes"))
    return joined(["Predictions on prefixes and suffixes.", *sentences])


def figure(document: Document, choices: Choices) -> Figure:
    """Draw a curve for each scan, with a ring where the label flips.

    Over words all scans run on one axis: the one from the end is read from right to left. Over a photo the axis counts
    rows or columns.
    """
    title = f"probability of “{document.target}” after each part"
    curves = {
        trajectory.scan: (trajectory, probabilities_of(trajectory, document.model.labels, document.target))
        for trajectory in require(document.prefixes, "prefixes")
    }
    return draw_trajectories(document, title, curves)


def draw_trajectories(document: Document, title: str, curves: Mapping[str, _Curve]) -> Figure:
    """Draw trajectories under their names, each with the probability of a class after every part."""
    from .canvas import WIDTH, blank, label_steps, plain, room, titled

    names, over_words = document.input.unit_names, document.input.grid is None
    bottom = 0.1 + room(names) if over_words else 0.55
    drawn, ax, _ = blank(titled(document, title), WIDTH, 2.9 + bottom, left=0.65, right=0.2, bottom=bottom)
    for (name, (trajectory, shares)), (colour, mark) in zip(curves.items(), cycle(_LINES), strict=False):
        places = _places(trajectory, len(names), over_words)
        ax.plot(places, shares, color=colour, marker=mark, markersize=3, linewidth=1.4, label=plain(name))
        rings = [places[index] for index in trajectory.flips], [shares[index] for index in trajectory.flips]
        ax.plot(*rings, "o", color=colour, markersize=9, fillstyle="none")
    _dress(ax)
    if over_words:
        label_steps(ax.xaxis, names)
    else:
        ax.set_xlabel("rows or columns read")
    return drawn


def _places(trajectory: Trajectory, words: int, over_words: bool) -> list[int]:
    """Return where on the axis each part ends."""
    if not over_words:
        return list(trajectory.positions)
    forward = trajectory.scan == "from the start"
    return [position - 1 if forward else words - position for position in trajectory.positions]


def _dress(ax: Axes) -> None:
    ax.set_ylim(-0.02, 1.02)
    ax.set_ylabel("probability")
    ax.grid(axis="y", color="0.9")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=8, frameon=False, loc="best")


register(
    View(
        name="prefixes",
        title="Predictions on the way",
        help="The prediction on growing parts of the input, from either end; a ring marks a flip of the label.",
        sections=("input", "prefixes"),
        caption=caption,
        figure=figure,
        place=70,
    )
)
