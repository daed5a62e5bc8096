"""Names and phrases that the captions of several views share."""

from collections.abc import Iterable, Sequence

import numpy as np

from ..document import Attribution, Document

_MOST_NAMES = 12  # in a list of changed units


def token_names(document: Document) -> list[str]:
    """Return a name for each token: its word, or "…" where a word goes on; its cell."""
    names, previous = [], None
    for unit in document.input.token_to_unit:
        names.append("…" if unit == previous else document.input.units[unit].name)
        previous = unit
    return names


def score_names(document: Document, attribution: Attribution) -> list[str]:
    """Return a name for each score: its word, its cell or its pixel."""
    if attribution.grid is None or attribution.grid == document.input.grid:
        return list(document.input.unit_names)
    rows, columns = attribution.grid
    return [f"pixel at {column}, {row}" for row in range(rows) for column in range(columns)]


def strongest_scores(document: Document, attribution: Attribution, count: int = 5) -> str:
    """Return a sentence that names the method, the class and the scores of largest size."""
    scores, names = np.array(attribution.scores), score_names(document, attribution)
    order = np.argsort(-np.abs(scores), kind="stable")[:count]
    strongest = ", ".join(f"{names[index]} ({scores[index]:+.2f})" for index in order)
    return f"{attribution.method} for {attribution.target}. Strongest: {strongest}."


def ood_sentence(document: Document) -> str:
    """Return the out-of-distribution score and what it means; "" for a model without a detector."""
    ood = document.prediction.ood
    if ood is None:
        return ""
    meaning = ood.message or "This looks like what the model was trained on."
    return f"OOD score {ood.score:.2f} (1 = threshold). {meaning}"


def quoted(names: Sequence[str]) -> str:
    """Return the first of some names in quotation marks, and how many more there are."""
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(f"“{name}”" for name in names[:_MOST_NAMES]) + more


def counted(count: int, noun: str) -> str:
    """Return a number with its noun in the singular or the plural."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def joined(sentences: Iterable[str]) -> str:
    """Return sentences as a paragraph, without the empty ones."""
    return " ".join(filter(None, sentences))
