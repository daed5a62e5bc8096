"""Interventions: the prediction with attention or the recurrence made useless."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..document import Document, Interventions, require
from .phrases import joined
from .registry import Choices, View, register

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ORIGINAL, WITHOUT_RECURRENCE = "as it is", "without recurrence"
NO_DIFFERENCE = 0.01  # total variation distance up to which an output counts as the same


def caption(document: Document, choices: Choices) -> str:
    """Return whether attention and memory matter to the decision."""
    effects = require(document.interventions, "interventions")
    sentences = joined([_attention(document, effects), _memory(effects)])
    return sentences or "This model has neither attention nor a recurrence to intervene on."


def _attention(document: Document, effects: Interventions) -> str:
    """Return what attention is worth; "" for a model without any."""
    distances = {name: far for name, far in effects.total_variation.items() if name != WITHOUT_RECURRENCE}
    if not distances:
        return ""
    changes = [
        f"with {name} {effects.probability[name]:.1%} (total variation distance {distance:.2f})"
        for name, distance in distances.items()
    ]
    original = f"{effects.target} has {effects.probability[ORIGINAL]:.1%} as it is"
    conicity = f"Conicity of the states {document.attention.conicity:.2f}." if document.attention else ""
    question = f"Does attention matter here? {original}, {', '.join(changes)}."
    return joined([question, _difference(distances.values()), conicity])


def _memory(effects: Interventions) -> str:
    """Return what the recurrence is worth; "" for a model without one."""
    if WITHOUT_RECURRENCE not in effects.probability:
        return ""
    question = (
        f"Does memory matter here? {effects.target} has {effects.probability[ORIGINAL]:.1%} as it is and "
        f"{effects.probability[WITHOUT_RECURRENCE]:.1%} with the recurrence switched off."
    )
    return joined([question, _difference([effects.total_variation[WITHOUT_RECURRENCE]])])


def _difference(distances: Iterable[float]) -> str:
    """Return a note where none of some total variation distances is more than next to nothing; else ""."""
    same = max(distances) <= NO_DIFFERENCE
    return f"It makes no difference here: the output moves by {NO_DIFFERENCE:.0%} at most." if same else ""


def figure(document: Document, choices: Choices) -> Figure | None:
    """Draw the probability of the class as it is and under each intervention; None where there is none."""
    from .canvas import FOR_COLOUR, PLAIN_COLOUR, WIDTH, blank, note, room, share_bars, short, titled

    effects = require(document.interventions, "interventions")
    if not effects.total_variation:
        return None
    names, places = list(effects.probability), range(len(effects.probability))
    longest = max(map(len, names))
    title = titled(document, f"probability of “{effects.target}” under interventions")
    drawn, ax, _ = blank(title, WIDTH, 1.2 + 0.28 * len(names), room(names, longest), right=1.75, bottom=0.55)
    colours = [FOR_COLOUR if name == ORIGINAL else PLAIN_COLOUR for name in names]
    share_bars(ax, list(effects.probability.values()), places, colours)
    ax.axvline(effects.probability[ORIGINAL], color=FOR_COLOUR, linewidth=1, linestyle="--")
    ax.set_yticks(places, [short(name, longest) for name in names], fontsize=8)
    for place, name in enumerate(names):
        moved = f"  total variation {effects.total_variation[name]:.2f}" if name != ORIGINAL else ""
        note(ax, place, f"{effects.probability[name]:.1%}{moved}")
    return drawn


register(
    View(
        name="interventions",
        title="Interventions",
        help="The prediction with uniform or permuted attention weights, and with the recurrence switched off.",
        sections=("interventions",),
        caption=caption,
        figure=figure,
        place=80,
    )
)
