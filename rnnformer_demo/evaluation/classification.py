"""Evaluation of a checkpoint on any labelled data set that the readers take."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from ..checkpoints.store import Checkpoint
from ..data import InputError
from ..data.photo_sets import PhotoSet
from ..data.readers import Rejected, TextRow, label_index, read_texts
from ..data.text import UNKNOWN, TextReader, pad
from ..interpret.interventions import ablation_logits, total_variation
from ..models import Hybrid
from ..nn.devices import to_device_of
from . import metrics
from .intervals import mcnemar
from .modality import require_grid, text_reader

TEXTS_PER_BATCH, PHOTOS_PER_BATCH = 64, 32
_STEPS_PER_BATCH = 4096  # padding included: the attention of 64 long texts outgrows the processor's caches


def short_path(path: str | Path) -> str:
    """Return folder and name of a data set, which identify it wherever it lies."""
    path = Path(path)
    return f"{path.parent.name}/{path.name}" if path.parent.name else path.name


Forward = Callable[[Tensor, Tensor], Tensor]  # inputs and mask of a batch to (B, K)


@dataclass(frozen=True)
class Scored:
    """Logits (N, C), true labels (N,) and lengths (N,) of a data set, the rows that could not be read, and its name.

    Attributes:
        ablated: logits (N, C) with parts of the model disabled, by the name of the intervention.
        notices: sentences about how the data set was read.
    """

    data: str
    logits: Tensor
    labels: Tensor
    steps: Tensor
    rejected: list[Rejected]
    ablated: dict[str, Tensor] = field(default_factory=dict)
    notices: Sequence[str] = ()


def evaluate(
    checkpoint: Checkpoint,
    path: str | Path,
    split: str | None = None,
    drop: Iterable[str] = (),
    beside: Sequence[Checkpoint] = (),
    ablate: bool = False,
) -> dict:
    """Return the figures of a checkpoint on a data set.

    Returns:
        Those of `metrics.summarise`, `reliability`, `model`, `data` (the set's name), `rejected_rows` and `rejected` (a
        sentence for each of them, with its line or its path), and `notices` where there is something to say of how the
        set was read.
        With `ablate`, `ablations`: by intervention the accuracy, the share of inputs whose answer is another one
        (`changed`), the mean total variation distance of the probabilities (`moved`), and the p-value of McNemar's test
        against the whole model.

    Args:
        path: TSV, CSV or JSONL of text and label; a folder or zip of photos.
        split: name of a part of a set of photos; where none is named "test", or else "val", if it has one.
        drop: classes to leave out.
        beside: further checkpoints with the same classes. Their figures follow under `beside`, each with `paired`: how
            many inputs it alone and the first one alone get right, and the p-value of McNemar's test.
        ablate: test each model with its attention made uniform and permuted, its pooling made uniform and its
            recurrence switched off, too; see `ablation_logits`.

    Raises:
        InputError: for a data set that cannot be read, fits another modality, or holds nothing to evaluate on, and for
            a checkpoint beside it that has other classes.
    """
    for other in beside:
        if other.labels != checkpoint.labels:
            raise InputError(f"{other.name} has other classes than {checkpoint.name}: compare models of one task.")
    scored = _score(checkpoint, Path(path), split, set(drop), ablate)
    figures = _figures(checkpoint, scored)
    if not beside:
        return figures
    others = ((other, _score(other, Path(path), split, set(drop), ablate)) for other in beside)
    return figures | {
        "beside": [
            _figures(other, theirs) | {"paired": {"with": checkpoint.name, **_paired(scored, theirs)}}
            for other, theirs in others
        ]
    }


def _score(checkpoint: Checkpoint, path: Path, split: str | None, drop: set[str], ablate: bool) -> Scored:
    model, names = checkpoint.model, ["original"]

    def all_logits(inputs: Tensor, mask: Tensor) -> Tensor:
        logits = ablation_logits(model, inputs, mask)
        names[:] = logits
        return torch.cat([*logits.values()], dim=-1)

    read = _score_texts if model.modality == "text" else _score_photos
    scored = read(checkpoint, path, split, drop, all_logits if ablate else model)
    if not len(scored.labels):
        rejected = _sentences(scored)
        first = f"; {rejected[0].rstrip('.')}" if rejected else ""
        raise InputError(f"{path.name} holds nothing to evaluate on ({len(rejected)} rows rejected){first}.")
    logits, *ablated = scored.logits.split(len(checkpoint.labels), dim=-1)
    return replace(scored, logits=logits, ablated=dict(zip(names[1:], ablated, strict=True)))


def _sentences(scored: Scored) -> list[str]:
    return [f"line {row.line}: {row.reason}" for row in sorted(scored.rejected, key=lambda row: row.line)]


def _figures(checkpoint: Checkpoint, scored: Scored) -> dict:
    logits, labels, steps, temperature = scored.logits, scored.labels, scored.steps, checkpoint.temperature
    return {
        "model": checkpoint.name,
        "data": scored.data,
        **metrics.summarise(logits, labels, steps, temperature),
        "reliability": metrics.reliability(temperature.probabilities(logits, steps), labels),
        **({"ablations": _ablations(checkpoint, scored)} if scored.ablated else {}),
        "rejected_rows": len(scored.rejected),
        "rejected": _sentences(scored),
        **({"notices": [*scored.notices]} if scored.notices else {}),
    }


def _ablations(checkpoint: Checkpoint, scored: Scored) -> dict[str, dict[str, float]]:
    usual, figures = checkpoint.temperature.probabilities(scored.logits, scored.steps), {}
    for name, logits in scored.ablated.items():
        probabilities = checkpoint.temperature.probabilities(logits, scored.steps)
        answers = logits.argmax(-1)
        figures[name] = {
            "accuracy": (answers == scored.labels).double().mean().item(),
            "changed": (answers != scored.logits.argmax(-1)).double().mean().item(),
            "moved": total_variation(probabilities, usual).mean().item(),
            "p": _paired(scored, replace(scored, logits=logits))["p"],
        }
    return figures


def _paired(first: Scored, this: Scored) -> dict:
    first_right, this_right = (scored.logits.argmax(-1) == scored.labels for scored in (first, this))
    only_this, only_first = int((this_right & ~first_right).sum()), int((first_right & ~this_right).sum())
    return {"only_this": only_this, "only_first": only_first, "p": mcnemar(only_this, only_first)}


def _score_texts(checkpoint: Checkpoint, path: Path, split: str | None, drop: set[str], forward: Forward) -> Scored:
    if split is not None:
        raise InputError(f"{path.name} has no split {split!r}: only photos with an index.csv have splits.")
    rows, rejected = read_texts(path)
    readable, labels = [], []
    for row in rows:
        if row.label in drop:
            continue
        try:
            labels.append(_label_index(row.label, checkpoint))
        except InputError as error:
            rejected.append(Rejected(row.line, str(error)))
        else:
            readable.append(row)
    stem = path.name.split(".")[0]
    ids = text_ids(text_reader(checkpoint), readable)
    return Scored(
        data=f"{path.parent.name} {stem}".strip(),
        logits=_in_batches(forward, checkpoint.model, ids),
        labels=torch.tensor(labels),
        steps=torch.tensor([len(row) for row in ids]),
        rejected=rejected,
    )


def _label_index(label: str, checkpoint: Checkpoint) -> int:
    """Return the index of a label, named as the model or as its training data names it."""
    raw_labels = checkpoint.card["data"].get("labels", ())
    return raw_labels.index(label) if label in raw_labels else label_index(label, checkpoint.labels)


def text_ids(reader: TextReader, rows: list[TextRow]) -> list[list[int]]:
    """Return the ids of many texts, at least one of each."""
    return [reader.ids(row.text) or [UNKNOWN] for row in rows]


def text_logits(model: Hybrid, ids: list[list[int]], progress: bool = True) -> Tensor:
    """Return the logits (N, C) of many texts, given as ids, batched by length."""
    return _in_batches(model, model, ids, progress)


@torch.no_grad()
def _in_batches(forward: Forward, model: Hybrid, ids: list[list[int]], progress: bool = True) -> Tensor:
    """Return what a function gives for texts (N, K), batched by length; (0, C) for none."""
    batches = by_length(ids)
    parts = [
        forward(*to_device_of(model, *pad([ids[index] for index in batch]))).cpu()
        for batch in tqdm(batches, desc="texts", disable=not progress, mininterval=2)
    ]
    order = torch.tensor([index for batch in batches for index in batch], dtype=torch.long)
    return torch.cat(parts)[order.argsort()] if parts else torch.zeros(0, len(model.config.labels))


def by_length(ids: list[list[int]]) -> list[list[int]]:
    """Return batches of texts of like length, as indices: many short ones, few long ones."""
    batches: list[list[int]] = [[]]
    for index in sorted(range(len(ids)), key=lambda index: len(ids[index])):
        if len(batches[-1]) >= max(1, min(TEXTS_PER_BATCH, _STEPS_PER_BATCH // max(1, len(ids[index])))):
            batches.append([])
        batches[-1].append(index)
    return [batch for batch in batches if batch]


@torch.no_grad()
def _score_photos(checkpoint: Checkpoint, path: Path, split: str | None, drop: set[str], forward: Forward) -> Scored:
    photos, (h, w) = PhotoSet(path), require_grid(checkpoint.model.grid)

    def run(batch: list[Tensor]) -> Tensor:
        return forward(torch.cat(batch), torch.ones(len(batch), h * w, dtype=torch.bool))

    split = split or photos.test_split
    rows = photos.select(split)
    kept = set(photos.without(rows, drop))
    logits, labels, rejected, batch = [], [], [], []
    for number, row in enumerate(tqdm(rows, desc="photos", mininterval=2), start=1):
        if row in kept:
            try:
                label = label_index(row.label, checkpoint.labels)
                batch.append(checkpoint.reader(photos.read(row.path)).inputs)
                labels.append(label)
            except InputError as error:
                rejected.append(Rejected(number, f"{row.path}: {error}"))
        if len(batch) == PHOTOS_PER_BATCH:
            logits.append(run(batch))
            batch = []
    if batch:
        logits.append(run(batch))
    return Scored(
        data=f"{path.stem} {split or ''}".strip(),
        logits=torch.cat(logits) if logits else torch.zeros(0, len(checkpoint.labels)),
        labels=torch.tensor(labels),
        steps=torch.full((len(labels),), h * w),
        rejected=rejected,
        notices=photos.notices,
    )
