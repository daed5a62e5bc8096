"""Interventions in words: the prediction with attention or the recurrence made useless."""

from ..document import Document, Interventions, require
from .phrases import joined
from .registry import Choices, View, register

ORIGINAL, WITHOUT_RECURRENCE = "as it is", "without recurrence"


def caption(document: Document, choices: Choices) -> str:
    """Return whether attention and memory matter to the decision."""
    effects = require(document.interventions, "interventions")
    sentences = joined([_attention(document, effects), _memory(effects)])
    return sentences or "This model has neither attention nor a recurrence to intervene on."


def _attention(document: Document, effects: Interventions) -> str:
    """Return what attention is worth; "" for a model without any."""
    changes = [
        f"with {name} {effects.probability[name]:.1%} (total variation distance {distance:.2f})"
        for name, distance in effects.total_variation.items()
        if name != WITHOUT_RECURRENCE
    ]
    if not changes:
        return ""
    original = f"{effects.target} has {effects.probability[ORIGINAL]:.1%} as it is"
    conicity = f"Conicity of the states {document.attention.conicity:.2f}." if document.attention else ""
    return joined([f"Does attention matter here? {original}, {', '.join(changes)}.", conicity])


def _memory(effects: Interventions) -> str:
    """Return what the recurrence is worth; "" for a model without one."""
    if WITHOUT_RECURRENCE not in effects.probability:
        return ""
    return (
        f"Does memory matter here? {effects.target} has {effects.probability[ORIGINAL]:.1%} as it is and "
        f"{effects.probability[WITHOUT_RECURRENCE]:.1%} with the recurrence switched off."
    )


register(
    View(
        name="interventions",
        title="Interventions",
        help="The prediction with uniform or permuted attention weights, and with the recurrence switched off.",
        sections=("interventions",),
        caption=caption,
        place=80,
    )
)
