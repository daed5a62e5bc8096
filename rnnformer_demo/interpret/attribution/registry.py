"""The registry of attribution methods: traits of each, for lists, menus and checks. Imported without torch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..cost import Cost

if TYPE_CHECKING:
    from torch import Tensor

LAYOUTS = ("sequence", "grid")


@dataclass(frozen=True)
class Explanation:
    """Attribution scores of one input for one class.

    Attributes:
        method: id of the method.
        target: index of the class that is explained.
        scores: (n,) one number for each word, cell or pixel, positive = for the target; of a method that is not signed,
            0 or more.
        grid: (rows, columns) of the scores where they are cells or pixels of a photo, None for words.
        completeness_gap: |sum of scores - (f(x) - f(baseline))| / |f(x) - f(baseline)|, None where the method does
            not promise completeness.
        warnings: sentences about the computation.
        seed: seed of the draws; None where nothing is drawn.
        bias_relevance: the part of the logit that biases get and no unit: with it the scores add up to the logit. None
            where a method does not share the logit out.
    """

    method: str
    target: int
    scores: Tensor
    grid: tuple[int, int] | None
    completeness_gap: float | None = None
    warnings: tuple[str, ...] = ()
    seed: int | None = None
    bias_relevance: float | None = None


Compute = Callable[..., Explanation]  # (model, sample, target, report, **options); with `seed` where it draws


@dataclass(frozen=True)
class Method:
    """A registered method.

    Attributes:
        name: its id on the command line, in the API and in the page.
        title: its name in the page.
        about: the meaning of its scores, in one or two sentences.
        scale: the meaning of its numbers, for axes and legends.
        compute: the function, see `Compute`.
        cost: estimates what it takes on an input of a size, see `interpret.cost`.
        layout: the only one of `LAYOUTS` that it works on, None for both.
        slow_on_grid: takes seconds there, rather than fractions of one.
        integrates: runs up to 192 points of a path: seconds on long texts.
        draws: its scores depend on a seed.
        signed: negative scores speak against the class; otherwise all are 0 or more and none does.
        options: the values that each of its options takes, the default first.
        in_browser: the engine in the browser computes it, too: its graphs give no gradient through the CNN.
    """

    name: str
    title: str
    about: str
    scale: str
    compute: Compute
    cost: Cost
    layout: str | None = None
    slow_on_grid: bool = False
    integrates: bool = False
    draws: bool = False
    signed: bool = True
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    in_browser: bool = True


METHODS: dict[str, Method] = {}
# Ids of the last version, which users may have typed: they work in this one, with a notice.
METHOD_ALIASES = {"evidence": "direct-logit-attribution", "sequential-occlusion": "greedy-occlusion"}


def register_method(
    name: str, title: str, about: str, scale: str, cost: Cost, **traits: Any
) -> Callable[[Compute], Compute]:
    """Register a function under a name; the arguments are the attributes of `Method`, `compute` is the function.

    Raises:
        ValueError: for a name or an alias that is taken, and for an unknown layout.
    """

    def register(compute: Compute) -> Compute:
        if name in METHODS or name in METHOD_ALIASES:
            raise ValueError(f"name must be new, got {name!r} twice")
        method = Method(name, title, about, scale, compute, cost, **traits)
        if method.layout not in (None, *LAYOUTS):
            raise ValueError(f"layout must be one of {LAYOUTS} or None, got {method.layout!r}")
        METHODS[name] = method
        return compute

    return register


def methods_for(layout: str) -> list[Method]:
    """Return the methods that work on a layout, the default first.

    Raises:
        ValueError: for one that is none of `LAYOUTS`.
    """
    if layout not in LAYOUTS:
        raise ValueError(f"layout must be one of {LAYOUTS}, got {layout!r}")
    return [method for method in METHODS.values() if method.layout in (None, layout)]


def current_name(name: str) -> tuple[str, tuple[str, ...]]:
    """Return the id that an alias stands for, any other as it is, and a notice for an alias."""
    if name not in METHOD_ALIASES:
        return name, ()
    return METHOD_ALIASES[name], (f"'{name}' is now called {METHOD_ALIASES[name]}.",)
