"""Training of a text hybrid from a table of labelled texts to a checkpoint."""

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import torch

from .. import checkpoints
from ..checkpoints import Checkpoint
from ..data import InputError
from ..data.readers import label_index, read_texts
from ..data.text import TextReader, pad, train_tokenizer
from ..models.text import TextConfig, TextHybrid
from . import metrics
from .evaluation import evaluate, short_path, text_logits
from .holdout import hold_out
from .loop import Batch, Recipe, fit
from .vectors import minilm_vectors

HELD_OUT_SHARE, HELD_OUT_MOST = 0.1, 1000
_BUCKET = 50  # batches whose texts are sorted by length together


def train(
    data: str,
    name: str,
    config: TextConfig,
    recipe: Recipe,
    command: str,
    tests: list[str],
    label_names: list[str] | None = None,
    word_vectors: bool = False,
    resume: bool = False,
    folder: Path | None = None,
    runs: Path = Path("runs"),
) -> Checkpoint:
    """Trains, selects the best epoch on a held-out part, calibrates there, tests, and saves.

    Args:
        data: file of labelled texts.
        config: of the model; its labels are replaced by those of the data.
        command: what the card says that the reader can rerun.
        tests: files on which the finished checkpoint is evaluated; nothing is chosen on them.
        word_vectors: start the embedding from a pretrained sentence encoder, see `minilm_vectors`.
        label_names: names for the labels of the file, in their sorted order.

    Raises:
        InputError: for data that cannot be read or holds a single class.
    """
    rows, rejected = read_texts(data)
    raw_labels = sorted({row.label for row in rows})
    if len(raw_labels) < 2:
        raise InputError(f"{Path(data).name} holds a single label, {raw_labels[0]!r}: two are needed at least.")
    if label_names and len(label_names) != len(raw_labels):
        raise InputError(f"There are {len(raw_labels)} labels in {Path(data).name}, but {len(label_names)} names.")
    labels = tuple(label_names or raw_labels)
    texts = [row.text for row in rows]
    targets = [label_index(row.label, tuple(raw_labels)) for row in rows]
    held_out_count = min(HELD_OUT_MOST, round(HELD_OUT_SHARE * len(texts)))
    training, held_out = hold_out(texts, held_out_count, recipe.seed)
    if not held_out:
        raise InputError(f"{Path(data).name} holds too few different texts ({len(texts)}) to hold some out.")

    torch.manual_seed(recipe.seed)
    tokenizer = train_tokenizer((texts[index] for index in training), config.vocabulary)
    config = replace(config, labels=labels, vocabulary=tokenizer.get_vocab_size())
    reader = TextReader(tokenizer, config.max_tokens)
    model = TextHybrid(config)
    if word_vectors and not resume:
        model.embedding.weight.data.copy_(minilm_vectors(tokenizer, config.embedding))
    ids = [reader.ids(text) for text in texts]
    training = [index for index in training if ids[index]]
    held_rows, held_labels = [rows[index] for index in held_out], torch.tensor([targets[i] for i in held_out])

    def accuracy() -> float:
        logits = text_logits(model, reader, held_rows, progress=False)
        return (logits.argmax(-1) == held_labels).float().mean().item()

    def batches(epoch: int) -> Iterator[Batch]:
        return _bucketed(training, ids, targets, recipe.batch_size, recipe.seed * 10_007 + epoch)

    started = time.time()
    count = -(-len(training) // recipe.batch_size)
    history = fit(model, model, batches, count, accuracy, recipe, runs / name, resume)
    model.eval()
    logits = text_logits(model, reader, held_rows, progress=False)
    temperature = metrics.fit_temperature(logits, held_labels)
    about = {
        "data": {
            "file": short_path(data),
            "rows": len(rows),
            "rejected_rows": len(rejected),
            "trained_on": len(training),
            "held_out": len(held_out),
        },
        "command": command,
        "seed": recipe.seed,
        "training": {
            "minutes": round((time.time() - started) / 60, 1),
            "threads": torch.get_num_threads(),
            "history": [vars(progress) for progress in history],
        },
        "metrics": {
            "held_out": metrics.summarise((logits / temperature).softmax(-1), held_labels)
            | {"ece_before_scaling": metrics.expected_calibration_error(logits.softmax(-1), held_labels)}
        },
    }
    sentence = next(rows[index].text for index in held_out if len(ids[index]) > 4)
    saved = checkpoints.save(name, model, reader, about, temperature, sentence, folder)
    return add_tests(saved, tests, about, sentence, folder)


def add_tests(
    saved: Checkpoint, tests: list[str], about: dict, recorded: str = "", folder: Path | None = None, **options
) -> Checkpoint:
    """Evaluates what was saved on the test sets and writes the figures into its card.

    Args:
        about: what the card says already.
        recorded: the text whose output the card records.
        options: for `evaluate`.
    """
    for test in tests:
        figures = evaluate(saved, test, **options)
        key = "test" if Path(test).suffix == ".zip" or Path(test).is_dir() else Path(test).name.split(".")[0]
        about["metrics"][key] = {name: value for name, value in figures.items() if name not in ("model", "rejected")}
        about["metrics"][key]["file"] = short_path(test)
    return checkpoints.save(saved.name, saved.model, saved.reader, about, saved.temperature, recorded, folder)


def _bucketed(
    training: list[int], ids: list[list[int]], targets: list[int], batch_size: int, seed: int
) -> Iterator[Batch]:
    """Batches of texts of like length, in an order that the seed decides: little goes into padding."""
    order = training[:]
    chooser = random.Random(seed)
    chooser.shuffle(order)
    size = batch_size * _BUCKET
    for start in range(0, len(order), size):
        order[start : start + size] = sorted(order[start : start + size], key=lambda index: len(ids[index]))
    groups = [order[start : start + batch_size] for start in range(0, len(order), batch_size)]
    chooser.shuffle(groups)
    for group in groups:
        inputs, mask = pad([ids[index] for index in group])
        yield inputs, mask, torch.tensor([targets[index] for index in group])
