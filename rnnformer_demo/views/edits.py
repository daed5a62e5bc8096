"""Edits of the input: what the attribution forecast, and what came; bars of before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..document import Document, Edit
from .markup import fill
from .phrases import joined, quoted
from .registry import Choices, View, register

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_MOST = 8  # edits on a figure: the last ones
_LONGEST = 26  # letters of an edit beside its bars
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


def figure(document: Document, choices: Choices) -> Figure | None:
    """Draw the probability of the class before and after each edit, the last one first.

    None where only counterfactuals were sought, which have no probabilities.
    """
    from .canvas import FOR_COLOUR, PLAIN_COLOUR, WIDTH, blank, note, room, share_bars, short, titled

    edits = [edit for edit in document.edits if edit.target in edit.probabilities][-_MOST:][::-1]
    if not edits:
        return None
    names, places = [_name(document, edit) for edit in edits], range(len(edits))
    title = titled(document, "probability of a class before (grey) and after an edit")
    drawn, ax, _ = blank(title, WIDTH, 1.2 + 0.5 * len(edits), room(names, _LONGEST), right=1.45, bottom=0.55)
    before = [document.prediction.probabilities.get(edit.target or "", 0.0) for edit in edits]
    after = [edit.probabilities[edit.target or ""] for edit in edits]
    share_bars(ax, after, [place + 0.18 for place in places], FOR_COLOUR, height=0.32)
    share_bars(ax, before, [place - 0.18 for place in places], PLAIN_COLOUR, height=0.32)
    ax.set_ylim(len(edits) - 0.4, -0.6)
    labels = [
        f"{short(name, _LONGEST)}\n{short(f'“{edit.target}”', _LONGEST)}"
        for name, edit in zip(names, edits, strict=True)
    ]
    ax.set_yticks(places, labels, fontsize=8)
    for place, (edit, old, new) in enumerate(zip(edits, before, after, strict=True)):
        note(ax, place - 0.18, f"{old:.1%}, {short(edit.before)}")
        note(ax, place + 0.18, f"{new:.1%}, {short(edit.after or '')}")
    return drawn


def _name(document: Document, edit: Edit) -> str:
    """Return the change that an edit made, as short as it can be said."""
    names = ", ".join(document.input.units[unit].name for unit in edit.units)
    return f"{names} → {edit.operation}" if edit.kind == "replacement" else f"without {names}"


register(
    View(
        name="edits",
        title="Edits",
        help="The input without some of its words or cells, or with another word: the forecast beside what came.",
        sections=("input", "prediction", "edits"),
        caption=caption,
        figure=figure,
        html=html,
        place=90,
    )
)
