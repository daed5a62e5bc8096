"""What `evaluate-explanations --all` measures: for each model the sets with ground truth that fit it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...checkpoints.cards import in_families
from ...checkpoints.store import Checkpoint
from ...data import InputError
from .outlook import Outlook, outlook
from .run import PLANTED, RANDOMISED, evaluate_explanations

FIRST = 60  # inputs of each set: ten times as many would narrow an interval by two thirds, and take days
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
_PLANTED = ("sentiment-en", "caltech101")  # one of each modality: the planted models are the same for all


@dataclass(frozen=True)
class Step:
    """A part of the plan.

    Attributes:
        model: name of a model.
        path: of a set within a folder of data sets, or "planted".
        randomised: inputs on which weights are drawn anew.
    """

    model: str
    path: str
    randomised: int = 0


def plan(folder: Path, only: Sequence[str] = ()) -> list[Step]:
    """Return the steps, the hybrids' before those of their baselines, and first sets first: what is cut off is of least
    weight.

    Weights are drawn anew on the first set of each hybrid.

    Args:
        only: names of the models to measure; all by default.

    Raises:
        InputError: for a set that is not in the folder, and for a model that is not there.
    """
    families = in_families()
    if missing := sorted(set(only) - set(families)):
        raise InputError(f"There is no model {missing[0][:60]!r}: there is {', '.join(families)}.")
    steps = []
    for name, card in families.items():
        hybrid = "baseline_of" not in card
        paths = [*_FAITHFUL.get(card.get("baseline_of", name), ()), *(_MARKED.get(name, ()))]
        for number, path in enumerate(paths):
            if not (folder / path).exists():
                raise InputError(f"There is no {path} in {folder}: --all needs every set that its plan names.")
            randomised = RANDOMISED if hybrid and number == 0 else 0
            steps.append(((not hybrid, number), Step(name, str(folder / path), randomised)))
        if name in _PLANTED:
            steps.append(((False, 0), Step(name, PLANTED)))
    ordered = [step for _, step in sorted(steps, key=lambda numbered: numbered[0])]
    return [step for step in ordered if not only or step.model in only]


def evaluate_all(
    data: Sequence[str],
    load: Callable[[str], Checkpoint],
    limit: int | None = None,
    only: Sequence[str] = (),
    randomised: int | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Measure every method on every model and set of the plan; see `evaluate_explanations`.

    Args:
        data: one folder, in which the data sets lie.
        load: returns a checkpoint by its name.
        limit: inputs of each set, by default `FIRST`.
        only: see `plan`.
        randomised: inputs of each set on which weights are drawn anew, by default those of the plan.
        more: further arguments of `evaluate_explanations`.

    Raises:
        InputError: see there, and for anything but one folder.
    """
    measured = [
        evaluate_explanations(
            load(step.model),
            [step.path],
            limit=limit or FIRST,
            randomised=step.randomised if randomised is None else randomised,
            **more,
        )
        for step in plan(_folder(data), only)
    ]
    return {"model": "all", **{key: [each for one in measured for each in one[key]] for key in ("results", "notices")}}


def outlooks(
    data: Sequence[str],
    load: Callable[[str], Checkpoint],
    limit: int | None = None,
    only: Sequence[str] = (),
    methods: Sequence[str] | None = None,
    seed: int = 0,
    journal: Path | None = None,
) -> Iterator[Outlook]:
    """Yield for each step of the plan what of it is done and what it would still take, without measuring anything.

    Weights drawn anew are not counted.

    Args:
        data, load, limit, only: see `evaluate_all`.
        methods, seed, journal: see `evaluate_explanations`.

    Raises:
        InputError: see there.
    """
    for step in plan(_folder(data), only):
        yield outlook(load(step.model), step.path, methods, limit or FIRST, seed, journal)


def _folder(data: Sequence[str]) -> Path:
    if len(data) != 1 or not Path(data[0]).is_dir():
        raise InputError("--all takes one folder with --data, in which the data sets lie.")
    return Path(data[0])
