"""The claim that the Adam optimiser improves a model: against AdamW and SGD with momentum, each at its best rate."""

from collections.abc import Sequence
from dataclasses import dataclass

from .lab.registry import Claim, register
from .lab.result import Measured, Quantity, Report, Verdict, named
from .lab.rules import all_above
from .lab.sweep import Variant, compare_on

_LITTLE = 1.0  # points of accuracy that do not matter
_RATES = {"Adam": (0.002, 0.01), "AdamW": (0.002, 0.01), "SGD with momentum": (0.03, 0.2)}


@dataclass(frozen=True)
class Sizes:
    """Tasks, lengths of a training in updates, and seeds."""

    tasks: tuple[str, ...]
    updates: tuple[int, ...]
    seeds: int


def measure(sizes: Sizes, report: Report) -> Measured:
    """Train a small hybrid with each optimiser; its learning rate is chosen on held-out inputs, seed by seed."""
    variants = {name: Variant(course={"optimizer": name}, rates=rates) for name, rates in _RATES.items()}
    rates = "; ".join(f"{name} {', '.join(map(str, rates))}" for name, rates in _RATES.items())
    notes = (f"Learning rates: {rates}.",)
    return compare_on(
        sizes.tasks, variants, "SGD with momentum", "Optimisers", sizes.updates, sizes.seeds, report, notes
    )


def rule(quantities: Sequence[Quantity]) -> Verdict:
    """Read the gain of Adam over SGD with momentum, task by task: a task holds where the whole interval is above 0, and
    fails where none of it is above 1 point."""
    found = [q for q in named(quantities, "gain in accuracy") if q.where["variant"] == "Adam"]
    return all_above(found, _LITTLE)


register(
    Claim(
        name="adam",
        place=5,
        sentence="The Adam optimiser improves a model.",
        source="The article, on how its models were trained.",
        method="A small hybrid learns a made task with Adam, AdamW and SGD with momentum, each at its best rate.",
        quick=Sizes(tasks=("copying",), updates=(40,), seeds=2),
        full=Sizes(tasks=("copying", "brackets"), updates=(100, 400), seeds=3),
        measure=measure,
        rule=rule,
    )
)
