"""Texts of tests that a model has nearly seen in training: `python -m rnnformer_demo near-duplicates`."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from .. import __version__
from ..checkpoints.cards import read_card
from ..checkpoints.store import Checkpoint
from ..data import InputError
from ..data.rows import TextRow
from ..data.tables import is_table, read_texts
from ..data.text_likeness import LIKENESS, KnownTexts
from .classification import text_ids, text_logits
from .intervals import wilson_interval
from .labelling import label_rows
from .modality import text_reader
from .reporting.figures import HELD_OUT
from .reporting.sources import languages, training_files
from .shift.sets import SETS, read_rows


def find_near_duplicates(
    names: Iterable[str], load: Callable[[str], Checkpoint], folder: Path, least: float = LIKENESS
) -> dict[str, Any]:
    """Compare the tests of text models with the files on which the models were trained.

    Args:
        names: of the models.
        load: returns a checkpoint by its name.
        folder: in which the data sets lie.
        least: likeness from which on two texts count as nearly the same, 0-1.

    Returns:
        `results`, one of each model and test; likeness, version and date. A result has n, how many of its texts are
        the `same` as one of the files, how many others are `similar`, and of how many of both the nearest one has
        `other_label`; `right_among` them and `right_else`: n, accuracy, Wilson's interval; and `pairs`, of each similar
        text its own place in the test, the nearest one's in the files, and the likeness.

    Raises:
        InputError: for a set that is not in the folder, and for a model of photos.
    """
    names, results = [*names], []
    for name in names:
        if read_card(name)["modality"] != "text":
            raise InputError(f"{name} reads photos: near-duplicates are sought among texts.")
    for model in map(load, names):
        seen = [row for file in training_files(model.card) for row in read_texts(folder / file).rows]
        known, classes = KnownTexts((row.text for row in seen), least), _classes(seen, model, "training files")
        for test, rows in _tests(model, folder).items():
            about = {"model": model.name, "model_sha256": model.sha256, "data": test}
            in_card = model.card["metrics"].get(test, {})
            right = round(in_card["accuracy"] * in_card["n"]) if in_card.get("n") == len(rows) else None
            results.append(about | _compared(model, rows, _classes(rows, model, test), known, classes, right))
    about = {"version": __version__, "date": datetime.datetime.now(datetime.UTC).date().isoformat()}
    return {**about, "likeness": least, "results": results}


def _tests(model: Checkpoint, folder: Path) -> dict[str, list[TextRow]]:
    """Return the rows of each test in a model's card, and of the everyday sets that fit it."""
    tests = {}
    for test in model.card["metrics"]:
        if test != HELD_OUT:
            where, stem = test.split(" ", 1)
            files = [path for path in (folder / where).glob(f"{stem}.*") if is_table(path)]
            if not files:
                raise InputError(f"There is no {where}/{stem} in {folder}: --data names the folder of all data sets.")
            tests[test] = read_texts(files[0]).rows
    if "negative" in model.labels:
        fitting = [each for each in SETS if each.language in languages(model.card)]
        tests |= {each.name: read_rows(each, folder).rows for each in fitting}
    return tests


def _classes(rows: Sequence[TextRow], model: Checkpoint, name: str) -> Tensor:
    indices = label_rows([row.label for row in rows], model, name).mapping.indices
    return torch.tensor([indices[row.label] for row in rows])


def _compared(
    model: Checkpoint, rows: list[TextRow], labels: Tensor, known: KnownTexts, classes: Tensor, right: int | None
) -> dict[str, Any]:
    """Return the figures of a test; `right` counts the rows that the model gets right, None where nobody knows yet."""
    nearest = [known.nearest(row.text) for row in rows]
    found = {place: one for place, one in enumerate(nearest) if one is not None}
    among = _hits(model, [rows[place] for place in found], labels[[*found]])
    if right is None:
        right = _hits(model, rows, labels)
    return {
        "n": len(rows),
        "same": sum(one.same for one in found.values()),
        "similar": sum(not one.same for one in found.values()),
        "other_label": sum(bool(classes[one.place] != labels[place]) for place, one in found.items()),
        "right_among": _share(among, len(found)),
        "right_else": _share(right - among, len(rows) - len(found)),
        "pairs": [(place, one.place, round(one.likeness, 3)) for place, one in found.items() if not one.same],
    }


def _hits(model: Checkpoint, rows: list[TextRow], labels: Tensor) -> int:
    logits = text_logits(model.model, text_ids(text_reader(model), rows), progress=False)
    return int((logits.argmax(-1) == labels).sum())


def _share(hits: int, n: int) -> dict[str, Any]:
    return {"n": n, "accuracy": hits / n, "interval": list(wilson_interval(hits, n))} if n else {"n": 0}
