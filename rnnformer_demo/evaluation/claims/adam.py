"""The claim that the Adam optimiser improves a model: against AdamW and SGD with momentum, each at its best rate."""

from collections.abc import Sequence
from dataclasses import dataclass

from .lab.registry import Claim, register
from .lab.result import Measured, Quantity, Report, Verdict, named, part_of
from .lab.rules import is_above, sentence, together
from .lab.sweep import Variant, accuracies, gains, pareto, sweep

_LITTLE = 1.0  # points of accuracy that do not matter
_RATES = {"Adam": (0.002, 0.01), "AdamW": (0.002, 0.01), "SGD with momentum": (0.03, 0.2)}


@dataclass(frozen=True)
class Sizes:
    """Tasks, updates of a training, and seeds."""

    tasks: tuple[str, ...]
    updates: int
    seeds: int


def measure(sizes: Sizes, report: Report) -> Measured:
    """Train a small hybrid with each optimiser; its learning rate is chosen on held-out inputs, seed by seed."""
    variants = {name: Variant(course={"optimizer": name}, rates=rates) for name, rates in _RATES.items()}
    plots, quantities = [], []
    for number, task in enumerate(sizes.tasks):
        part = part_of(report, number / len(sizes.tasks), (number + 1) / len(sizes.tasks))
        trials = sweep(variants, task, sizes.updates, sizes.seeds, part)
        plots += [accuracies(trials, f"Optimisers on {task}"), pareto(trials, f"Accuracy and cost on {task}")]
        quantities += gains(trials, "SGD with momentum", {"task": task})
    rates = "; ".join(f"{name} {', '.join(map(str, rates))}" for name, rates in _RATES.items())
    return Measured(tuple(plots), tuple(quantities), tuple(range(sizes.seeds)), (f"Learning rates: {rates}.",))


def rule(quantities: Sequence[Quantity]) -> Verdict:
    """Read the gain of Adam over SGD with momentum, task by task: a task holds where the whole interval is above 0, and
    fails where none of it is above 1 point."""
    found = [q for q in named(quantities, "gain in accuracy") if q.where["variant"] == "Adam"]
    return Verdict(together(is_above(q, 0.0, _LITTLE) for q in found), tuple(sentence(q, 1) for q in found))


register(
    Claim(
        name="adam",
        place=5,
        sentence="The Adam optimiser improves a model.",
        source="The article, on how its models were trained.",
        method="A small hybrid learns a made task with Adam, AdamW and SGD with momentum, each at its best rate.",
        quick=Sizes(tasks=("copying",), updates=40, seeds=2),
        full=Sizes(tasks=("copying", "brackets"), updates=100, seeds=3),
        measure=measure,
        rule=rule,
    )
)
