"""The claim that dropout improves a model: rates of dropout on few training inputs with wrong labels among them."""

from collections.abc import Sequence
from dataclasses import dataclass

from .lab.registry import Claim, register
from .lab.result import Measured, Quantity, Report, Verdict, named, parts
from .lab.rules import all_above
from .lab.sweep import Variant, accuracies, gains, sweep

_LITTLE = 1.0  # points of accuracy that do not matter
_NOISE, _TASK = 0.1, "negation"


@dataclass(frozen=True)
class Sizes:
    """Numbers of training inputs, rates of dropout, updates of a training, and seeds."""

    rows: tuple[int, ...]
    rates: tuple[float, ...]
    updates: int
    seeds: int


def measure(sizes: Sizes, report: Report) -> Measured:
    """Train a small hybrid again and again on the same inputs, a tenth of whose labels are wrong."""
    variants = {f"dropout {rate}": Variant(config={"dropout": rate}) for rate in (0.0, *sizes.rates)}
    plots, quantities = [], []
    for rows, part in parts(report, sizes.rows):
        trials = sweep(variants, _TASK, sizes.updates, sizes.seeds, part, rows=rows, noise=_NOISE)
        plots.append(accuracies(trials, f"Dropout with {rows} training inputs"))
        quantities += gains(trials, "dropout 0.0", {"rows": rows})
    notes = (
        "The made task is the polarity of a word, turned by a negation before it; a tenth of the labels is wrong.",
    )
    return Measured(tuple(plots), tuple(quantities), tuple(range(sizes.seeds)), notes)


def rule(quantities: Sequence[Quantity]) -> Verdict:
    """Read the gain of every rate over no dropout: a rate holds where the whole interval is above 0, and fails where
    none of it is above 1 point."""
    found = named(quantities, "gain in accuracy")
    return all_above(found, _LITTLE)


register(
    Claim(
        name="dropout",
        place=6,
        sentence="Dropout improves a model.",
        source="The article, on how its models were trained.",
        method="A small hybrid learns from few inputs, some wrongly labelled, at several rates of dropout.",
        quick=Sizes(rows=(200,), rates=(0.3,), updates=80, seeds=2),
        full=Sizes(rows=(200, 1000), rates=(0.1, 0.3, 0.5), updates=600, seeds=3),
        measure=measure,
        rule=rule,
    )
)
