"""The claim that more hidden layers and other numbers of parameters improve a model: layers, units and heads."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .lab.registry import Claim, register
from .lab.result import Measured, Quantity, Report, Verdict, named, part_of
from .lab.rules import all_above
from .lab.sweep import Variant, compare_on, pareto, sweep

_LITTLE = 1.0  # points of accuracy that do not matter
_FIRST = "1 + 1 layers, 16 units, 4 heads"
_VARIANTS = {
    _FIRST: Variant(),
    "2 recurrent layers": Variant(config={"blocks": ("recurrent", "recurrent", "attention")}),
    "3 attention layers": Variant(config={"blocks": ("recurrent", "attention", "attention", "attention")}),
    "48 units": Variant(config={"units": 48}),
    "4 units": Variant(config={"units": 4}),
    "1 head": Variant(config={"heads": 1}),
    "8 heads": Variant(config={"heads": 8}),
}
_KNOBS = {
    "dropout 0.1": Variant(config={"dropout": 0.1}),
    "dropout 0.3": Variant(config={"dropout": 0.3}),
    "AdamW": Variant(course={"optimizer": "AdamW"}),
    "SGD with momentum": Variant(course={"optimizer": "SGD with momentum", "rate": 0.1}),
    "one hidden layer in the head": Variant(config={"head_layers": (64,)}),
    "two hidden layers in the head": Variant(config={"head_layers": (64, 32)}),
}


@dataclass(frozen=True)
class Sizes:
    """Tasks, variants beside the first, lengths of a training in updates, seeds, and other knobs that are turned."""

    tasks: tuple[str, ...]
    variants: tuple[str, ...]
    updates: tuple[int, ...]
    seeds: int
    knobs: tuple[str, ...] = ()


def measure(sizes: Sizes, report: Report) -> Measured:
    """Train small hybrids of several sizes; and, for accuracy beside cost, with every other knob turned, too."""
    variants = {name: _VARIANTS[name] for name in (_FIRST, *sizes.variants)}
    measured = compare_on(sizes.tasks, variants, _FIRST, "Sizes", sizes.updates, sizes.seeds, part_of(report, 0.0, 0.8))
    if not sizes.knobs:
        return measured
    task, updates = sizes.tasks[0], sizes.updates[0]
    variants |= {name: _KNOBS[name] for name in sizes.knobs}
    trials = sweep(variants, task, updates, sizes.seeds, part_of(report, 0.8, 1.0))
    plot = pareto(trials, f"All knobs on {task} after {updates} updates")
    return replace(measured, plots=(*measured.plots, plot))


def rule(quantities: Sequence[Quantity]) -> Verdict:
    """Read the gain of every larger model (more layers, units or heads) over the first, task by task: it holds where
    the whole interval is above 0, and fails where none of it is above 1 point. Smaller models are shown beside."""
    found = named(quantities, "gain in accuracy")
    larger = [q for q in found if q.where["variant"] not in ("4 units", "1 head")]
    return all_above(larger, _LITTLE, shown=found)


register(
    Claim(
        name="size",
        place=8,
        sentence="More hidden layers and other numbers of parameters improve a model.",
        source="The article, on the tuning of its models.",
        method="Small hybrids of several numbers of layers, units and heads learn made tasks; accuracy beside cost.",
        quick=Sizes(
            tasks=("negation",),
            variants=("2 recurrent layers",),
            updates=(60,),
            seeds=2,
            knobs=("AdamW",),
        ),
        full=Sizes(
            tasks=("negation",),
            variants=tuple(_VARIANTS)[1:],
            updates=(150, 600),
            seeds=3,
            knobs=tuple(_KNOBS),
        ),
        measure=measure,
        rule=rule,
    )
)
