"""What a measurement of explanations would take, told before it starts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ...checkpoints.store import Checkpoint
from ...interpret.attribution import METHODS
from ...interpret.cost import Size
from ...interpret.trust.assessment import cost_of_orders
from ..reporting.markdown import table
from .benchmark import Example, parse_method
from .faithfulness import FAITHFUL_PHOTOS, FAITHFUL_TEXTS
from .journal import Journal
from .planted import INPUTS_PER_MODEL, MODELS
from .row_labels import read_rows
from .run import PLANTED, RowLog, open_journal, open_planted_journal, recognise
from .stability import stability_of
from .store import load_results

_LOOKED_AT = 3  # inputs whose size stands for all of a set


@dataclass(frozen=True)
class Outlook:
    """What is done of a measurement, and what is left.

    Attributes:
        model: name of the model.
        data: name of the set.
        methods, inputs: how many.
        done: explanations that stand in the journal.
        seconds: of one core for the others: as long as those in the journal took; where there are none of a method, as
            long as the shipped results tell, or else a nominal estimate by the size of the inputs; None where nothing
            tells it.
    """

    model: str
    data: str
    methods: int
    inputs: int
    done: int
    seconds: float | None


def outlook(
    checkpoint: Checkpoint,
    path: str,
    methods: Sequence[str],
    limit: int,
    seed: int,
    journals: Path | None,
    seeds: int | None = None,
) -> Outlook:
    """Return the outlook of a measurement; see `run.evaluate_explanations` for its arguments.

    Raises:
        InputError: see there.
    """
    names = [*methods]
    if path == PLANTED:
        modality = checkpoint.model.modality
        journal, inputs = open_planted_journal(modality, seed, journals), MODELS * INPUTS_PER_MODEL
        known = _recorded(PLANTED, f"{PLANTED}-{modality}", f"{MODELS} small models")
        return _outlook(checkpoint.name, PLANTED, names, inputs, journal, known)
    benchmark, file = recognise(path, checkpoint)
    ranked = benchmark in (FAITHFUL_TEXTS, FAITHFUL_PHOTOS)
    if seeds is not None:
        benchmark = stability_of(benchmark, seeds)
    names = [name for name in names if METHODS[parse_method(name)[0]].signed or not benchmark.by_sign]
    rows = read_rows(benchmark, file, checkpoint)
    journal = open_journal(checkpoint, benchmark, rows, seed, journals)
    known = _recorded(benchmark.name, checkpoint.name, rows.data)
    examples = [*islice(RowLog([]).examples(checkpoint, benchmark, rows, seed), _LOOKED_AT)]
    sizes = [_size(each) for each in examples]
    costs = {name: METHODS[parse_method(name)[0]].cost for name in names}
    nominal = {name: _mean([cost(size) for size in sizes]) / 1000 for name, cost in costs.items()}
    orders = (seeds or 1) * _mean([cost_of_orders(size) for size in sizes]) / 1000 if ranked else 0.0
    data = rows.data if seeds is None else f"{rows.data}, {seeds} seeds"
    return _outlook(checkpoint.name, data, names, min(limit, len(rows.rows)), journal, nominal | known, orders)


def markdown(outlooks: Sequence[Outlook]) -> str:
    """Return a table of the outlooks with the sum of what they would take."""
    rows = [
        [f"`{each.model}`", each.data, str(each.methods), str(each.inputs), f"{each.done:,}", _minutes(each.seconds)]
        for each in outlooks
    ]
    total = sum(each.seconds or 0 for each in outlooks)
    rows.append(["all", "", "", "", f"{sum(each.done for each in outlooks):,}", _minutes(total)])
    return table(["model", "set", "methods", "inputs", "explanations done", "minutes left"], rows, "llrrrr")


def _outlook(
    model: str,
    data: str,
    methods: Sequence[str],
    inputs: int,
    journal: Journal,
    known: dict[str, float],
    orders: float = 0.0,
) -> Outlook:
    """Return the outlook from the seconds an input that each method is known to take, and those of the random orders,
    which all methods share."""
    done, seconds, fewest = 0, 0.0, inputs
    for name in methods:
        entries = journal.of(name)[:inputs]
        each = _mean([entry.seconds for entry in entries]) if entries else known.get(name)
        if each is None:
            return Outlook(model, data, len(methods), inputs, done, None)
        done += len(entries)
        fewest = min(fewest, len(entries))
        seconds += each * (inputs - len(entries))
    scoring = [sum(journal.of(name)[number].scoring for name in methods) for number in range(fewest)]
    return Outlook(
        model, data, len(methods), inputs, done, seconds + (_mean(scoring) if scoring else orders) * (inputs - fewest)
    )


def _recorded(kind: str, model: str, data: str) -> dict[str, float]:
    """Return the seconds an input of the methods in a shipped result."""
    for result in load_results():
        if (result["kind"], result["model"], result["data"]) == (kind, model, data):
            return {name: figures["seconds"] for name, figures in result["methods"].items() if "seconds" in figures}
    return {}


def _size(example: Example) -> Size:
    sample = example.sample
    return Size(sample.layout, len(sample.unit_names), sample.mask.shape[1])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _minutes(seconds: float | None) -> str:
    return "unknown" if seconds is None else f"{seconds / 60:,.1f}"
