"""What an attribution method is, what it returns, and where to find it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..data import InputError, Sample

if TYPE_CHECKING:
    from torch import Tensor

    from ..models import Hybrid

Report = Callable[[float], None]  # takes the share that is done, 0-1


@dataclass(frozen=True)
class Explanation:
    """Which parts of an input speak for a class.

    Attributes:
        method: id of the method.
        target: index of the class that is explained.
        scores: (n,) one number for each word, cell or pixel, positive = for the target.
        grid: (rows, columns) of the scores where they are cells or pixels of a photo, None for words.
        completeness_gap: |sum of scores - (f(x) - f(baseline))| / |f(x) - f(baseline)|, None where the method does
            not promise completeness.
        notices: sentences about the computation.
    """

    method: str
    target: int
    scores: Tensor
    grid: tuple[int, int] | None
    completeness_gap: float | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Method:
    """A registered method.

    Attributes:
        name: its id on the command line, in the API and in the page.
        title: what the page calls it.
        about: one sentence on what its scores mean.
        scale: what its numbers are, for axes and legends.
        needs_grid: works on photos only.
        slow_on_photos: takes seconds there, rather than fractions of one.
    """

    name: str
    title: str
    about: str
    scale: str
    needs_grid: bool
    slow_on_photos: bool
    compute: Callable[[Hybrid, Sample, int, Report], Explanation]


METHODS: dict[str, Method] = {}


def register_method(
    name: str, title: str, about: str, scale: str, needs_grid: bool = False, slow_on_photos: bool = False
):
    """Registers a function (model, sample, target, report) -> Explanation under a name."""

    def register(compute: Callable[[Hybrid, Sample, int, Report], Explanation]):
        if name in METHODS:
            raise ValueError(f"name must be new, got {name!r} twice")
        METHODS[name] = Method(name, title, about, scale, needs_grid, slow_on_photos, compute)
        return compute

    return register


def methods_for(has_grid: bool) -> list[Method]:
    """The methods that work on an input, the default first."""
    return [method for method in METHODS.values() if has_grid or not method.needs_grid]


def explain(
    model: Hybrid, sample: Sample, target: int, method: str, report: Report = lambda share: None
) -> Explanation:
    """Scores the words or cells of a sample by their share in the logit of a class.

    Args:
        target: index of the class.
        method: a key of METHODS that works on this kind of input.
        report: is called with the share done while a slow method runs.

    Raises:
        InputError: for a method that is unknown or does not fit the input.
    """
    import torch

    from ..tracing import MODEL_LOCK

    fitting = [known.name for known in methods_for(sample.grid is not None)]
    if method not in fitting:
        raise InputError(f"There is no method {str(method)[:60]!r} for this input: there is {', '.join(fitting)}.")
    # cuDNN cannot run a recurrent layer backward in eval mode; without it the gradients are the same.
    with MODEL_LOCK, torch.enable_grad(), torch.backends.cudnn.flags(enabled=False):
        explanation = METHODS[method].compute(model, sample, target, report)
    if not torch.isfinite(explanation.scores).all():
        raise RuntimeError(f"{method} returned scores that are not finite")
    return explanation


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
