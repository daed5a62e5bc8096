"""What `evaluate-explanations --all` measures: for each model the sets with ground truth that fit it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...checkpoints.cards import in_families
from ...checkpoints.store import Checkpoint
from ...data import InputError
from .benchmark import chosen_methods
from .outlook import Outlook, outlook
from .run import PLANTED, RANDOMISED, evaluate_explanations

FIRST = 60  # inputs of each set: ten times as many would narrow an interval by two thirds, and take days
_MORE = {"sst2/dev.tsv.xz": 200, "everyday-en/customer-reviews.tsv.xz": 200, "sst-trees": 400}  # where they are short
_FAITHFUL = {  # by the hybrid of a family, sets whose sentences or photos it did not train on
    "sentiment-en": ("sst2/dev.tsv.xz", "everyday-en/customer-reviews.tsv.xz"),
    "sentiment-zh": ("chnsenticorp/test.tsv.xz",),
    "news-en": ("ag-news-partial/test.tsv.xz",),
    "caltech101": ("caltech101/caltech101.zip", "pets-partial"),
    "objects": ("imagenet-sample/imagenet-sample-500.zip", "pets-partial"),
}
_MARKED = {  # sets that people marked, for the hybrids whose words they are about
    "sentiment-en": ("movie-rationales", "sst-trees", "imdb-counterfactual/dev.tsv.xz"),
}
_LONG = ("movie-rationales", "imdb-counterfactual/dev.tsv.xz")  # whole reviews
_NOT_ON_LONG = ("greedy-occlusion", "kernel-shap", "permutation-shapley", "gradient-shap")  # minutes for each there
_PLANTED = ("sentiment-en", "caltech101")  # one of each modality: the planted models are the same for all
# Verdicts by as many seeds, on so many inputs, of one method: a verdict asks about the random orders.
_SEEDS, _SEEDED, _METHOD_OF_SEEDS = 20, 20, "integrated-gradients"


@dataclass(frozen=True)
class Step:
    """A part of the plan.

    Attributes:
        model: name of a model.
        path: of a set within a folder of data sets, or "planted".
        limit: inputs of the set.
        left_out: methods that are not measured there.
        randomised: inputs on which weights are drawn anew.
        seeds: of the random orders, where it is the verdict that is measured.
    """

    model: str
    path: str
    limit: int = FIRST
    left_out: tuple[str, ...] = ()
    randomised: int = 0
    seeds: int | None = None

    def methods(self, wanted: Sequence[str] | None, layout: str) -> list[str]:
        """Return the methods to measure here, of those wanted (all that fit for None)."""
        if self.seeds is not None and wanted is None:
            return [_METHOD_OF_SEEDS]
        return [name for name in chosen_methods(wanted, layout) if wanted is not None or name not in self.left_out]


def plan(folder: Path, only: Sequence[str] = ()) -> list[Step]:
    """Return the steps, the hybrids' before those of their baselines, and first sets first: what is cut off is of least
    weight.

    On the first set of each hybrid weights are drawn anew, and verdicts are compared by seeds.

    Args:
        only: names of the models to measure; all by default.

    Raises:
        InputError: for a set that is not in the folder, and for a model that is not there.
    """
    families = in_families()
    if missing := sorted(set(only) - set(families)):
        raise InputError(f"There is no model {missing[0][:60]!r}: there is {', '.join(families)}.")
    steps = [step for name, card in families.items() for step in _steps(folder, name, card.get("baseline_of"))]
    ordered = [step for _, step in sorted(steps, key=lambda placed: placed[0])]
    return [step for step in ordered if not only or step.model in only]


def _steps(folder: Path, name: str, hybrid: str | None) -> Iterator[tuple[tuple[bool, int], Step]]:
    """Yield the steps of a model with their places in the plan.

    Args:
        hybrid: of which the model is a baseline; None for a hybrid.
    """
    for number, path in enumerate([*_FAITHFUL.get(hybrid or name, ()), *_MARKED.get(name, ())]):
        if not (folder / path).exists():
            raise InputError(f"There is no {path} in {folder}: --all needs every set that its plan names.")
        first, where = number == 0 and hybrid is None, str(folder / path)
        limit = FIRST if hybrid else _MORE.get(path, FIRST)
        left_out = _NOT_ON_LONG if path in _LONG else ()
        yield (hybrid is not None, number), Step(name, where, limit, left_out, RANDOMISED if first else 0)
        if first:
            yield (False, number), Step(name, where, _SEEDED, seeds=_SEEDS)
    if name in _PLANTED:
        yield (False, 0), Step(name, PLANTED)


def evaluate_all(
    data: Sequence[str],
    load: Callable[[str], Checkpoint],
    methods: Sequence[str] | None = None,
    limit: int | None = None,
    only: Sequence[str] = (),
    randomised: int | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Measure every method on every model and set of the plan; see `evaluate_explanations`.

    Args:
        data: one folder, in which the data sets lie.
        load: returns a checkpoint by its name.
        methods: names; by default all that the plan does not leave out.
        limit: inputs of each set, by default those of the plan.
        only: see `plan`.
        randomised: inputs of each set on which weights are drawn anew, by default those of the plan.
        more: further arguments of `evaluate_explanations`.

    Raises:
        InputError: see there, and for anything but one folder.
    """
    measured = []
    for step in plan(_folder(data), only):
        checkpoint = load(step.model)
        measured.append(
            evaluate_explanations(
                checkpoint,
                [step.path],
                step.methods(methods, checkpoint.model.layout),
                limit or step.limit,
                randomised=step.randomised if randomised is None else randomised,
                seeds=step.seeds,
                **more,
            )
        )
    return {"model": "all", **{key: [each for one in measured for each in one[key]] for key in ("results", "notices")}}


def outlooks(
    data: Sequence[str],
    load: Callable[[str], Checkpoint],
    methods: Sequence[str] | None = None,
    limit: int | None = None,
    only: Sequence[str] = (),
    seed: int = 0,
    journal: Path | None = None,
) -> Iterator[Outlook]:
    """Yield for each step of the plan what of it is done and what it would still take, without measuring anything.

    Weights drawn anew are not counted.

    Args:
        data, load, methods, limit, only: see `evaluate_all`.
        seed, journal: see `evaluate_explanations`.

    Raises:
        InputError: see there.
    """
    for step in plan(_folder(data), only):
        checkpoint = load(step.model)
        names = step.methods(methods, checkpoint.model.layout)
        yield outlook(checkpoint, step.path, names, limit or step.limit, seed, journal, step.seeds)


def _folder(data: Sequence[str]) -> Path:
    if len(data) != 1 or not Path(data[0]).is_dir():
        raise InputError("--all takes one folder with --data, in which the data sets lie.")
    return Path(data[0])
