"""Computation of an attribution by the name of its method, with checks before and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...data import InputError, Sample
from .progress import Relay, Report
from .registry import Explanation, Method, current_name, methods_for

if TYPE_CHECKING:
    from ...models import Hybrid


class MethodError(RuntimeError):
    """A method that could not do its work. The message names it and the reason."""


def explain(
    model: Hybrid,
    sample: Sample,
    target: int,
    method: str,
    report: Report = lambda share: None,
    seed: int = 0,
    **options: str,
) -> Explanation:
    """Score the words or cells of a sample by their share in the logit of a class.

    The same arguments give the same scores, and draws leave the global random number generators alone.

    Args:
        target: index of the class.
        method: a key of METHODS that works on this layout.
        report: is called with the share done while a slow method runs; what it raises ends the method and is not
            turned into a `MethodError`.
        seed: seed of a method's draws.
        options: choices that the method offers, see `Method.options`.

    Raises:
        InputError: for a method or an option that is unknown or does not fit the input or the model.
        MethodError: where the method fails, or gives scores that are not finite.

    Example:
        >>> explain(model, reader("A clumsy film with a big heart."), 1, "integrated-gradients").scores  # (n,)
    """
    import torch

    from ...nn.hooks import give_way, with_gradients
    from ...nn.lock import Ended

    name, notices = current_name(method)
    entry = checked_method(name, sample.layout, options)
    relay = Relay(report, give_way)
    drawing: dict[str, Any] = {"seed": seed} if entry.draws else {}
    try:
        with with_gradients():
            explanation = entry.compute(model, sample, target, relay, **drawing, **options)
    except (InputError, Ended):
        raise
    except Exception as error:
        if error is relay.raised:
            raise
        raise MethodError(f"{name} failed: {str(error) or type(error).__name__}") from error
    if not torch.isfinite(explanation.scores).all():
        raise MethodError(f"{name} failed: it returned scores that are not finite")
    return replace(explanation, warnings=(*notices, *explanation.warnings), **drawing)


def checked_method(name: str, layout: str, options: Mapping[str, str]) -> Method:
    """Return a method that works on a layout.

    Raises:
        InputError: for a method or an option that is unknown or does not fit.
    """
    fitting = {method.name: method for method in methods_for(layout)}
    if name not in fitting:
        raise InputError(f"There is no method {str(name)[:60]!r} for this input: there is {', '.join(fitting)}.")
    offered = fitting[name].options
    for option, value in options.items():
        if option not in offered:
            has = f"it has {', '.join(offered)}" if offered else "it has none"
            raise InputError(f"The method {name} has no option {option[:60]!r}: {has}.")
        if value not in offered[option]:
            raise InputError(
                f"The option {option} of {name} cannot be {str(value)[:60]!r}: it is one of "
                f"{', '.join(offered[option])}."
            )
    return fitting[name]
