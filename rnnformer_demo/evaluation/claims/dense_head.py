"""The claim that fully connected layers before the output improve a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from .lab.registry import Claim, register
from .lab.result import Measured, Quantity, Report, Verdict, named, part_of
from .lab.rules import is_above, sentence, together
from .lab.sweep import Variant, accuracies, gains, pareto, sweep

_LITTLE = 1.0  # points of accuracy that do not matter
_HEADS: dict[str, tuple[int, ...]] = {"linear head": (), "one hidden layer": (64,), "two hidden layers": (64, 32)}


@dataclass(frozen=True)
class Sizes:
    """Tasks, heads, updates of a training, and seeds."""

    tasks: tuple[str, ...]
    heads: tuple[str, ...]
    updates: int
    seeds: int


def measure(sizes: Sizes, report: Report) -> Measured:
    """Train a small hybrid with each head."""
    variants = {name: Variant(config={"head_layers": _HEADS[name]}) for name in sizes.heads}
    plots, quantities = [], []
    for number, task in enumerate(sizes.tasks):
        part = part_of(report, number / len(sizes.tasks), (number + 1) / len(sizes.tasks))
        trials = sweep(variants, task, sizes.updates, sizes.seeds, part)
        plots += [accuracies(trials, f"Heads on {task}"), pareto(trials, f"Accuracy and cost on {task}")]
        quantities += gains(trials, "linear head", {"task": task})
    return Measured(tuple(plots), tuple(quantities), tuple(range(sizes.seeds)))


def rule(quantities: Sequence[Quantity]) -> Verdict:
    """Read the gain of every head with hidden layers over a linear one, task by task: it holds where the whole interval
    is above 0, and fails where none of it is above 1 point."""
    found = named(quantities, "gain in accuracy")
    return Verdict(together(is_above(q, 0.0, _LITTLE) for q in found), tuple(sentence(q, 1) for q in found))


register(
    Claim(
        name="dense_head",
        place=7,
        sentence="Fully connected layers before the output improve a model.",
        source="The article, on the shape of its models.",
        method="A small hybrid learns made tasks with a linear head and with hidden layers before it.",
        quick=Sizes(tasks=("negation",), heads=("linear head", "one hidden layer"), updates=80, seeds=2),
        full=Sizes(tasks=("negation", "recall"), heads=tuple(_HEADS), updates=100, seeds=3),
        measure=measure,
        rule=rule,
    )
)
