"""What `evaluate-explanations --all` measures: for each model the sets with ground truth that fit it."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ...checkpoints.cards import in_families
from ...checkpoints.store import Checkpoint
from ...data import InputError
from .run import PLANTED, evaluate_explanations

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


def plan(folder: Path) -> Iterator[tuple[str, str]]:
    """Yield each model with a set to measure it on: a path within a folder of data sets, or "planted".

    Raises:
        InputError: for a set that is not in the folder.
    """
    for name, card in in_families().items():
        task = card.get("baseline_of", name)
        paths = [*_FAITHFUL.get(task, ()), *(_MARKED.get(name, ()))]
        for path in paths:
            if not (folder / path).exists():
                raise InputError(f"There is no {path} in {folder}: --all needs every set that its plan names.")
            yield name, str(folder / path)
        if name in _PLANTED:
            yield name, PLANTED


def evaluate_all(
    data: Sequence[str],
    load: Callable[[str], Checkpoint],
    limit: int | None = None,
    **more: Any,
) -> dict[str, Any]:
    """Measure every method on every model and set of the plan; see `evaluate_explanations`.

    Args:
        data: one folder, in which the data sets lie.
        load: returns a checkpoint by its name.
        limit: inputs of each set, by default `FIRST`.
        more: further arguments of `evaluate_explanations`.

    Raises:
        InputError: see there, and for anything but one folder.
    """
    if len(data) != 1 or not Path(data[0]).is_dir():
        raise InputError("--all takes one folder with --data, in which the data sets lie.")
    steps = [*plan(Path(data[0]))]
    measured = [evaluate_explanations(load(name), [path], limit=limit or FIRST, **more) for name, path in steps]
    return {"model": "all", **{key: [each for one in measured for each in one[key]] for key in ("results", "notices")}}
