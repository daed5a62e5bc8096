"""The recurrence at every step: hidden states, cell states, gates and memory contributions, units by steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..document import Document, Recurrence, require
from .phrases import counted, joined, token_names
from .registry import Choices, Control, View, register

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HIDDEN, CELL, CONTRIBUTIONS = "hidden state", "cell state", "memory contributions"
DIRECTIONS = ("forward", "backward")
_MOST_CONTRIBUTORS = 3


def quantities(recurrence: Recurrence) -> tuple[str, ...]:
    """Return what can be shown of a recurrence: states, gates, candidate and memory contributions."""
    gates = (name if name == "candidate" else f"{name} gate" for name in recurrence.gates)
    return (HIDDEN, *([CELL] if recurrence.cells is not None else []), *gates, CONTRIBUTIONS)


def values_of(document: Document, choices: Choices) -> np.ndarray:
    """Return (T, U) values of one quantity of one recurrence in one direction.

    Raises:
        ValueError: for choices that the document does not have.
    """
    chosen = VIEW.check(document, choices)
    recurrence, quantity = _chosen_recurrence(document, chosen), chosen["quantity"]
    by_name = {HIDDEN: recurrence.hidden, CELL: recurrence.cells, CONTRIBUTIONS: recurrence.contributions}
    array = by_name[quantity] if quantity in by_name else recurrence.gates[quantity.removesuffix(" gate")]
    return require(array, quantity).numpy()[:, DIRECTIONS.index(chosen["direction"])]


def _chosen_recurrence(document: Document, chosen: Choices) -> Recurrence:
    recurrences = require(document.recurrence, "recurrence")
    return next(recurrence for recurrence in recurrences if recurrence.name == chosen["recurrence"])


def _recurrences(document: Document, choices: Choices) -> tuple[str, ...]:
    return tuple(recurrence.name for recurrence in require(document.recurrence, "recurrence"))


def _directions(document: Document, choices: Choices) -> tuple[str, ...]:
    return DIRECTIONS if document.recurrence else ()


def _quantities(document: Document, choices: Choices) -> tuple[str, ...]:
    return quantities(_chosen_recurrence(document, choices)) if document.recurrence else ()


def caption(document: Document, choices: Choices) -> str:
    """Return the quantity, the step of its largest change, the half-life, and what belongs to the quantity."""
    if require(document.recurrence, "recurrence") == ():
        return "This model has no recurrence, so there are no hidden states to show."
    chosen, values = VIEW.check(document, choices), values_of(document, choices)
    recurrence, quantity = _chosen_recurrence(document, chosen), chosen["quantity"]
    direction = DIRECTIONS.index(chosen["direction"])
    size = f"{counted(len(values), 'step')}, {counted(values.shape[1], 'unit')}"
    return joined(
        [
            f"{quantity.capitalize()} of {recurrence.name}, {chosen['direction']}: {size}.",
            _largest_change(document, values, direction),
            _half_life(recurrence.half_life[direction]),
            _contributors(document, recurrence, direction) if quantity == CONTRIBUTIONS else "",
            _saturation(recurrence, quantity),
            *recurrence.left_out,
        ]
    )


def _largest_change(document: Document, values: np.ndarray, direction: int) -> str:
    if len(values) < 2:
        return ""
    change = np.linalg.norm(np.diff(values, axis=0), axis=-1)
    # Between two steps the forward direction has read the second one, and the backward direction the first one.
    step = int(change.argmax()) + (1 if DIRECTIONS[direction] == "forward" else 0)
    return f"The largest change comes at {token_names(document)[step]}."


def _half_life(steps: float | None) -> str:
    if steps is None:
        return "Half-life without end (median over units): a unit forgets nothing."
    return f"Half-life {steps:.1f} steps (median over units): then half of what a unit holds is gone."


def _contributors(document: Document, recurrence: Recurrence, direction: int) -> str:
    fullest, names = recurrence.fullest[direction], token_names(document)
    shares = ", ".join(f"{names[each.step]} ({each.share:+.0%})" for each in fullest.contributors[:_MOST_CONTRIBUTORS])
    return f"Unit {fullest.unit} holds most in the end; its top contributors: {shares}."


def _saturation(recurrence: Recurrence, quantity: str) -> str:
    shares = recurrence.saturation.get(quantity.removesuffix(" gate"))
    if shares is None:
        return ""
    return f"Saturation: {shares[0]:.0%} of its values lie at the lower end of the scale, {shares[1]:.0%} at the upper."


def figure(document: Document, choices: Choices) -> Figure | None:
    """Draw one quantity, units by steps; None for a model without recurrence.

    Gates are on a scale of 0 to 1, states and candidates of -1 to 1, cell states and memory contributions on a scale
    that is symmetric around 0.
    """
    from .canvas import SEQUENTIAL, SIGNED_STATES, WIDTH, blank, colour_bar, label_rows, label_steps, room, titled

    if not require(document.recurrence, "recurrence"):
        return None
    chosen, values = VIEW.check(document, choices), values_of(document, choices)
    quantity, grid = chosen["quantity"], document.input.grid
    title = titled(document, f"{quantity}, {chosen['recurrence']}, {chosen['direction']}")
    bottom = 0.55 if grid else 0.1 + room(document.input.unit_names)
    drawn, ax, bar = blank(title, WIDTH, 4.2 + bottom, left=0.7, right=1.05, bottom=bottom)
    is_gate = quantity.endswith("gate")
    top = 1.0 if is_gate else max(1.0, float(np.abs(values).max()))
    image = ax.imshow(
        values.T,
        aspect="auto",
        cmap=SEQUENTIAL if is_gate else SIGNED_STATES,
        vmin=0 if is_gate else -top,
        vmax=top,
        interpolation="nearest",
    )
    colour_bar(image, bar, quantity)
    if grid:
        label_rows(ax, grid)
    else:
        label_steps(ax.xaxis, token_names(document))
    ax.set_ylabel("unit")
    return drawn


def variants(document: Document) -> Iterator[Choices]:
    """Yield every quantity of every recurrence in both directions; one without choices where there is no recurrence."""
    if not document.recurrence:
        yield {}
    for recurrence in document.recurrence or ():
        for direction in DIRECTIONS:
            for quantity in quantities(recurrence):
                yield {"recurrence": recurrence.name, "direction": direction, "quantity": quantity}


VIEW = register(
    View(
        name="recurrence",
        title="Recurrence",
        help="What the recurrence remembers: hidden states, cell states and gates, step by step.",
        sections=("input", "recurrence"),
        caption=caption,
        figure=figure,
        controls=(
            Control("recurrence", _recurrences),
            Control("direction", _directions),
            Control("quantity", _quantities),
        ),
        variants=variants,
        place=60,
    )
)
