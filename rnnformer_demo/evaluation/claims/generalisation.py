"""The claim that Transformers generalise better than RNNs: beyond the training length, from few rows, elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..reporting.study_tables import ABLATIONS
from .lab.journal import kept
from .lab.registry import Claim, register
from .lab.result import Measured, Plot, Point, Quantity, Report, Series, Verdict, named, part_of, parts
from .lab.rules import is_above, sentence, together
from .lab.statistics import differences, point, quantity
from .lab.studies import compared, gain, paired, source
from .lab.sweep import Trial, Trials, Variant, gains, sweep

_LITTLE = 1.0  # points of accuracy that do not matter
_TRAINED = 16  # steps
_REAL_BATCH, _REAL_DROPOUT, _REAL_RATE = 64, 0.2, 0.002  # of trainings on real sentences
_SEEN = 2000  # of the sentences that were learned from, on which accuracy is measured, too
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
        rows: numbers of training inputs of the made task's learning curve.
        shares: of the training sentences of SST-2, for a learning curve on real texts; none for a live run.
        sentence_updates: of each training on them.
        domains: tables of other domains by their titles, in the folder of data sets; none for a live run.
    """

    tasks: tuple[str, ...]
    lengths: tuple[int, ...]
    rows: tuple[int, ...]
    updates: int
    seeds: int
    domains: tuple[tuple[str, str], ...] = ()
    shares: tuple[float, ...] = ()
    sentence_updates: int = 0


def measure(sizes: Sizes, report: Report) -> Measured:
    """Train small models on short inputs or few and test them on others, read the recorded study on SST-2, and run the
    shipped models on other domains."""
    plots, quantities = [], []
    for task, part in parts(part_of(report, 0.0, 0.4), sizes.tasks):
        plot, found = _beyond_length(sizes, task, part)
        plots.append(plot)
        quantities += found
    curves, found = _from_few_rows(sizes, part_of(report, 0.4, 0.6))
    plots += curves
    quantities += found
    if sizes.shares:
        curves, found = _from_few_sentences(sizes, part_of(report, 0.6, 0.9))
        plots += curves
        quantities += found
    domains = list(_elsewhere(sizes.domains, part_of(report, 0.9, 1.0)))
    tests = {"test": "accuracy", "test, words shuffled": "shuffled", "held out": "held_out"}
    plots.append(compared(ABLATIONS, _RECORDED, tests, "Recorded: SST-2, three seeds"))
    quantities += domains
    quantities += [
        gain(ABLATIONS, _RECORDED["Transformer"], _RECORDED[other], figure, {"test": f"SST-2, {title}"})
        for other in ("LSTM", "GRU")
        for title, figure in tests.items()
    ]
    notes = (
        f"Small models learned inputs of {_TRAINED} steps; on SST-2 they learned sentences, without a teacher.",
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

        def make(seed: int = seed, shape: str = shape, part: Report = part) -> list[float]:
            model = learn(config_of(shape, task), task, Course(sizes.updates, length=_TRAINED), seed, part).model
            return [100 * accuracy(model, test) for test in tests]

        key = {"beyond": task, "shape": shape, "updates": sizes.updates, "lengths": sizes.lengths, "seed": seed}
        right[shape].append(kept(key, make))
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


def _from_few_rows(sizes: Sizes, report: Report) -> tuple[list[Plot], list[Quantity]]:
    """Return the learning curve on a made task, and what there is to read of it."""
    variants = {shape: Variant(shape) for shape in (_TRANSFORMER, _RNN)}
    curve = {
        float(rows): sweep(variants, "negation", sizes.updates, sizes.seeds, part, rows=rows)
        for rows, part in parts(report, sizes.rows)
    }
    return _learning_curve(curve, "Negation", "negation", "training inputs", "rows")


def _from_few_sentences(sizes: Sizes, report: Report) -> tuple[list[Plot], list[Quantity]]:
    """Return the same on real sentences, of which a share is there to learn from."""
    runs = [
        (share, shape, seed) for share in sizes.shares for shape in (_TRANSFORMER, _RNN) for seed in range(sizes.seeds)
    ]
    curve: dict[float, Trials] = {100 * share: {_TRANSFORMER: [], _RNN: []} for share in sizes.shares}
    for (share, shape, seed), part in parts(report, runs):

        def make(share: float = share, shape: str = shape, seed: int = seed, part: Report = part) -> dict[str, float]:
            return asdict(_learn_sentences(shape, share, sizes.sentence_updates, seed, part))

        key = {"sentences": shape, "share": share, "updates": sizes.sentence_updates, "seed": seed}
        curve[100 * share][shape].append(Trial(**kept(key, make)))
    return _learning_curve(curve, "SST-2", "SST-2", "training sentences, %", "share of the sentences")


def _learn_sentences(shape: str, share: float, updates: int, seed: int, report: Report) -> Trial:
    from .lab import reviews
    from .lab.learning import Course, accuracy, config_of, learn

    rows = reviews.share_of(reviews.sentences(reviews.TRAIN), share, seed)
    config = config_of(shape, "negation", vocabulary=reviews.vocabulary(), dropout=_REAL_DROPOUT)
    course = Course(updates, batch=_REAL_BATCH, rate=_REAL_RATE)
    learnt = learn(config, "negation", course, seed, report, rows)
    ids, labels = rows
    unseen = accuracy(learnt.model, reviews.sentences(reviews.HELD_OUT))
    return Trial(accuracy(learnt.model, (ids[:_SEEN], labels[:_SEEN])), unseen, learnt.seconds)


def _learning_curve(
    curve: Mapping[float, Trials], title: str, task: str, x_label: str, kind: str
) -> tuple[list[Plot], list[Quantity]]:
    """Return accuracy and the gap between training inputs and others, by how much there was to learn from."""
    accuracy: dict[str, list[Point]] = {}
    gap: dict[str, list[Point]] = {}
    quantities: list[Quantity] = []
    for x, trials in curve.items():
        quantities += gains(trials, _RNN, {"task": task, kind: x})
        for shape, each in trials.items():
            gaps = [100 * (trial.seen - trial.unseen) for trial in each]
            quantities.append(
                quantity("gap between training and held-out", {"task": task, kind: x, "model": shape}, gaps, "points")
            )
            gap.setdefault(shape, []).append(point(x, gaps))
            accuracy.setdefault(shape, []).append(point(x, [100 * trial.unseen for trial in each]))
    plots = [
        Plot(
            f"{title}, by {name}",
            x_label,
            y_label,
            tuple(Series(shape, tuple(points)) for shape, points in found.items()),
            log_x=True,
        )
        for name, y_label, found in (
            ("what there is to learn from", "accuracy on unseen inputs, %", accuracy),
            ("gap between training and held-out accuracy", "gap, points", gap),
        )
    ]
    return plots, quantities


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
            rows=(100, 400, 1600, 6400),
            updates=400,
            seeds=3,
            shares=(0.01, 0.03, 0.1, 0.3, 1.0),
            sentence_updates=1000,
            domains=(
                ("reviews of products", "data/everyday-en/customer-reviews.tsv.xz"),
                ("counterfactual reviews of films", "data/imdb-counterfactual/dev.tsv.xz"),
            ),
        ),
        measure=measure,
        rule=rule,
    )
)
