"""Cost of a request, estimated from an input's length, its layout and the method before the work starts."""

from collections.abc import Callable, Iterable

from ..data import InputError
from ..document import Document
from ..interpret.attribution import METHODS, current_name, methods_for
from ..interpret.cost import Cost, Size, one_pass
from ..interpret.interventions import cost_of_interventions
from ..interpret.jacobian import cost_of_jacobian
from ..interpret.prefixes import cost_of_prefixes
from ..interpret.trust.assessment import cost_of_trust

_SEARCHED = 240  # variants, beside each unit alone, after which most counterfactuals are found
_SECTIONS: dict[str, Callable[[Size, str], float]] = {
    "attribution": lambda size, method: METHODS[method].cost(size),
    "attention": lambda size, _method: size.whole(2),
    "jacobian": lambda size, _method: cost_of_jacobian(size),
    "recurrence": lambda size, _method: one_pass(size),
    "prefixes": lambda size, _method: cost_of_prefixes(size),
    "interventions": lambda size, _method: cost_of_interventions(size),
    "trust": cost_of_trust,
}


def size_of(document: Document) -> Size:
    """Return the size of a document's input."""
    return Size(document.input.layout, len(document.input.units), len(document.input.token_to_unit))


def of_sections(wanted: Iterable[str], method: str) -> Cost:
    """Return the cost of filling sections; one of an unknown section or method is refused elsewhere.

    Args:
        wanted: keys of `BUILDERS`.
        method: of the attribution, or of the one whose trust is measured.
    """
    name = current_name(method)[0]
    parts = [_SECTIONS[section] for section in dict.fromkeys(wanted) if section in _SECTIONS and name in METHODS]
    return lambda size: sum(part(size, name) for part in parts)


def of_comparison(models: int, method: str) -> Cost:
    """Return the cost of a comparison of so many models."""
    each = of_sections(("attribution", "prefixes", "trust"), method)
    return lambda size: models * (each(size) + size.whole(6))


def of_counterfactual(size: Size) -> float:
    """Return the cost of a search for a minimal counterfactual that finds one soon."""
    return size.whole(size.units + _SEARCHED)


def check(size: Size, cost: Callable[[str], Cost], method: str, seconds: float) -> float:
    """Return the estimated seconds of a request.

    Args:
        cost: of the request by a method.
        method: that was asked for.
        seconds: budget.

    Raises:
        InputError: where the estimate exceeds the budget; it says what would fit.
    """
    estimate = cost(method)(size) / 1000
    if estimate <= seconds:
        return estimate
    named = METHODS.get(current_name(method)[0])
    what = named.title if named else "This"
    parts = "words" if size.layout == "sequence" else "cells"
    fitting = [*_fitting(size, cost, method, seconds)] or ["ask for one thing at a time"]
    raise InputError(
        f"{what} on {size.units} {parts} would take about {estimate:.0f} s here; the budget of a request is "
        f"{seconds:g} s: {', or '.join(fitting)}."
    )


def _fitting(size: Size, cost: Callable[[str], Cost], method: str, seconds: float) -> Iterable[str]:
    """Yield what would fit: another method, and fewer words."""
    for other in methods_for(size.layout):
        if other.name not in (method, "random") and cost(other.name)(size) <= 1000 * seconds:
            yield f"{other.title} fits"
            break
    if size.layout == "sequence":
        low, high = 0, size.units  # so many fit, so many do not
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if cost(method)(size.of_units(middle)) <= 1000 * seconds else (low, middle)
        if low:
            yield f"at most {low} words"
