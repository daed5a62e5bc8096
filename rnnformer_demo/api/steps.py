"""Steps that the page takes on a document: a further section, an edit. Each yields documents or an answer."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..data import InputError
from . import requests

if TYPE_CHECKING:
    from ..document import Document
    from ..interpret.cost import Cost, Size

Report = Callable[[float], None]
Step = Callable[["Document", Any, Report], Iterator[Any]]  # yields documents, or dicts that are sent as they are


def read_step(step: Any) -> tuple[requests.Request, Step]:
    """Return the arguments of a step that the page names by a section to fill, an edit, or its own name; and the step.

    Raises:
        InputError: for a step that there is not, and for one whose arguments do not fit.
    """
    asked = step if isinstance(step, dict) else {}
    name = "section" if asked.get("section") else asked.get("edit") or asked.get("name") or ""
    if not isinstance(name, str) or name not in STEPS:
        raise InputError(f"There is no step {str(name)[:60]!r}: there is {', '.join(STEPS)}.")
    schema, take = STEPS[name]
    return requests.read(schema, asked), take


def fill_section(document: "Document", step: requests.Section, report: Report) -> "Iterator[Document]":
    """Fill a section, anew where it is there."""
    from ..analysis.service import DEFAULT_METHOD, extend

    asked: dict[str, Any] = {}
    if step.section == "attribution":
        asked = {
            "method": step.method or DEFAULT_METHOD,
            "target": step.target or document.target,
            "options": step.options,
        }
    yield extend(document, step.section, report, **asked)


def ablate(document: "Document", step: requests.Ablation, report: Report) -> "Iterator[Document]":
    """Remove words or cells."""
    from ..analysis import edits

    yield edits.ablate_units(document, step.units, step.perturbation or None)


def replace_word(document: "Document", step: requests.Replacement, report: Report) -> "Iterator[Document]":
    """Put another word in the place of one."""
    from ..analysis import edits

    if len(step.units) != 1:
        raise InputError(f"Another word takes the place of one: choose a single word, not {len(step.units)}.")
    yield edits.replace_word(document, step.units[0], step.word)


def find_counterfactual(document: "Document", step: requests.Counterfactual, report: Report) -> "Iterator[Document]":
    """Find the fewest words or cells whose removal changes the label."""
    from ..analysis import edits

    yield edits.minimal_counterfactual(document, step.perturbation or None, report)


def search_pattern(document: "Document", step: requests.Search, report: Report) -> Iterator[dict]:
    """Find the stretches of other texts during which the same recurrent units stay beyond a threshold."""
    from ..analysis.pattern_search import Pattern, search_document

    signs = dict(zip(step.units, step.signs, strict=True))
    pattern = Pattern(step.recurrence, step.direction, step.quantity, signs, step.threshold, step.steps)
    yield search_document(document, pattern, step.start, step.texts, report)


STEPS: dict[str, tuple[type[requests.Request], Step]] = {
    "section": (requests.Section, fill_section),
    "ablation": (requests.Ablation, ablate),
    "replacement": (requests.Replacement, replace_word),
    "counterfactual": (requests.Counterfactual, find_counterfactual),
    "pattern-search": (requests.Search, search_pattern),
}


def cost_of_steps(
    document: "Document", steps: "Sequence[requests.Request]"
) -> "tuple[Size, Callable[[str], Cost], str]":
    """Return the size of a document's input, the cost of steps on it by the method of attribution, and that method."""
    from ..analysis import cost
    from ..analysis.service import DEFAULT_METHOD

    filling = [step for step in steps if isinstance(step, requests.Section)]
    named = [step.method for step in filling if step.method]
    method = named[0] if named else document.attribution.method if document.attribution else DEFAULT_METHOD
    searches = sum(isinstance(step, requests.Counterfactual) for step in steps)
    texts = sum(len(step.texts) for step in steps if isinstance(step, requests.Search))

    def of(name: str) -> "Cost":
        filled = cost.of_sections([step.section for step in filling], name)
        return lambda size: filled(size) + searches * cost.of_counterfactual(size) + size.whole(2 * len(steps) + texts)

    return cost.size_of(document), of, method
