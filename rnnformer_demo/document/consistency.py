"""Consistency of a document beyond its schema: what one section says of another."""

from collections.abc import Iterator

from .document import Document
from .sections import Attribution


def contradictions(document: Document) -> Iterator[tuple[str, str]]:
    """Yield the places at which a document that came from outside does not fit itself, each with what is wrong."""
    labels, count = document.model.labels, len(document.input.units)
    if document.prediction.label not in labels or [*document.prediction.probabilities] != [*labels]:
        yield "prediction", "it must be of the labels of the model"
    yield from _of_units(document)
    named = [("attribution", document.attribution)] if document.attribution else []
    for place, attribution in [*named, *(("other_attributions", other) for other in document.other_attributions)]:
        if attribution.target not in labels:
            yield f"{place}.target", "it must be one of the labels of the model"
        if len(attribution.scores) != _scores(attribution, count):
            yield f"{place}.scores", "there must be one for each unit"
    for number, edit in enumerate(document.edits):
        if not all(0 <= unit < count for unit in edit.units):
            yield f"edits.{number}.units", "there are no such units"


def _of_units(document: Document) -> Iterator[tuple[str, str]]:
    read, count = document.input, len(document.input.units)
    if not count or not all(0 <= unit < count for unit in read.token_to_unit):
        yield "input.units", "every token must belong to one"
    if read.layout == "grid":
        if read.grid is None or min(read.grid) < 1 or read.grid[0] * read.grid[1] != count:
            yield "input.grid", "it must have a cell for each unit"
    elif read.text is None or not all(unit.span and 0 <= unit.span[0] <= unit.span[1] for unit in read.units):
        yield "input.units", "each must have its place in the text"


def _scores(attribution: Attribution, units: int) -> int:
    """Return how many scores an attribution must have: one for each unit, or for each cell of its own grid."""
    return attribution.grid[0] * attribution.grid[1] if attribution.grid else units
