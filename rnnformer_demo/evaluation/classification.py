"""Evaluation of a checkpoint on any labelled data set that the readers take."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from ..checkpoints.store import Checkpoint
from ..data import InputError
from ..data.bulk import by_length, token_rows
from ..data.photo_sets import PhotoSet
from ..data.rows import Rejected, TextRow
from ..data.tables import TableOptions, read_texts
from ..data.text import UNKNOWN, TextReader, pad
from ..interpret.interventions import ablation_logits, total_variation
from ..models import Hybrid
from ..nn.devices import to_device_of
from ..nn.lanes import side_by_side
from . import metrics
from .intervals import holm, mcnemar
from .labelling import Labelling, Reading, balance_notice, label_rows, reading_of
from .modality import require_grid, text_reader

PHOTOS_PER_BATCH = 32


def short_path(path: str | Path) -> str:
    """Return folder and name of a data set, which identify it wherever it lies."""
    path = Path(path)
    return f"{path.parent.name}/{path.name}" if path.parent.name else path.name


Forward = Callable[[Tensor, Tensor], Tensor]  # inputs and mask of a batch to (B, K)


@dataclass(frozen=True)
class DataRequest:
    """The labelled data that a model is evaluated on.

    Attributes:
        path: of a table, or of a folder or zip of photos.
        split: name of a part of a set of photos.
        drop: classes to leave out.
        table: how a table is written.
        labels: what labels mean, see `map_labels`.
    """

    path: Path
    split: str | None = None
    drop: tuple[str, ...] = ()
    table: TableOptions = field(default_factory=TableOptions)
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scored:
    """Logits (N, C), true labels (N,) and lengths (N,) of a data set, the rows that could not be read, and its name.

    Attributes:
        labelling: what its labels mean.
        notices: sentences about how it was read.
        reading: how its texts were read; None for photos.
        ablated: logits (N, C) with parts of the model disabled, by the name of the intervention.
    """

    data: str
    logits: Tensor
    labels: Tensor
    steps: Tensor
    rejected: list[Rejected]
    labelling: Labelling
    notices: tuple[str, ...] = ()
    reading: Reading | None = None
    ablated: dict[str, Tensor] = field(default_factory=dict)


def evaluate(
    checkpoint: Checkpoint,
    path: str | Path,
    split: str | None = None,
    drop: Iterable[str] = (),
    beside: Sequence[Checkpoint] = (),
    ablate: bool = False,
    table: TableOptions | None = None,
    labels: Sequence[str] = (),
) -> dict:
    """Return the figures of a checkpoint on a data set.

    Returns:
        Those of `metrics.summarise`, `reliability`, `model`, `data` (the set's name), `rejected_rows` and `rejected` (a
        sentence for each of them, with its line or its path). `labels` is the class of each label of the set,
        `dropped_rows`, `cut_rows` and `unknown_rows` count rows of classes left out, texts beyond the model's length
        and texts of which it knows nothing; `notices` says all this in sentences.
        With `ablate`, `ablations`: by intervention the accuracy, the share of inputs whose answer is another one
        (`changed`), the mean total variation distance of the probabilities (`moved`), and the p-value of McNemar's test
        against the whole model.

    Args:
        path: a table of text and label, see `read_table`; a folder or zip of photos.
        split: name of a part of a set of photos; where none is named "test", or else "val", if it has one.
        drop: classes to leave out, by their names or by the set's labels.
        beside: further checkpoints with the same classes. Their figures follow under `beside`, each with `paired`: how
            many inputs it alone and the first one alone get right, the p-value of McNemar's test, and `p_holm`, that
            value corrected for the number of models beside.
        ablate: test each model with its attention made uniform and permuted, its pooling made uniform and its
            recurrence switched off, too; see `ablation_logits`.
        table: how a table is written, where that is not to be found out.
        labels: "CLASS=LABEL" for labels of the set, where that is not to be found out.

    Raises:
        InputError: for a data set that cannot be read, fits another modality, has labels that do not fit the classes,
            or holds nothing to evaluate on; and for a checkpoint beside it that has other classes.
    """
    for other in beside:
        if other.labels != checkpoint.labels:
            raise InputError(f"{other.name} has other classes than {checkpoint.name}: compare models of one task.")
    request = DataRequest(Path(path), split, tuple(drop), table or TableOptions(), tuple(labels))
    scored = _score(checkpoint, request, ablate)
    figures = _figures(checkpoint, scored)
    if not beside:
        return figures
    scores = [(other, _score(other, request, ablate)) for other in beside]
    pairs = {other.name: _paired(scored, theirs) for other, theirs in scores}
    corrected = holm({name: pair["p"] for name, pair in pairs.items()})
    return figures | {
        "beside": [
            _figures(other, theirs)
            | {"paired": {"with": checkpoint.name, **pairs[other.name], "p_holm": corrected[other.name]}}
            for other, theirs in scores
        ]
    }


def _score(checkpoint: Checkpoint, request: DataRequest, ablate: bool) -> Scored:
    model, names = checkpoint.model, ["original"]

    def all_logits(inputs: Tensor, mask: Tensor) -> Tensor:
        logits = ablation_logits(model, inputs, mask)
        names[:] = logits
        return torch.cat([*logits.values()], dim=-1)

    read = _score_texts if model.modality == "text" else _score_photos
    scored = read(checkpoint, request, all_logits if ablate else model)
    if not len(scored.labels):
        rejected = _sentences(scored)
        first = f"; {rejected[0].rstrip('.')}" if rejected else ""
        raise InputError(f"{request.path.name} holds nothing to evaluate on ({len(rejected)} rows rejected){first}.")
    logits, *ablated = scored.logits.split(len(checkpoint.labels), dim=-1)
    return replace(scored, logits=logits, ablated=dict(zip(names[1:], ablated, strict=True)))


def _sentences(scored: Scored) -> list[str]:
    return [f"line {row.line}: {row.reason}" for row in sorted(scored.rejected, key=lambda row: row.line)]


def _figures(checkpoint: Checkpoint, scored: Scored) -> dict:
    logits, labels, steps, temperature = scored.logits, scored.labels, scored.steps, checkpoint.temperature
    unbalanced = balance_notice(labels.bincount(minlength=len(checkpoint.labels)).tolist(), checkpoint.labels)
    return {
        "model": checkpoint.name,
        "data": scored.data,
        **metrics.summarise(logits, labels, steps, temperature),
        "reliability": metrics.reliability(temperature.probabilities(logits, steps), labels),
        **({"ablations": _ablations(checkpoint, scored)} if scored.ablated else {}),
        "rejected_rows": len(scored.rejected),
        "rejected": _sentences(scored),
        "labels": scored.labelling.mapping.as_dict(),
        "dropped_rows": sum(scored.labelling.dropped.values()),
        **({"cut_rows": scored.reading.cut, "unknown_rows": scored.reading.unknown} if scored.reading else {}),
        "notices": [*([unbalanced] if unbalanced else []), *scored.notices, *scored.labelling.notices()],
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


def _score_texts(checkpoint: Checkpoint, request: DataRequest, forward: Forward) -> Scored:
    path = request.path
    if request.split is not None:
        raise InputError(f"{path.name} has no split {request.split!r}: only photos with an index.csv have splits.")
    table, reader = read_texts(path, request.table), text_reader(checkpoint)
    labelling = label_rows([row.label for row in table.rows], checkpoint, path.name, request.drop, request.labels)
    mapping = labelling.mapping
    kept = [row for row in table.rows if row.label not in labelling.dropped]
    rows = [row for row in kept if row.label in mapping.indices]
    unknown = [Rejected(row.line, mapping.refusal(row.label)) for row in kept if row.label not in mapping.indices]
    read = token_rows(reader, [row.text for row in rows])
    ids = [row.ids or [UNKNOWN] for row in read]
    reading = reading_of(read)
    return Scored(
        data=f"{path.parent.name} {path.name.split('.')[0]}".strip(),
        logits=_in_batches(forward, checkpoint.model, ids),
        labels=torch.tensor([mapping.indices[row.label] for row in rows], dtype=torch.long),
        steps=torch.tensor([len(row) for row in ids]),
        rejected=table.rejected + unknown,
        labelling=labelling,
        notices=(*reading.notices(reader.max_tokens), f"{table.notice}."),
        reading=reading,
    )


def text_ids(reader: TextReader, rows: list[TextRow]) -> list[list[int]]:
    """Return the ids of many texts, at least one of each."""
    return [row.ids or [UNKNOWN] for row in token_rows(reader, [row.text for row in rows])]


def text_logits(model: Hybrid, ids: list[list[int]], progress: bool = True) -> Tensor:
    """Return the logits (N, C) of many texts, given as ids, batched by length."""
    return _in_batches(model, model, ids, progress)


@torch.no_grad()
def _in_batches(forward: Forward, model: Hybrid, ids: list[list[int]], progress: bool = True) -> Tensor:
    """Return what a function gives for texts (N, K), batched by length; (0, C) for none."""
    batches = by_length(ids)

    def run(batch: list[int]) -> Tensor:
        return forward(*to_device_of(model, *pad([ids[index] for index in batch]))).cpu()

    # A pass of torch uses the cores by itself.
    running = side_by_side(run, batches) if forward is model and model.engine else map(run, batches)
    parts = [*tqdm(running, desc="texts", total=len(batches), disable=not progress, mininterval=2)]
    order = torch.tensor([index for batch in batches for index in batch], dtype=torch.long)
    return torch.cat(parts)[order.argsort()] if parts else torch.zeros(0, len(model.config.labels))


@torch.no_grad()
def _score_photos(checkpoint: Checkpoint, request: DataRequest, forward: Forward) -> Scored:
    if request.table != TableOptions():
        raise InputError("--sep, --encoding, --text-column and --label-column are for tables of texts: leave them out.")
    photos, (h, w) = PhotoSet(request.path), require_grid(checkpoint.model.grid)

    def run(batch: list[Tensor]) -> Tensor:
        return forward(torch.cat(batch), torch.ones(len(batch), h * w, dtype=torch.bool))

    split = request.split or photos.test_split
    rows = photos.select(split)
    drop = _to_drop(request.drop, checkpoint, {row.label for row in rows})
    labelling = label_rows([row.label for row in rows], checkpoint, request.path.name, drop, request.labels)
    logits, labels, rejected, batch = [], [], [], []
    for number, row in enumerate(tqdm(rows, desc="photos", mininterval=2), start=1):
        if row.label in labelling.unknown:
            rejected.append(Rejected(number, f"{row.path}: {labelling.mapping.refusal(row.label)}"))
        elif row.label not in labelling.dropped:
            try:
                batch.append(checkpoint.reader(photos.read(row.path)).inputs)
                labels.append(labelling.mapping.indices[row.label])
            except InputError as error:
                rejected.append(Rejected(number, f"{row.path}: {error}"))
        if len(batch) == PHOTOS_PER_BATCH:
            logits.append(run(batch))
            batch = []
    if batch:
        logits.append(run(batch))
    return Scored(
        data=f"{request.path.stem} {split or ''}".strip(),
        logits=torch.cat(logits) if logits else torch.zeros(0, len(checkpoint.labels)),
        labels=torch.tensor(labels),
        steps=torch.full((len(labels),), h * w),
        rejected=rejected,
        labelling=labelling,
        notices=tuple(photos.notices),
    )


def _to_drop(drop: Sequence[str], checkpoint: Checkpoint, labels: set[str]) -> list[str]:
    """Return the classes to leave out; those that training left out need not occur in every test set."""
    untrained = checkpoint.card.get("data", {}).get("left_out_classes") or ()
    return [name for name in drop if name in labels or name not in untrained]
