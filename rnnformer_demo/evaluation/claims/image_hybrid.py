"""The claim that a pretrained CNN that feeds a Transformer improves image classification."""

from collections.abc import Sequence

from ..reporting.study_tables import IMAGE_ABLATIONS
from .lab.registry import Claim, register
from .lab.result import Measured, Quantity, Report, Verdict, named
from .lab.rules import all_above
from .lab.studies import compared, gain, records_of, shipped, source

_LITTLE = 0.5  # points of accuracy that do not matter
_HYBRID = "hybrid: LSTM along rows, GRU along columns"
_CNN, _NO_RECURRENCE = "CNN alone: mean pooling", "no recurrence"
_CONDITIONS = {
    "CNN, RNNs and Transformer": _HYBRID,
    "CNN and Transformer": _NO_RECURRENCE,
    "CNN and RNNs": "no attention",
    "CNN and a Transformer of its size": "Transformer alone, matched",
    "CNN alone": _CNN,
}
_COMPARISONS = (
    (_NO_RECURRENCE, _CNN),
    ("Transformer alone, matched", _CNN),
    (_HYBRID, _CNN),
    (_HYBRID, _NO_RECURRENCE),
)
_SHIPPED, _BASELINES = "caltech101", ("cnn", "transformer")


def measure(sizes: None, report: Report) -> Measured:
    """Read the recorded study on Caltech-101; there is nothing to train in seconds."""
    report(0.0)
    quantities = tuple(
        gain(IMAGE_ABLATIONS, condition, against, "accuracy", {"test": "Caltech-101"})
        for condition, against in _COMPARISONS
    )
    quantities += tuple(shipped(_SHIPPED, _BASELINES))
    figures = {"test": "accuracy", "test, mean of the classes": "mean_class_accuracy"}
    plot = compared(IMAGE_ABLATIONS, _CONDITIONS, figures, "Recorded: Caltech-101, three seeds")
    report(1.0)
    notes = (
        "A CNN takes minutes to train, so a live run reads the recorded models, too.",
        "Every model reads a CNN that was pretrained on ImageNet; one that was not has not been trained.",
    )
    sources = (source(IMAGE_ABLATIONS), *records_of(_SHIPPED, _BASELINES))
    return Measured((plot,), quantities, (0, 1, 2), notes, sources)


def rule(quantities: Sequence[Quantity]) -> Verdict:
    """Read the gains of models on the CNN over the CNN alone, and of recurrence beside attention: each holds where the
    whole interval is above 0, and fails where none of it is above half a point."""
    found = named(quantities, "gain in accuracy")
    return all_above(found, _LITTLE)


register(
    Claim(
        name="image_hybrid",
        place=10,
        sentence="A pretrained CNN that feeds a Transformer improves image classification.",
        source="The article, on its integrated model for photos.",
        method="Recorded models on Caltech-101, all of which read the same pretrained CNN, paired by seed.",
        quick=None,
        full=None,
        measure=measure,
        rule=rule,
    )
)
