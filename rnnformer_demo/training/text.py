"""Training of a text hybrid from tables of labelled texts to a checkpoint."""

import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from tqdm import tqdm

from .. import checkpoints
from ..checkpoints import Checkpoint
from ..data import InputError
from ..data.readers import TextRow, label_index, read_texts
from ..data.text import TextReader, pad, train_tokenizer
from ..models.text import TextConfig, TextHybrid
from .evaluation import short_path, text_logits
from .holdout import hold_out
from .loop import Batch, Recipe, fit
from .record import add_tests, calibrate, training_record
from .vectors import minilm_vectors

HELD_OUT_SHARE, HELD_OUT_MOST = 0.1, 500  # of each file
_BUCKET = 50  # batches whose texts are sorted by length together


@dataclass
class Corpus:
    """Labelled texts of one or several files, split into a training and a held-out part.

    Attributes:
        labels: class names.
        training, held_out: rows of either part.
        rows, rejected: how many rows were read, and how many could not be.
    """

    labels: tuple[str, ...]
    training: list[TextRow] = field(default_factory=list)
    held_out: list[TextRow] = field(default_factory=list)
    rows: int = 0
    rejected: int = 0

    def target(self, row: TextRow) -> int:
        """Class of a row."""
        return self.labels.index(row.label)


def read_corpus(files: Sequence[str], label_names: Sequence[str] | None, seed: int) -> Corpus:
    """Reads the files and holds part of each out; see `hold_out`.

    Args:
        label_names: names for the labels of the files, in their sorted order.

    Raises:
        InputError: for data that cannot be read, holds a single class, or is too small to hold some out.
    """
    read = [read_texts(file) for file in files]
    raw_labels = sorted({row.label for rows, _ in read for row in rows})
    shown = ", ".join(Path(file).name for file in files)
    if len(raw_labels) < 2:
        raise InputError(f"{shown} holds a single label, {raw_labels[0]!r}: two are needed at least.")
    if label_names and len(label_names) != len(raw_labels):
        raise InputError(f"There are {len(raw_labels)} labels in {shown}, but {len(label_names)} names.")
    corpus = Corpus(tuple(label_names or raw_labels))
    for file, (rows, rejected) in zip(files, read, strict=True):
        for row in rejected:
            tqdm.write(f"{file}, line {row.line} is left out: {row.reason}", file=sys.stderr)
        named = [replace(row, label=corpus.labels[label_index(row.label, tuple(raw_labels))]) for row in rows]
        count = min(HELD_OUT_MOST, round(HELD_OUT_SHARE * len(named)))
        training, held_out = hold_out([row.text for row in named], count, seed)
        corpus.training += [named[index] for index in training]
        corpus.held_out += [named[index] for index in held_out]
        corpus.rows += len(rows)
        corpus.rejected += len(rejected)
    if not corpus.held_out:
        raise InputError(f"{shown} holds too few different texts ({corpus.rows}) to hold some out.")
    return corpus


def train(
    data: Sequence[str],
    name: str,
    config: TextConfig,
    recipe: Recipe,
    command: str,
    tests: Sequence[str] = (),
    label_names: Sequence[str] | None = None,
    word_vectors: bool = False,
    window: int | None = None,
    resume: bool = False,
    folder: Path | None = None,
    runs: Path = Path("runs"),
) -> Checkpoint:
    """Trains, selects the best epoch on a held-out part, calibrates there, tests, and saves.

    Args:
        data: files of labelled texts.
        config: of the model; its labels are replaced by those of the data.
        command: what the card says that the reader can rerun.
        tests: files on which the finished checkpoint is evaluated; nothing is chosen on them.
        label_names: names for the labels of the files, in their sorted order.
        word_vectors: start the embedding from a pretrained sentence encoder, see `minilm_vectors`.
        window: an epoch sees at most so many successive tokens of a text, drawn anew each time; None for all.

    Raises:
        InputError: see `read_corpus`.
    """
    corpus = read_corpus(data, label_names, recipe.seed)
    torch.manual_seed(recipe.seed)
    tokenizer = train_tokenizer((row.text for row in corpus.training), config.vocabulary)
    config = replace(config, labels=corpus.labels, vocabulary=tokenizer.get_vocab_size())
    reader = TextReader(tokenizer, config.max_tokens)
    model = TextHybrid(config)
    if word_vectors and not resume:
        model.embedding.weight.data.copy_(minilm_vectors(tokenizer, config.embedding))
    items = [(ids, corpus.target(row)) for row in corpus.training if (ids := reader.ids(row.text))]
    held_labels = torch.tensor([corpus.target(row) for row in corpus.held_out])

    def held_out_logits() -> torch.Tensor:
        return text_logits(model, reader, corpus.held_out, progress=False)

    started = time.time()
    history = fit(
        model,
        forward=model,
        batches=lambda epoch: _bucketed(items, recipe.batch_size, window, recipe.seed * 10_007 + epoch),
        batches_per_epoch=-(-len(items) // recipe.batch_size),
        accuracy=lambda: (held_out_logits().argmax(-1) == held_labels).float().mean().item(),
        recipe=recipe,
        run_folder=runs / name,
        resume=resume,
    )
    model.eval()
    about = {
        "data": {
            "file": ", ".join(map(short_path, data)),
            "rows": corpus.rows,
            "rejected_rows": corpus.rejected,
            "trained_on": len(items),
            "held_out": len(corpus.held_out),
        },
        "command": command,
    } | training_record(recipe, history, started)
    temperature, about["metrics"] = calibrate(held_out_logits(), held_labels)
    sentence = corpus.held_out[0].text
    saved = checkpoints.save(name, model, reader, about, temperature, sentence, folder)
    return add_tests(saved, tests, about, sentence, folder)


def _bucketed(items: list[tuple[list[int], int]], batch_size: int, window: int | None, seed: int) -> Iterator[Batch]:
    """Batches of texts of like length, in an order that the seed decides: little goes into padding."""
    chooser = random.Random(seed)
    order = [(_cut(ids, window, chooser), target) for ids, target in items]
    chooser.shuffle(order)
    size = batch_size * _BUCKET
    for start in range(0, len(order), size):
        order[start : start + size] = sorted(order[start : start + size], key=lambda item: len(item[0]))
    groups = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    chooser.shuffle(groups)
    for group in groups:
        inputs, mask = pad([ids for ids, _ in group])
        yield inputs, mask, torch.tensor([target for _, target in group])


def _cut(ids: list[int], window: int | None, chooser: random.Random) -> list[int]:
    if window is None or len(ids) <= window:
        return ids
    start = chooser.randrange(len(ids) - window + 1)
    return ids[start : start + window]
