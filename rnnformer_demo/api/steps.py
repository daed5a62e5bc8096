"""Steps that the page takes on a document: a further section, an edit. Each yields documents or an answer."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..data import InputError

if TYPE_CHECKING:
    from ..document import Document
    from ..interpret.cost import Cost, Size

_LARGEST = 1e9  # threshold: states are smaller by far
_MOST_TEXTS = 50  # that a visitor may have searched at once

Report = Callable[[float], None]
Step = Callable[["Document", dict, Report], Iterator[Any]]  # yields documents, or dicts that are sent as they are


def text_in(request: Any, key: str) -> str:
    """Return a text of a request, "" where there is none; a request is whatever came over HTTP.

    Raises:
        InputError: for a value of another type.
    """
    value = request.get(key) if isinstance(request, dict) else None
    if value is not None and not isinstance(value, str):
        raise InputError(f"{key} must be a text, got {str(value)[:60]}.")
    return value or ""


def document_in(request: dict) -> "Document":
    """Return the document of a request.

    Raises:
        InputError: for what is none.
    """
    from ..document import from_dict

    try:
        return from_dict(request.get("document"))
    except ValueError as error:
        raise InputError(str(error)) from error


def list_in(request: dict, key: str) -> list:
    """Return a list of a request, an empty one where there is none.

    Raises:
        InputError: for a value of another type.
    """
    value = request.get(key)
    if value is not None and not isinstance(value, list):
        raise InputError(f"{key} must be a list, got {str(value)[:60]}.")
    return value or []


def units_in(request: dict) -> list[int]:
    """Return the indices of units that a request names.

    Raises:
        InputError: for anything but a list of whole numbers.
    """
    units = request.get("units")
    if not isinstance(units, list) or not all(isinstance(unit, int) and not isinstance(unit, bool) for unit in units):
        raise InputError("units must be a list of whole numbers.")
    return units


def fill_section(document: "Document", step: dict, report: Report) -> "Iterator[Document]":
    """Fill a section, anew where it is there."""
    from ..analysis.service import DEFAULT_METHOD, extend

    section = text_in(step, "section")
    asked: dict[str, Any] = {}
    if section == "attribution":
        options = step.get("options") or {}
        if not isinstance(options, dict):
            raise InputError(f"options must be an object, got {str(options)[:60]}.")
        asked = {
            "method": text_in(step, "method") or DEFAULT_METHOD,
            "target": text_in(step, "target") or document.target,
            "options": {key: text_in(options, key) for key in options},
        }
    yield extend(document, section, report, **asked)


def ablate(document: "Document", step: dict, report: Report) -> "Iterator[Document]":
    """Remove words or cells."""
    from ..analysis import edits

    yield edits.ablate_units(document, units_in(step), text_in(step, "perturbation") or None)


def replace_word(document: "Document", step: dict, report: Report) -> "Iterator[Document]":
    """Put another word in the place of one."""
    from ..analysis import edits

    units = units_in(step)
    if len(units) != 1:
        raise InputError(f"Another word takes the place of one: choose a single word, not {len(units)}.")
    yield edits.replace_word(document, units[0], text_in(step, "word"))


def find_counterfactual(document: "Document", step: dict, report: Report) -> "Iterator[Document]":
    """Find the fewest words or cells whose removal changes the label."""
    from ..analysis import edits

    yield edits.minimal_counterfactual(document, text_in(step, "perturbation") or None, report)


def search_pattern(document: "Document", step: dict, report: Report) -> Iterator[dict]:
    """Find the stretches of other texts during which the same recurrent units stay beyond a threshold."""
    from ..analysis.pattern_search import Pattern, search_document

    units, signs, texts = units_in(step), step.get("signs"), step.get("texts") or []
    if not isinstance(signs, list) or len(signs) != len(units) or not all(sign in (1, -1) for sign in signs):
        raise InputError("signs must be a list of 1 and -1, one for each unit.")
    if not isinstance(texts, list) or len(texts) > _MOST_TEXTS or not all(isinstance(text, str) for text in texts):
        raise InputError(f"texts must be a list of at most {_MOST_TEXTS} texts.")
    start, steps, direction, threshold = (step.get(key) for key in ("start", "steps", "direction", "threshold"))
    if not (isinstance(start, int) and isinstance(steps, int) and isinstance(direction, int)) or steps < 1:
        raise InputError("start, steps and direction must be whole numbers.")
    if not isinstance(threshold, int | float) or not 0 < threshold < _LARGEST:
        raise InputError("threshold must be a number above 0.")
    pattern = Pattern(
        text_in(step, "recurrence"),
        direction,
        text_in(step, "quantity"),
        dict(zip(units, signs, strict=True)),
        threshold,
        steps,
    )
    yield search_document(document, pattern, start, texts, report)


STEPS: dict[str, Step] = {
    "section": fill_section,
    "ablation": ablate,
    "replacement": replace_word,
    "counterfactual": find_counterfactual,
    "pattern-search": search_pattern,
}


def cost_of_steps(document: "Document", steps: "list[dict]") -> "tuple[Size, Callable[[str], Cost], str]":
    """Return the size of a document's input, the cost of steps on it by the method of attribution, and that method."""
    from ..analysis import cost
    from ..analysis.service import DEFAULT_METHOD

    sections = [text_in(step, "section") for step in steps]
    method = next((text_in(step, "method") for step in steps if text_in(step, "method")), "")
    if not method:
        method = document.attribution.method if document.attribution else DEFAULT_METHOD
    searches = sum(text_in(step, "edit") == "counterfactual" for step in steps)
    passes = sum(len(list_in(step, "texts")) + 2 for step in steps)

    def of(name: str) -> "Cost":
        filled = cost.of_sections(sections, name)
        return lambda size: filled(size) + searches * cost.of_counterfactual(size) + size.whole(passes)

    return cost.size_of(document), of, method
