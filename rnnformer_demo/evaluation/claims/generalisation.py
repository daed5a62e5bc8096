"""The claim that Transformers generalise better than RNNs: beyond the training length, from few rows, elsewhere."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..reporting.study_tables import ABLATIONS
from .lab.registry import Claim, register
from .lab.result import Measured, Plot, Point, Quantity, Report, Series, Verdict, named, part_of, parts
from .lab.rules import is_above, sentence, together
from .lab.statistics import differences, point, quantity
from .lab.studies import compared, gain, paired, source
from .lab.sweep import Variant, gains, sweep

_LITTLE = 1.0  # points of accuracy that do not matter
_TRAINED = 16  # steps
_TRANSFORMER, _WITHOUT, _RNN = "Transformer", "Transformer without positions", "LSTM"
_RECORDED = {
    "Transformer": "Transformer alone, matched",
    "LSTM": "LSTM alone, matched",
    "GRU": "GRU alone, matched",
    "hybrid": "hybrid: LSTM and GRU below attention",
}
_MODEL = "sentiment-en"


@dataclass(frozen=True)
class Sizes:
    """What is trained and tested.

    Attributes:
        lengths: of the tests, the first as trained.
        rows: numbers of training inputs of the learning curve.
        domains: tables of other domains by their titles, in the folder of data sets; none for a live run.
    """

    tasks: tuple[str, ...]
    lengths: tuple[int, ...]
    rows: tuple[int, ...]
    updates: int
    seeds: int
    domains: tuple[tuple[str, str], ...] = ()


def measure(sizes: Sizes, report: Report) -> Measured:
    """Train small models on short inputs or few and test them on others, read the recorded study on SST-2, and run the
    shipped models on other domains."""
    plots, quantities = [], []
    for task, part in parts(part_of(report, 0.0, 0.6), sizes.tasks):
        plot, found = _beyond_length(sizes, task, part)
        plots.append(plot)
        quantities += found
    plot, found = _from_few_rows(sizes, part_of(report, 0.6, 0.9))
    domains = list(_elsewhere(sizes.domains, part_of(report, 0.9, 1.0)))
    tests = {"test": "accuracy", "test, words shuffled": "shuffled", "held out": "held_out"}
    plots += [plot, compared(ABLATIONS, _RECORDED, tests, "Recorded: SST-2, three seeds")]
    quantities += found + domains
    quantities += [
        gain(ABLATIONS, _RECORDED["Transformer"], _RECORDED[other], figure, {"test": f"SST-2, {title}"})
        for other in ("LSTM", "GRU")
        for title, figure in tests.items()
    ]
    notes = (
        f"Small models learned inputs of {_TRAINED} steps.",
        "The shipped Transformer has no knowledge of the order of words but its position encoding.",
    )
    return Measured(tuple(plots), tuple(quantities), tuple(range(sizes.seeds)), notes, (source(ABLATIONS),))


def _beyond_length(sizes: Sizes, task: str, report: Report) -> tuple[Plot, list[Quantity]]:
    from .lab.learning import Course, accuracy, config_of, learn, unseen_inputs

    shapes = (_TRANSFORMER, _WITHOUT, _RNN)
    right: dict[str, list[list[float]]] = {shape: [] for shape in shapes}
    runs = [(seed, shape) for seed in range(sizes.seeds) for shape in shapes]
    tests = [unseen_inputs(task, length, 1024) for length in sizes.lengths]
    for (seed, shape), part in parts(report, runs):
        model = learn(config_of(shape, task), task, Course(sizes.updates, length=_TRAINED), seed, part).model
        right[shape].append([100 * accuracy(model, test) for test in tests])
    by_length = {shape: list(zip(*rows, strict=True)) for shape, rows in right.items()}
    series = (
        Series(shape, tuple(point(*pair) for pair in zip(sizes.lengths, by_length[shape], strict=True)))
        for shape in shapes
    )
    plot = Plot(f"{task.capitalize()}, learned at {_TRAINED} steps", "steps", "accuracy, %", tuple(series), log_x=True)
    return plot, [
        quantity(
            "gain in accuracy",
            {"task": task, "length": length, "model": shape, "against": _RNN},
            differences(by_length[shape][place], by_length[_RNN][place]),
            "points",
        )
        for shape in (_TRANSFORMER, _WITHOUT)
        for place, length in enumerate(sizes.lengths)
        if length > _TRAINED
    ]


def _from_few_rows(sizes: Sizes, report: Report) -> tuple[Plot, list[Quantity]]:
    """Return the learning curve and the gap between training inputs and others, by the number of training inputs."""
    variants = {shape: Variant(shape) for shape in (_TRANSFORMER, _RNN)}
    quantities: list[Quantity] = []
    curves: dict[str, tuple[list[Point], list[Point]]] = {shape: ([], []) for shape in variants}
    for rows, part in parts(report, sizes.rows):
        trials = sweep(variants, "negation", sizes.updates, sizes.seeds, part, rows=rows)
        quantities += gains(trials, _RNN, {"task": "negation", "rows": rows})
        for shape, (unseen, seen) in curves.items():
            unseen.append(point(rows, [100 * trial.unseen for trial in trials[shape]]))
            seen.append(point(rows, [100 * trial.seen for trial in trials[shape]]))
    series = tuple(
        Series(f"{shape}, {label}", tuple(points))
        for shape, both in curves.items()
        for label, points in zip(("unseen inputs", "training inputs"), both, strict=True)
    )
    return Plot("Negation, by training inputs", "training inputs", "accuracy, %", series, log_x=True), quantities


def _elsewhere(domains: Sequence[tuple[str, str]], report: Report) -> Iterator[Quantity]:
    """Yield the gain of the shipped Transformer over the shipped LSTM and GRU on other domains, with the interval of
    the difference of two shares of the same texts."""
    from ...checkpoints.store import load
    from ..classification import evaluate

    for number, (title, path) in enumerate(domains):
        report(number / len(domains))
        first = load(f"{_MODEL}-transformer")
        others = [load(f"{_MODEL}-{name}") for name in ("lstm", "gru")]
        tested = evaluate(first, Path(path), None, [], others)
        for other in tested["beside"]:
            where = {"test": title, "model": first.name, "against": other["model"]}
            yield paired(where, tested["n"], other["paired"]["only_first"], other["paired"]["only_this"])


def rule(quantities: Sequence[Quantity]) -> Verdict:
    """Read every gain of a Transformer over an RNN of its size: it holds where the whole interval is above 0, and fails
    where none of it is above 1 point. A Transformer without positions, which lacks what it needs, is shown beside."""
    found = named(quantities, "gain in accuracy")
    judged = [q for q in found if _WITHOUT not in q.where.values()]
    return Verdict(together(is_above(q, 0.0, _LITTLE) for q in judged), tuple(sentence(q, 1) for q in found))


register(
    Claim(
        name="generalisation",
        place=2,
        sentence="Transformers generalise better than RNNs.",
        source="The article, on why Transformers replaced RNNs.",
        method="Accuracy beyond the training length, from few training inputs, on shuffled words and on other domains.",
        quick=Sizes(tasks=("brackets",), lengths=(16, 64), rows=(500,), updates=60, seeds=2),
        full=Sizes(
            tasks=("brackets", "copying"),
            lengths=(16, 24, 32, 64, 128),
            rows=(100, 400, 1600),
            updates=120,
            seeds=3,
            domains=(
                ("reviews of products", "data/everyday-en/customer-reviews.tsv.xz"),
                ("counterfactual reviews of films", "data/imdb-counterfactual/dev.tsv.xz"),
            ),
        ),
        measure=measure,
        rule=rule,
    )
)
