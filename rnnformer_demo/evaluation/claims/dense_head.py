"""The claim that fully connected layers before the output improve a model."""

from collections.abc import Sequence
from dataclasses import dataclass

from .lab.registry import Claim, register
from .lab.result import Measured, Quantity, Report, Verdict, named
from .lab.rules import all_above
from .lab.sweep import Variant, compare_on

_LITTLE = 1.0  # points of accuracy that do not matter
_HEADS: dict[str, tuple[int, ...]] = {"linear head": (), "one hidden layer": (64,), "two hidden layers": (64, 32)}


@dataclass(frozen=True)
class Sizes:
    """Tasks, heads, lengths of a training in updates, and seeds."""

    tasks: tuple[str, ...]
    heads: tuple[str, ...]
    updates: tuple[int, ...]
    seeds: int


def measure(sizes: Sizes, report: Report) -> Measured:
    """Train a small hybrid with each head."""
    variants = {name: Variant(config={"head_layers": _HEADS[name]}) for name in sizes.heads}
    return compare_on(sizes.tasks, variants, "linear head", "Heads", sizes.updates, sizes.seeds, report)


def rule(quantities: Sequence[Quantity]) -> Verdict:
    """Read the gain of every head with hidden layers over a linear one, task by task: it holds where the whole interval
    is above 0, and fails where none of it is above 1 point."""
    found = named(quantities, "gain in accuracy")
    return all_above(found, _LITTLE)


register(
    Claim(
        name="dense_head",
        place=7,
        sentence="Fully connected layers before the output improve a model.",
        source="The article, on the shape of its models.",
        method="A small hybrid learns made tasks with a linear head and with hidden layers before it.",
        quick=Sizes(tasks=("negation",), heads=("linear head", "one hidden layer"), updates=(80,), seeds=2),
        full=Sizes(tasks=("negation", "recall"), heads=tuple(_HEADS), updates=(100, 600), seeds=3),
        measure=measure,
        rule=rule,
    )
)
