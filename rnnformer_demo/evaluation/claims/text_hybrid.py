"""The claim that pretrained LSTM and GRU networks below a Transformer improve text classification."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..reporting.study_tables import ABLATIONS
from .lab.registry import Claim, register
from .lab.result import Measured, Plot, Point, Quantity, Report, Series, Verdict, named, parts
from .lab.rules import all_above
from .lab.statistics import mean_interval
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
_SHIPPED, _BASELINES = ("sentiment-en", "sentiment-zh", "news-en"), ("transformer", "lstm", "gru")


@dataclass(frozen=True)
class Sizes:
    """Made tasks, shapes of models, updates of a training, and seeds."""

    tasks: tuple[str, ...]
    shapes: tuple[str, ...]
    updates: int
    seeds: int


def measure(sizes: Sizes, report: Report) -> Measured:
    """Read the recorded study on SST-2 and the tests of the shipped models, and train small ones on made tasks."""
    by_task: dict[str, Trials] = {}
    for task, part in parts(report, sizes.tasks):
        by_task[task] = sweep({shape: Variant(shape) for shape in sizes.shapes}, task, sizes.updates, sizes.seeds, part)
    quantities = [
        gain(ABLATIONS, condition, against, "accuracy", {"test": "SST-2"}) for condition, against in _COMPARISONS
    ]
    quantities += [found for hybrid in _SHIPPED for found in shipped(hybrid, _BASELINES)]
    for task, trials in by_task.items():
        quantities += [
            found for found in gains(trials, "Transformer", {"task": task}) if found.where["variant"] == "hybrid"
        ]
    plots = (
        compared(ABLATIONS, _CONDITIONS, {"test": "accuracy", "held out": "held_out"}, "Recorded: SST-2, three seeds"),
        _by_task(by_task, sizes.shapes),
    )
    notes = (
        "The recorded study trained 51 models on SST-2; the small models on made tasks were trained for this result.",
    )
    sources = (source(ABLATIONS), *(file for hybrid in _SHIPPED for file in records_of(hybrid, _BASELINES)))
    return Measured(plots, tuple(quantities), tuple(range(sizes.seeds)), notes, sources)


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
    pretraining. It holds where the whole interval is above 0, and fails where none of it is above half a point."""
    found = named(quantities, "gain in accuracy")
    return all_above(found, _LITTLE)


register(
    Claim(
        name="text_hybrid",
        place=9,
        sentence="Pretrained LSTM and GRU networks that feed a Transformer improve text classification.",
        source="The article, on its integrated model for texts.",
        method="Recorded models on SST-2, paired by seed; small models on made tasks that one ability decides.",
        quick=Sizes(tasks=("brackets",), shapes=("Transformer", "hybrid"), updates=80, seeds=2),
        full=Sizes(
            tasks=("brackets", "copying", "majority", "recall", "negation"),
            shapes=("LSTM", "Transformer", "hybrid"),
            updates=200,
            seeds=3,
        ),
        measure=measure,
        rule=rule,
    )
)
