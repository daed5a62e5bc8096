"""Calls of the API within the budget of a request: what each takes is estimated as soon as its input is read."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from .work import begin

if TYPE_CHECKING:
    from ..document import Document

Report = Callable[[float], None]


def analysed(
    model: str,
    source: Any,
    wanted: Sequence[str] = ("attribution",),
    target: str | None = None,
    method: str | None = None,
    seed: int = 0,
    report: Report = lambda share: None,
) -> "Document":
    """Return the document with the sections that are wanted, see `service.analyse`.

    Raises:
        InputError: where that would exceed the budget, too.
    """
    from ..analysis import cost
    from ..analysis.service import DEFAULT_METHOD, analyse_in_steps

    method = method or DEFAULT_METHOD
    steps = analyse_in_steps(model, source, wanted, target or None, method, seed, report)
    document = next(steps)
    begin(cost.size_of(document), partial(cost.of_sections, wanted), method)
    return deque(steps, maxlen=1).pop() if wanted else document


def compared(
    model: str, source: Any, target: str | None, method: str | None, seed: int, report: Report = lambda share: None
) -> "Document":
    """Return the document with the comparison, see `comparison.compare_input`.

    Raises:
        InputError: where that would exceed the budget, too.
    """
    from ..analysis import cost
    from ..analysis.comparison import compare_input, family
    from ..analysis.service import DEFAULT_METHOD, predict

    method = method or DEFAULT_METHOD
    begin(cost.size_of(predict(model, source)), partial(cost.of_comparison, len(family(model))), method)
    return compare_input(model, source, target or None, method, seed, report)


def searched(model: str, source: Any, removal: str | None, report: Report = lambda share: None) -> "Document":
    """Return the document with a minimal counterfactual, see `edits.minimal_counterfactual`.

    Raises:
        InputError: where that would exceed the budget, too.
    """
    from ..analysis import cost, edits
    from ..analysis.service import DEFAULT_METHOD

    document = analysed(model, source, ())
    begin(cost.size_of(document), lambda _method: cost.of_counterfactual, DEFAULT_METHOD)
    return edits.minimal_counterfactual(document, removal or None, report)
