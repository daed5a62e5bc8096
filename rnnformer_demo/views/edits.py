"""Edits of the input in words: what the attribution forecast, and what came."""

from ..document import Document, Edit
from .markup import fill
from .phrases import joined, quoted
from .registry import Choices, View, register

_HTML = '{% for sentence in sentences %}<p class="edit" role="status">{{ sentence }}</p>{% endfor %}'


def edit_sentence(document: Document, edit: Edit) -> str:
    """Return what an ablation, a replacement or a counterfactual did to the prediction."""
    names = quoted([document.input.units[unit].name for unit in edit.units])
    if edit.kind == "counterfactual":
        return _counterfactual(edit, names)
    ablation = edit.kind == "ablation"
    change = f"Ablation of {names} ({edit.operation})" if ablation else f"Replacement of {names} by “{edit.operation}”"
    return joined([f"{change}: {_forecast(edit)}{_labels(document, edit)}."])


def _forecast(edit: Edit) -> str:
    if edit.forecast is None or edit.measured is None:
        return ""
    return (
        f"the logit of {edit.target} was forecast to change by {edit.forecast:+.2f} and changed "
        f"by {edit.measured:+.2f}; "
    )


def _labels(document: Document, edit: Edit) -> str:
    before, after = (
        f"{label} ({probabilities[label]:.1%})" if label in probabilities else f"{label}"
        for label, probabilities in (
            (edit.before, document.prediction.probabilities),
            (edit.after, edit.probabilities),
        )
    )
    return f"{before} became {after}"


def _counterfactual(edit: Edit, names: str) -> str:
    if edit.after is None:
        return (
            f"No counterfactual: no words or parts were found whose removal ({edit.operation}) changes {edit.before}; "
            f"{edit.evaluations} sets tried."
        )
    minimal = "no smaller set does" if edit.exact else "a smaller set may do, too"
    return (
        f"Counterfactual: without {names} ({edit.operation}) it is {edit.after} instead of {edit.before}; {minimal} "
        f"({edit.evaluations} sets tried)."
    )


def caption(document: Document, choices: Choices) -> str:
    """Return a sentence for each edit."""
    return joined(edit_sentence(document, edit) for edit in document.edits)


def html(document: Document, choices: Choices) -> str:
    """Return a paragraph for each edit, the last one first."""
    return fill(_HTML, sentences=[edit_sentence(document, edit) for edit in reversed(document.edits)])


register(
    View(
        name="edits",
        title="Edits",
        help="The input without some of its words or cells, or with another word: the forecast beside what came.",
        sections=("input", "prediction", "edits"),
        caption=caption,
        html=html,
        place=90,
    )
)
