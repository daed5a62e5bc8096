"""Faithfulness to the model itself, over many inputs: the share of inputs on which the units that a method marks change
the prediction more than random orders do, and the share of each verdict of `trust`.

The truth here is the model's own behaviour, so any labelled set will do: labels are not looked at, and the class that
is explained is the predicted one. The random control shows what the verdict is worth: it should never be trusted.
"""

import functools
from collections.abc import Callable
from pathlib import Path

import torch

from ...checkpoints.store import Checkpoint
from ...data import InputError, Sample
from ...data.opening import open_photo
from ...data.photo_sets import PhotoSet
from ...data.tables import TableOptions, is_table, read_texts
from ...interpret.attribution import Explanation
from ...interpret.trust.faithfulness import PerturbationCurves, perturbation_curves
from ...interpret.trust.stability import unit_scores
from ...interpret.trust.verdict import FEWEST_UNITS, GAP, VERDICTS, Findings, conclude
from ...nn.hooks import run
from .benchmark import Benchmark, Example, Measure, Parts, RowSet, Skipped
from .files import set_name

_BETTER_THAN = 95.0  # percentile among random orders


def _measures(usual: str, other: str) -> dict[str, Measure]:
    """Return the measures under two perturbations."""
    better = f"share of inputs on which comprehensiveness is better than on {_BETTER_THAN:.0f} % of random orders"
    return {
        f"convincing-{usual}": Measure(f"beats {_BETTER_THAN:.0f} % of random orders, {usual}", better),
        f"convincing-{other}": Measure(f"the same, {other}", better),
        f"comprehensiveness-{usual}": Measure(
            f"comprehensiveness, {usual}", "mean fall of the probability when the highest-scoring units go"
        ),
        f"sufficiency-{usual}": Measure(
            f"sufficiency, {usual}", "mean fall of the probability when only the highest-scoring units stay"
        ),
        "complete": Measure(f"gap at most {GAP:.0%}", "share of inputs on which the scores add up that exactly"),
        "trusted": Measure(
            f"verdict “{VERDICTS[0]}”", "share of inputs with that verdict, before sensitivity and domain are asked for"
        ),
        "refused": Measure(f"verdict “{VERDICTS[2]}”", "share of inputs with that verdict"),
    }


def find_texts(path: Path, table: TableOptions | None = None) -> Path | None:
    """Return the path of a table of texts, at least one of which can be read; None for anything else.

    Raises:
        InputError: where the user says how the table is written, and it is not written so.
    """
    if not path.is_file() or not is_table(path):
        return None
    try:
        read_texts(path, table)
    except InputError:
        if table not in (None, TableOptions()):
            raise
        return None
    return path


def read_text_table(path: Path, table: TableOptions | None = None) -> RowSet:
    """Read the texts of a table, with their lines."""
    texts = read_texts(path, table)
    rows = [(row.line, functools.partial(str, row.text)) for row in texts.rows]
    return RowSet(set_name(path), rows, texts.rejected, (f"{texts.notice}.",))


def find_photos(path: Path) -> Path | None:
    """Return the path of a folder or a zip of photos; None for anything else."""
    try:
        PhotoSet(path)
    except InputError:
        return None
    return path


def read_photo_set(path: Path) -> RowSet:
    """List the photos of a set's split "test", or all where there are no splits."""
    photos = PhotoSet(path)
    rows = photos.select(photos.test_split)

    def source(name: str) -> Callable[[], object]:
        return lambda: open_photo(photos.read(name))[0]

    return RowSet(path.stem, [(number, source(row.path)) for number, row in enumerate(rows, start=1)])


def faithfulness_example(checkpoint: Checkpoint, source: Callable[[], object]) -> Example:
    """Make an example of one input, explained for the predicted class.

    Args:
        source: gives the raw input.

    Raises:
        Skipped: for an input of too few units.
        InputError: for what the model's reader refuses.
    """
    sample, target = usable_sample(checkpoint, source)
    curves = functools.cache(lambda: curves_of(checkpoint, sample, target, seed=0))

    def score(explanation: Explanation) -> Parts:
        scores, gap = unit_scores(explanation, sample), explanation.completeness_gap
        perturbations, (conclusion, _) = conclude(curves(), scores, Findings(len(scores), gap))
        usual = next(iter(perturbations))
        convincing = {
            f"convincing-{name}": (float(removed.comprehensiveness.percentile >= _BETTER_THAN), 1.0)
            for name, removed in perturbations.items()
        }
        return convincing | {
            f"comprehensiveness-{usual}": (perturbations[usual].comprehensiveness.value, 1.0),
            f"sufficiency-{usual}": (perturbations[usual].sufficiency.value, 1.0),
            "complete": None if gap is None else (float(gap <= GAP), 1.0),
            "trusted": (float(conclusion == VERDICTS[0]), 1.0),
            "refused": (float(conclusion == VERDICTS[2]), 1.0),
        }

    return Example(checkpoint.model, sample, target, score, {})


def usable_sample(checkpoint: Checkpoint, source: Callable[[], object]) -> tuple[Sample, int]:
    """Read an input, and return it with the index of the predicted class.

    Raises:
        Skipped: for an input of too few units.
        InputError: for what the model's reader refuses.
    """
    sample = checkpoint.reader(source())
    if len(sample.unit_names) < FEWEST_UNITS:
        raise Skipped(f"fewer than {FEWEST_UNITS} units")
    return sample, int(run(checkpoint.model, sample.inputs, sample.mask)[0].argmax())


def curves_of(checkpoint: Checkpoint, sample: Sample, target: int, seed: int) -> dict[str, PerturbationCurves]:
    """Return the perturbation curves of an input, which all methods share, by perturbation."""
    steps = sample.mask.sum()

    def confidence(logits: torch.Tensor) -> torch.Tensor:
        return checkpoint.probabilities(logits, steps.expand(len(logits)))[:, target]

    return perturbation_curves(checkpoint.model, sample, confidence, seed)


def _benchmark(modality: str, inputs: str, perturbations: tuple[str, str], find: Callable, read: Callable) -> Benchmark:
    measures, explained = _measures(*perturbations), "the predicted class"
    return Benchmark(
        "faithfulness",
        modality,
        inputs,
        explained,
        measures,
        find,
        read,
        faithfulness_example,
        tabular=modality == "text",
    )


FAITHFUL_TEXTS = _benchmark("text", "texts", ("unknown", "deletion"), find_texts, read_text_table)
FAITHFUL_PHOTOS = _benchmark("image", "photos", ("blur", "mean"), find_photos, read_photo_set)
