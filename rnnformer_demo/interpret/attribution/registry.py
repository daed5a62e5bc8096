"""What an attribution method is, what it returns, and where to find it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ...data import InputError, Sample

if TYPE_CHECKING:
    from torch import Tensor

    from ...models import Hybrid

Report = Callable[[float], None]  # takes the share that is done, 0-1


class MethodError(RuntimeError):
    """A method that could not do its work. The message names it and the reason."""


@dataclass(frozen=True)
class Explanation:
    """Which parts of an input speak for a class.

    Attributes:
        method: id of the method.
        target: index of the class that is explained.
        scores: (n,) one number for each word, cell or pixel, positive = for the target; of a method that is not signed,
            0 or more.
        grid: (rows, columns) of the scores where they are cells or pixels of a photo, None for words.
        completeness_gap: |sum of scores - (f(x) - f(baseline))| / |f(x) - f(baseline)|, None where the method does
            not promise completeness.
        notices: sentences about the computation.
        seed: what was drawn follows from it; None where nothing is drawn.
    """

    method: str
    target: int
    scores: Tensor
    grid: tuple[int, int] | None
    completeness_gap: float | None = None
    warnings: tuple[str, ...] = ()
    seed: int | None = None


@dataclass(frozen=True)
class Method:
    """A registered method.

    Attributes:
        name: its id on the command line, in the API and in the page.
        title: what the page calls it.
        about: one or two sentences on what its scores mean.
        scale: what its numbers are, for axes and legends.
        compute: (model, sample, target, report, **options) -> Explanation; takes `seed` too where it draws.
        needs_grid: works on photos only.
        slow_on_photos: takes seconds there, rather than fractions of one.
        draws: its scores depend on a seed.
        signed: negative scores speak against the class; otherwise all are 0 or more and none does.
        options: the values that each of its options takes, the default first.
    """

    name: str
    title: str
    about: str
    scale: str
    compute: Callable[..., Explanation]
    needs_grid: bool = False
    slow_on_photos: bool = False
    draws: bool = False
    signed: bool = True
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


METHODS: dict[str, Method] = {}


def register_method(name: str, title: str, about: str, scale: str, **traits: Any):
    """Registers a function under a name; the arguments are the attributes of `Method`, `compute` is the function."""

    def register(compute: Callable[..., Explanation]):
        if name in METHODS:
            raise ValueError(f"name must be new, got {name!r} twice")
        METHODS[name] = Method(name, title, about, scale, compute, **traits)
        return compute

    return register


def methods_for(has_grid: bool) -> list[Method]:
    """The methods that work on an input, the default first."""
    return [method for method in METHODS.values() if has_grid or not method.needs_grid]


def explain(
    model: Hybrid,
    sample: Sample,
    target: int,
    method: str,
    report: Report = lambda share: None,
    seed: int = 0,
    **options: str,
) -> Explanation:
    """Scores the words or cells of a sample by their share in the logit of a class.

    The same arguments give the same scores, and what is drawn leaves the global random number generators alone.

    Args:
        target: index of the class.
        method: a key of METHODS that works on this kind of input.
        report: is called with the share done while a slow method runs; what it raises ends the method and is not
            turned into a `MethodError`.
        seed: of what a method draws.
        options: choices that the method offers, see `Method.options`.

    Raises:
        InputError: for a method or an option that is unknown or does not fit the input or the model.
        MethodError: where the method fails, or finds scores that are not finite.
    """
    import torch

    from ..trace import MODEL_LOCK

    chosen = _checked(method, sample.grid is not None, options)
    telling = _Relay(report)
    drawing = {"seed": seed} if chosen.draws else {}
    try:
        # cuDNN cannot run a recurrent layer backward in eval mode; without it the gradients are the same.
        with MODEL_LOCK, torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
            explanation = chosen.compute(model, sample, target, telling, **drawing, **options)
    except InputError:
        raise
    except Exception as error:
        if error is telling.raised:
            raise
        raise MethodError(f"{method} failed: {str(error) or type(error).__name__}") from error
    if not torch.isfinite(explanation.scores).all():
        raise MethodError(f"{method} failed: it returned scores that are not finite")
    return replace(explanation, **drawing)


def _checked(name: str, has_grid: bool, options: Mapping[str, str]) -> Method:
    fitting = {known.name: known for known in methods_for(has_grid)}
    if name not in fitting:
        raise InputError(f"There is no method {str(name)[:60]!r} for this input: there is {', '.join(fitting)}.")
    known = fitting[name].options
    for option, value in options.items():
        if option not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise InputError(f"The method {name} has no option {option[:60]!r}: {has}.")
        if value not in known[option]:
            raise InputError(
                f"The option {option} of {name} cannot be {str(value)[:60]!r}: it is one of {', '.join(known[option])}."
            )
    return fitting[name]


class _Relay:
    """Passes reports on, and remembers an error of whoever gets them: it is none of the method's."""

    def __init__(self, report: Report):
        self.report, self.raised = report, None

    def __call__(self, share: float) -> None:
        try:
            self.report(share)
        except Exception as error:
            self.raised = error
            raise


def sum_by_unit(features: Tensor, units: Tensor, count: int) -> Tensor:
    """Attributions of features added up over their units: (count,).

    Args:
        features: of any shape.
        units: index of the unit of each, broadcastable to `features`.
    """
    import torch

    units = units.expand_as(features).flatten()
    return torch.zeros(count).index_add_(0, units, features.detach().float().flatten())


def counted(forward: Callable[..., Tensor], rows: int, report: Report) -> Callable[..., Tensor]:
    """The same function; reports what share of the expected rows has gone through it."""
    done = 0

    def run(inputs: Tensor, *rest: Tensor) -> Tensor:
        nonlocal done
        output = forward(inputs, *rest)
        done += len(inputs)
        report(min(1.0, done / rows))
        return output

    return run
