"""Labelled texts of one or several files: read, split without leaks, and cut into batches."""

import hashlib
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from tqdm import tqdm

from ...data import InputError
from ...data.labels import counted
from ...data.rows import TextRow
from ...data.tables import TableOptions, TextTable, read_texts
from ...data.text import CJK, pad
from ...data.text_likeness import KnownTexts, normalised_text
from ..config import CorpusConfig
from ..loop import Batch
from .classes import Classes, classes_of
from .holdout import hold_out, with_every_class

HELD_OUT_SHARE, HELD_OUT_MOST = 0.1, 500  # of each file
_LARGE = 5_000  # rows of a file
_SPLIT_SEED = 0  # one split for all: models of different seeds, and teachers, hold out the same
_SENTENCE_END, _BREAK = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])"), re.compile(r"<br\s*/?>")
_WORD = re.compile(rf"[{CJK}]|[^\s{CJK}]+")
_WORDS_LEAST, _WORDS_MOST = 4, 60  # of a sentence that is worth learning from
_BUCKET = 50  # batches whose texts are sorted by length together


@dataclass
class Corpus:
    """Labelled texts of one or several files, split into a training and a held-out part.

    Attributes:
        labels: class names.
        raw_labels: what the files call them.
        training, held_out: rows of either part.
        rows, rejected: how many rows were read, and how many could not be.
        left_out: how many rows were dropped because their text stands in a file that training must not see.
        excluded: the texts of such files, see `normalised_text`.
        near: the same, where what is nearly one of them is left out, too.
    """

    labels: tuple[str, ...]
    raw_labels: tuple[str | list[str], ...]
    training: list[TextRow] = field(default_factory=list)
    held_out: list[TextRow] = field(default_factory=list)
    rows: int = 0
    rejected: int = 0
    left_out: int = 0
    excluded: frozenset[str] = frozenset()
    near: KnownTexts | None = None

    def excludes(self, text: str) -> bool:
        """Tell if training must not see a text."""
        same = normalised_text(text) in self.excluded
        return same or (self.near is not None and self.near.nearest(text) is not None)

    def target(self, row: TextRow) -> int:
        """Return the class of a row."""
        return self.labels.index(row.label)


def read_corpus(config: CorpusConfig) -> Corpus:
    """Read labelled texts and hold part of each file out, texts of every class; see `hold_out`.

    Raises:
        InputError: for data that cannot be read, holds a single class, or too few texts of one to hold some out.
    """
    tables = [read_texts(file, config.table) for file in config.data]
    shown = ", ".join(Path(file).name for file in config.data)
    classes = classes_of(counted(row.label for table in tables for row in table.rows), config.labels, shown)
    excluded = [row.text for file in config.exclude_texts for row in read_texts(file, config.table).rows]
    near = KnownTexts(excluded, config.exclude_likeness) if config.exclude_likeness < 1 else None
    corpus = Corpus(classes.names, classes.raw, excluded=frozenset(map(normalised_text, excluded)), near=near)
    for file, table in zip(config.data, tables, strict=True):
        say(f"{table.notice}.", *(f"{file}, line {row.line} is left out: {row.reason}" for row in table.rejected))
        _split(corpus, table, classes)
    say(*classes.notices)
    _hold_out_every_class(corpus)
    held_texts = {normalised_text(row.text) for row in corpus.held_out}  # the same text may stand in two files
    corpus.training = [row for row in corpus.training if normalised_text(row.text) not in held_texts]
    _check_classes(corpus, tables, classes, shown)
    return corpus


def say(*sentences: str) -> None:
    """Print sentences where progress is printed: standard output belongs to --json."""
    for sentence in sentences:
        tqdm.write(sentence, file=sys.stderr)


def _split(corpus: Corpus, table: TextTable, classes: Classes) -> None:
    """Add the rows of a file to a corpus, in two parts."""
    count = min(HELD_OUT_MOST, round(HELD_OUT_SHARE * len(table.rows)))
    # Of a large set chance takes about the share of each class, as it did for the models that are shipped.
    labels = [row.label for row in table.rows] if len(table.rows) < _LARGE else None
    parts = hold_out([row.text for row in table.rows], count, _SPLIT_SEED, labels)
    # Left out after the split: a teacher that was trained without regard to a test set holds out the same.
    barred = [corpus.excludes(row.text) for row in table.rows]
    known = [row.label in classes.of for row in table.rows]
    for part, indices in zip((corpus.training, corpus.held_out), parts, strict=True):
        kept = (index for index in indices if known[index] and not barred[index])
        part += [replace(table.rows[index], label=classes.of[table.rows[index].label]) for index in kept]
    corpus.rows += len(table.rows)
    corpus.rejected += len(table.rejected) + known.count(False)
    corpus.left_out += barred.count(True)


def _hold_out_every_class(corpus: Corpus) -> None:
    rows = corpus.training + corpus.held_out
    texts, labels = [row.text for row in rows], [row.label for row in rows]
    border = len(corpus.training)
    parts = with_every_class(texts, labels, range(border), range(border, len(rows)), _SPLIT_SEED)
    corpus.training, corpus.held_out = ([rows[index] for index in part] for part in parts)


def _check_classes(corpus: Corpus, tables: Sequence[TextTable], classes: Classes, shown: str) -> None:
    """See that both parts have a text of each class.

    Raises:
        InputError: for a class that has not two different texts.
    """
    rows = [row for table in tables for row in table.rows]
    if len({normalised_text(row.text) for row in rows}) == 1:
        raise InputError(f"All rows of {shown} hold the same text: there is nothing to tell apart.")
    both = {row.label for row in corpus.training} & {row.label for row in corpus.held_out}
    for name in corpus.labels:
        if name not in both:
            texts = len({normalised_text(row.text) for row in rows if classes.of.get(row.label) == name})
            raise InputError(
                f"{shown} holds too few different texts of the class {name!r} ({texts}) to train on some and hold some "
                "out: add some, or name the other classes alone with --labels, each as CLASS=LABEL."
            )


def fold_of(text: str, folds: int) -> int:
    """Return the number of the equal part that a text belongs to, by its letters: copies that differ in signs fall
    together."""
    return int(hashlib.sha256(normalised_text(text).encode()).hexdigest(), 16) % folds


def unlabelled_sentences(
    files: Sequence[str], limit: int, corpus: Corpus, table: TableOptions | None = None
) -> list[str]:
    """Return at most `limit` different sentences of texts in files, drawn at random; their labels are not read.

    Args:
        corpus: of what it holds out and what is barred from it, no sentence is among them.
        table: how tables are written.

    Raises:
        InputError: for a file that cannot be read.
    """
    held_out = {row.text for row in corpus.held_out}
    unseen = {normalised_text(text) for text in held_out}
    texts = {row.text for file in files for row in read_texts(file, table).rows}
    kept = [text for text in texts if normalised_text(text) not in unseen and not corpus.excludes(text)]
    sentences = {sentence for text in kept for sentence in _sentences(text)}
    sentences -= {sentence for text in held_out for sentence in _sentences(text)}
    return random.Random(_SPLIT_SEED).sample(sorted(sentences), min(limit, len(sentences)))


def _sentences(text: str) -> list[str]:
    parts = _SENTENCE_END.split(_BREAK.sub(" ", text))
    return [part.strip() for part in parts if _WORDS_LEAST <= len(_WORD.findall(part)) <= _WORDS_MOST]


def fingerprints(rows: Sequence[TextRow]) -> list[str]:
    """Return a short hash of each text, by which two runs know what they hold out."""
    return [hashlib.sha256(row.text.encode()).hexdigest()[:12] for row in rows]


def bucketed(
    items: Sequence[tuple[list[int], int | tuple[float, ...]]], batch_size: int, window: int | None, seed: int
) -> Iterator[Batch]:
    """Yield batches of texts of like length, in an order that the seed decides: little goes into padding.

    Args:
        items: ids of each text, and its class or what else the loss takes.
        window: at most so many successive tokens of a text, drawn by the seed; None for all.
    """
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
