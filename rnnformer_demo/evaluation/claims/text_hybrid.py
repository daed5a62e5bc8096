"""The claim that pretrained LSTM and GRU networks below a Transformer improve text classification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..reporting.study_tables import ABLATIONS
from .lab.registry import Claim, register
from .lab.result import Measured, Plot, Point, Quantity, Report, Series, Verdict, named, parts
from .lab.rules import all_above
from .lab.statistics import differences, mean_interval, quantity
from .lab.studies import compared, gain, records_of, shipped, source
from .lab.sweep import Trials, Variant, gains, sweep

_LITTLE = 0.5  # points of accuracy that do not matter
_HYBRID = "hybrid: LSTM and GRU below attention"
_CONDITIONS = {
    "hybrid": _HYBRID,
    "its Transformer alone": "no recurrence",
    "a Transformer of its size": "Transformer alone, matched",
    "an LSTM of its size": "LSTM alone, matched",
    "a GRU of its size": "GRU alone, matched",
    "RNNs pretrained as language models": "encoders pretrained as language models",
    "RNNs pretrained on the task": "encoders pretrained on the task",
}
_COMPARISONS = (
    *((_HYBRID, _CONDITIONS[name]) for name in list(_CONDITIONS)[1:5]),
    *((_CONDITIONS[name], _HYBRID) for name in list(_CONDITIONS)[5:]),
)
_WITHOUT = {"recurrence": "Transformer", "attention": "LSTM"}  # a model of its size without that part
_SHIPPED, _BASELINES = ("sentiment-en", "sentiment-zh", "news-en"), ("transformer", "lstm", "gru")


@dataclass(frozen=True)
class Lesson:
    """A made task, and how it is learned: updates, and others of a `Course`."""

    task: str
    updates: int
    course: Mapping[str, float] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The task, with the length of its inputs where they are longer than usual."""
        return f"{self.task} over {self.course['length']} steps" if "length" in self.course else self.task


@dataclass(frozen=True)
class Sizes:
    """Made tasks, shapes of models that learn them, and seeds."""

    lessons: tuple[Lesson, ...]
    shapes: tuple[str, ...]
    seeds: int


def measure(sizes: Sizes, report: Report) -> Measured:
    """Read the recorded study on SST-2 and the tests of the shipped models, and train small ones on made tasks."""
    by_task: dict[str, Trials] = {}
    variants = {shape: Variant(shape) for shape in sizes.shapes}
    for lesson, part in parts(report, sizes.lessons):
        by_task[lesson.title] = sweep(variants, lesson.task, lesson.updates, sizes.seeds, part, **lesson.course)
    quantities = [
        gain(ABLATIONS, condition, against, "accuracy", {"test": "SST-2"}) for condition, against in _COMPARISONS
    ]
    quantities += [found for hybrid in _SHIPPED for found in shipped(hybrid, _BASELINES)]
    for task, trials in by_task.items():
        quantities += [
            found for found in gains(trials, "Transformer", {"task": task}) if found.where["variant"] == "hybrid"
        ]
    worth = [_worth(task, trials, part) for task, trials in by_task.items() for part in _parts(sizes.shapes)]
    plots = (
        compared(ABLATIONS, _CONDITIONS, {"test": "accuracy", "held out": "held_out"}, "Recorded: SST-2, three seeds"),
        _by_task(by_task, sizes.shapes),
        _worth_by_task(worth),
    )
    notes = (
        "The recorded study trained 51 models on SST-2; the small models on made tasks were trained for this result.",
    )
    sources = (source(ABLATIONS), *(file for hybrid in _SHIPPED for file in records_of(hybrid, _BASELINES)))
    return Measured(plots, (*quantities, *worth), tuple(range(sizes.seeds)), notes, sources)


def _parts(shapes: Sequence[str]) -> list[str]:
    """Return the parts of the hybrid whose worth is known: those without which a model was trained, too."""
    return [part for part, rest in _WITHOUT.items() if rest in shapes]


def _worth(task: str, trials: Trials, part: str) -> Quantity:
    """Return by how many points the hybrid is better than a model of its size without one of its parts."""
    with_it, without = ([100 * trial.unseen for trial in trials[shape]] for shape in ("hybrid", _WITHOUT[part]))
    return quantity("worth in accuracy", {"task": task, "part": part}, differences(with_it, without), "points")


def _worth_by_task(worth: Sequence[Quantity]) -> Plot:
    series = (
        Series(
            part,
            tuple(
                Point(str(found.where["task"]), found.value, found.low, found.high)
                for found in worth
                if found.where["part"] == part
            ),
        )
        for part in dict.fromkeys(str(found.where["part"]) for found in worth)
    )
    return Plot("What a part of the hybrid adds to the other", "task", "points of accuracy", tuple(series))


def _by_task(by_task: dict[str, Trials], shapes: Sequence[str]) -> Plot:
    series = (
        Series(
            shape,
            tuple(
                Point(task, *mean_interval([100 * trial.unseen for trial in trials[shape]]))
                for task, trials in by_task.items()
            ),
        )
        for shape in shapes
    )
    return Plot("Small models on made tasks", "task", "accuracy on unseen inputs, %", tuple(series))


def rule(quantities: Sequence[Quantity]) -> Verdict:
    """Read every gain: of the hybrid over its Transformer, over others of its size and on made tasks, and of
    pretraining. It holds where the whole interval is above 0, and fails where none of it is above half a point. What
    each part adds on made tasks is shown beside."""
    found = named(quantities, "gain in accuracy")
    return all_above(found, _LITTLE, shown=[*found, *named(quantities, "worth in accuracy")])


register(
    Claim(
        name="text_hybrid",
        place=9,
        sentence="Pretrained LSTM and GRU networks that feed a Transformer improve text classification.",
        source="The article, on its integrated model for texts.",
        method="Recorded models on SST-2, paired by seed; small models on made tasks that one ability decides.",
        quick=Sizes(lessons=(Lesson("brackets", 80),), shapes=("Transformer", "hybrid"), seeds=2),
        full=Sizes(
            lessons=(
                Lesson("brackets", 400),
                Lesson("copying", 400),
                Lesson("majority", 400),
                Lesson("recall", 1500),
                Lesson("recall", 2000, {"length": 24, "rate": 0.003}),
                Lesson("negation", 600),
            ),
            shapes=("LSTM", "Transformer", "hybrid"),
            seeds=3,
        ),
        measure=measure,
        rule=rule,
    )
)
