"""Edits of an input: units removed or a word replaced, forecast beside outcome, and minimal counterfactuals.

Each returns the document with one more `Edit`.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from ..data import UNIT_NAMES, InputError
from ..data.text import TextReader
from ..document import Attribution, Document, Edit, require
from ..interpret import counterfactual
from ..interpret.attribution import Report
from ..interpret.trust.stability import unit_scores
from .context import Context
from .registry import get
from .service import context_of, extend, predict

_MOST_VARIANTS = {"sequence": 2500, "grid": 400}  # that a search may try: some seconds


def perturbations(model: str) -> tuple[str, ...]:
    """Return the ways in which a model's units can be removed, the usual one first.

    Raises:
        InputError: for a model that is not there.
    """
    return tuple(get(model).model.perturbations)


def units_named(document: Document, name: str) -> list[int]:
    """Return the indices of the words or cells that a name means, see `UNIT_NAMES`.

    Raises:
        InputError: where there is none.
    """
    names, grid = document.input.unit_names, document.input.grid
    if match := re.fullmatch(r"#(\d+)", name):
        units = [int(match[1]) - 1] if 1 <= int(match[1]) <= len(names) else []
    elif grid and (match := re.fullmatch(r"(\d+),(\d+)", name)):
        row, column = int(match[1]), int(match[2])
        units = [(row - 1) * grid[1] + column - 1] if 1 <= row <= grid[0] and 1 <= column <= grid[1] else []
    else:
        units = _words_named(document, name)
    if not units:
        raise InputError(f"There is no {name[:60]} in this input: name {UNIT_NAMES}.")
    return units


def _words_named(document: Document, name: str) -> list[int]:
    """Return the units that bear a name, or else those that are read as it is: with composed accents, plain quotes."""
    names = document.input.unit_names
    exactly = [index for index, unit_name in enumerate(names) if unit_name == name]
    reader = get(document.model.name).reader
    if exactly or not isinstance(reader, TextReader):
        return exactly
    return [index for index, unit_name in enumerate(names) if reader.normalise.same(unit_name, name)]


def unit_named(document: Document, name: str) -> int:
    """Return the index of the one word or cell that a name means.

    Raises:
        InputError: where there is none, or more than one.
    """
    units = units_named(document, name)
    if len(units) > 1:
        raise InputError(f"{name} stands there {len(units)} times: say which by its number, such as #{units[0] + 1}.")
    return units[0]


def ablate_units(document: Document, units: Sequence[int], perturbation: str | None = None) -> Document:
    """Remove words or cells.

    Args:
        units: their indices, counted from 0.
        perturbation: see `perturbations`; the usual one by default.

    Raises:
        InputError: for units or a perturbation that are not there.
    """
    document, attribution = _with_attribution(document)
    context = context_of(document)
    perturbation = _checked(context, perturbation)
    chosen, count = sorted(set(units)), len(document.input.units)
    if not chosen:
        raise InputError("Nothing is chosen yet: choose the words or cells that are to go.")
    if chosen[0] < 0 or chosen[-1] >= count:
        raise InputError(f"There are {count} words or cells: there is none beyond them.")
    explanation = context.explanation(attribution)
    check = counterfactual.ablate_units(context.checkpoint.model, context.sample, explanation, chosen, perturbation)
    shares = context.probabilities(check.logits).tolist()
    probabilities = dict(zip(context.checkpoint.labels, shares, strict=True))
    return _edited(
        document,
        Edit(
            kind="ablation",
            units=tuple(chosen),
            operation=perturbation,
            before=document.prediction.label,
            after=max(probabilities, key=probabilities.__getitem__),
            probabilities=probabilities,
            target=document.target,
            forecast=check.forecast,
            measured=check.measured,
        ),
    )


def replace_word(document: Document, unit: int, word: str) -> Document:
    """Put another word in the place of one; the forecast knows what goes, not what comes.

    Args:
        unit: index of the word, counted from 0.

    Raises:
        InputError: where the input has no words, and for a word that is not there or that the model cannot read.
    """
    count = len(document.input.units)
    original = document.input.text
    if original is None:
        raise InputError("Only words can be replaced: cover parts of a photo instead.")
    if not 0 <= unit < count:
        raise InputError(f"There are {count} words: there is none beyond them.")
    if not word.strip():
        raise InputError("There is no new word yet: type one, or take the old one out.")
    document, attribution = _with_attribution(document)
    context = context_of(document)
    start, end = require(document.input.units[unit].span, "input.units.span")
    text = f"{original[:start]}{word.strip()}{original[end:]}"
    changed = predict(context.checkpoint, text).prediction
    index = context.target_of(document)
    scores = unit_scores(context.explanation(attribution), context.sample)
    return _edited(
        document,
        Edit(
            kind="replacement",
            units=(unit,),
            operation=word.strip(),
            before=document.prediction.label,
            after=changed.label,
            probabilities=changed.probabilities,
            target=document.target,
            forecast=-scores[unit].item(),
            measured=changed.logits[index] - document.prediction.logits[index],
        ),
    )


def minimal_counterfactual(
    document: Document, perturbation: str | None = None, report: Report = lambda share: None
) -> Document:
    """Find the fewest words or cells whose removal changes the label.

    Args:
        perturbation: see `perturbations`; the usual one by default.
        report: is called with the share that is done, 0-1.

    Raises:
        InputError: for a perturbation that is not there.
    """
    context = context_of(document)
    perturbation = _checked(context, perturbation)
    most = _MOST_VARIANTS[document.input.layout]
    result = counterfactual.minimal_counterfactual(context.checkpoint.model, context.sample, perturbation, most, report)
    return _edited(
        document,
        Edit(
            kind="counterfactual",
            units=result.units,
            operation=perturbation,
            before=document.prediction.label,
            after=None if result.label is None else context.checkpoint.labels[result.label],
            exact=result.exact,
            evaluations=result.rows,
        ),
    )


def _with_attribution(document: Document) -> tuple[Document, Attribution]:
    """Return a document that has an attribution, and the latter."""
    document = document if document.attribution else extend(document, "attribution")
    return document, require(document.attribution, "attribution")


def _edited(document: Document, edit: Edit) -> Document:
    return replace(document, edits=(*document.edits, edit))


def _checked(context: Context, perturbation: str | None) -> str:
    names = tuple(context.checkpoint.model.perturbations)
    if perturbation is None:
        return names[0]
    if perturbation not in names:
        raise InputError(
            f"There is no perturbation {str(perturbation)[:60]!r} for {context.checkpoint.name}: "
            f"there is {', '.join(names)}."
        )
    return perturbation
