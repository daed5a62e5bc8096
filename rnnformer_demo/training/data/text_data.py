"""Texts that a text hybrid is trained on: their targets, and the vectors or the model that its weights start from."""

import hashlib
import json
import os
import random
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import cast

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ...checkpoints.cards import names
from ...checkpoints.store import Checkpoint, load
from ...data import InputError
from ...data.rows import TextRow
from ...data.text import TOKENIZERS, UNKNOWN, TextReader, train_tokenizer
from ...evaluation.classification import short_path, text_ids, text_logits
from ...evaluation.modality import text_reader
from ...models import TextConfig
from ...models.text import TextHybrid
from ..behaviour.texts import CLASSES, held_out_texts, suites_to_learn, texts_to_learn
from ..behaviour.variants import variant
from ..config import TextDataConfig
from ..teachers.find import CHECKPOINT, checkpoint_teacher, load_teachers
from ..teachers.targets import Teacher, distilled_targets, labels_alone
from .corpus import Corpus, fingerprints, fold_of, read_corpus, say, unlabelled_sentences
from .start_head import head_notice, started_weights
from .word_vectors import word_vectors

_HELD_OUT_OF_EACH = 100  # template texts of each capability that the epoch is chosen on
Item = tuple[list[int], int | tuple[float, ...]]  # ids of a text, and what is learned of it


class TextData:
    """The sources, read: every model that is trained on them, of whatever seed or config, shares it.

    Args:
        sources: see there.
        config: of the model; its labels and the size of its vocabulary are replaced by those of the data. Where there
            is a model to start from, only dropout and word dropout are taken of it.
        runs: folder of all runs, where the teacher lies.

    Attributes:
        corpus: labelled texts, split.
        reader: with a tokenizer trained on the training part, or the one of the model to start from.
        config: with the labels and the vocabulary of the data.
        labelled: the texts of the corpus that are learned.
        sentences: unlabelled ones.
        shown: texts from templates with their classes, to learn; `shown_held_out`: to choose the epoch on.

    Raises:
        InputError: see `read_corpus`, `unlabelled_sentences`, `start_of` and `texts_to_learn`; for texts from templates
            where the classes are others than theirs.
    """

    def __init__(self, sources: TextDataConfig, config: TextConfig, runs: Path):
        self.sources, self.runs = sources, runs
        self.corpus: Corpus = read_corpus(sources)
        self.start = start_of(sources, runs)
        self.reader: TextReader
        if self.start:
            self.reader, shape = text_reader(self.start), cast(TextConfig, self.start.model.config)
            shape = replace(shape, dropout=config.dropout, word_dropout=config.word_dropout)
        else:
            texts = (row.text for row in self.corpus.training)
            tokenizer = train_tokenizer(texts, config.vocabulary, sources.tokenizer or TOKENIZERS[0])
            self.reader = TextReader(tokenizer, config.max_tokens)
            shape = replace(config, vocabulary=tokenizer.get_vocab_size())
        self.config: TextConfig = replace(shape, labels=self.corpus.labels)
        if self.start:
            say(head_notice(sources.init_from or "", self.corpus, self.start))
        self.sentences = unlabelled_sentences(sources.unlabelled, sources.unlabelled_limit, self.corpus, sources.table)
        self.labelled = _drawn(self.corpus.training, sources.labelled_limit)
        self.shown: dict[str, str] = {}
        self.shown_held_out: dict[str, str] = {}
        if sources.templates:
            if self.corpus.labels != CLASSES:
                raise InputError(f"--templates is for the classes {' and '.join(CLASSES)}: leave it out.")
            self.shown = texts_to_learn(sources.templates, sources.of_each)
            self.shown_held_out = held_out_texts(sources.templates, _HELD_OUT_OF_EACH)

    @cached_property
    def vectors(self) -> Tensor | None:
        """Vectors that the embedding starts from, (vocabulary, embedding). Computed once for all runs: the encoder
        takes a minute or two for them."""
        if self.sources.word_vectors is None:
            return None
        identity = f"{Path(self.sources.word_vectors).name}-{self.config.embedding}-{self.vocabulary_id}"
        cached = self.runs / "vectors" / f"{identity}.safetensors"
        if not cached.exists():
            vectors = word_vectors(self.sources.word_vectors, self.reader.tokenizer, self.config.embedding)
            cached.parent.mkdir(parents=True, exist_ok=True)
            save_file({"vectors": vectors}, cached.with_suffix(f".{os.getpid()}"))
            cached.with_suffix(f".{os.getpid()}").replace(cached)
        return load_file(cached)["vectors"]

    @cached_property
    def vocabulary_id(self) -> str:
        """A short hash of the tokenizer."""
        return hashlib.sha256(json.dumps(self.reader.preprocessing()).encode()).hexdigest()[:16]

    def items(self, seed: int) -> list[Item]:
        """Return the training items of a seed."""
        folds = self.sources.folds
        if folds == 1:
            return [item for _, item in self._learned]
        return [item for text, item in self._learned if fold_of(text, folds) != seed % folds]

    @cached_property
    def _learned(self) -> list[tuple[str, Item]]:
        """Each text to train on, with its ids and its class; with a teacher what `distilled_targets` gives, the
        unlabelled sentences included. Of what templates give the class alone is learned: teachers get it wrong.

        Raises:
            InputError: see `load_teachers`, `checkpoint_teacher` and `teacher_logits`.
        """
        texts = [row.text for row in self.labelled]
        targets: list = [self.corpus.target(row) for row in self.labelled]
        shown: list = [self.corpus.labels.index(label) for label in self.shown.values()]
        if self.sources.teacher:
            texts += self.sentences
            teachers = [self._teachers(name) for name in self.sources.teacher]
            targets = distilled_targets(teachers, self.corpus, texts, targets)
            shown = labels_alone(shown, len(self.corpus.labels))
        texts, targets = self._with_variants(texts, targets)
        pairs = [*zip(texts, targets, strict=True), *zip(self.shown, shown, strict=True)]
        rows = ((text, (self.reader.ids(text), target)) for text, target in pairs)
        return [(text, item) for text, item in rows if item[0]]

    def _teachers(self, name: str) -> list[Teacher]:
        if name.startswith(CHECKPOINT):
            return [checkpoint_teacher(name.removeprefix(CHECKPOINT), self.sources, self.corpus, self.runs)]
        return load_teachers(name, self.runs)

    def _with_variants(self, texts: list[str], targets: list) -> tuple[list[str], list]:
        """Return texts and targets, and then a share of them in another form with the same target."""
        chooser = random.Random(0)
        suite = suites_to_learn(self.sources.templates or "en")[-1]
        chosen = chooser.sample(range(len(texts)), round(self.sources.variants * len(texts)))
        others = [variant(texts[index], suite, chooser) for index in chosen]
        return texts + others, targets + [targets[index] for index in chosen]

    @cached_property
    def held_ids(self) -> list[list[int]]:
        """Ids of the held-out part."""
        return text_ids(self.reader, self.corpus.held_out)

    @property
    def held_steps(self) -> Tensor:
        """Lengths of the held-out part, (N,)."""
        return torch.tensor([len(ids) for ids in self.held_ids])

    @cached_property
    def held_labels(self) -> Tensor:
        """Classes of the held-out part, (N,)."""
        return torch.tensor([self.corpus.target(row) for row in self.corpus.held_out])

    def held_logits(self, model: TextHybrid) -> Tensor:
        """Return logits (N, C) of a model on the held-out part."""
        return text_logits(model, self.held_ids, progress=False)

    def accuracy(self, model: TextHybrid) -> float:
        """Return the accuracy of a model on the held-out part, 0-1; where it learns texts from templates, the mean of
        that and its accuracy on held-out templates."""
        right = (self.held_logits(model).argmax(-1) == self.held_labels).float().mean().item()
        return (right + self._accuracy_on_templates(model)) / 2 if self.shown_held_out else right

    def _accuracy_on_templates(self, model: TextHybrid) -> float:
        ids = [self.reader.ids(text) or [UNKNOWN] for text in self.shown_held_out]
        labels = torch.tensor([self.corpus.labels.index(label) for label in self.shown_held_out.values()])
        return (text_logits(model, ids, progress=False).argmax(-1) == labels).float().mean().item()

    def new_model(self, config: TextConfig, seed: int) -> TextHybrid:
        """Return a model as training starts it."""
        torch.manual_seed(seed)
        model = TextHybrid(config)
        if self.start:
            start = self.start if seed == 0 else start_of(self.sources, self.runs, seed) or self.start
            model.load_state_dict(started_weights(model, self.corpus, start), strict=True)
        elif self.vectors is not None:
            model.embedding.weight.data.copy_(self.vectors)
        return model

    @cached_property
    def recorded(self) -> str:
        """A text whose output a checkpoint records: the first one held out that the model reads, or else trained on.

        Raises:
            InputError: where it reads none.
        """
        for row in (*self.corpus.held_out, *self.corpus.training):
            try:
                self.reader(row.text)
            except InputError:
                continue
            return row.text
        files = ", ".join(map(short_path, self.sources.data))
        raise InputError(f"No text of {files} holds a word that the tokenizer knows: add texts with words that recur.")

    def about(self) -> dict:
        """Return the entry of a card about the data."""
        unlabelled = len(self.sentences) if self.sources.teacher else 0
        return {
            "file": ", ".join(map(short_path, self.sources.data)),
            "labels": self.corpus.raw_labels,
            "rows": self.corpus.rows,
            "rejected_rows": self.corpus.rejected,
            "left_out_rows": self.corpus.left_out,
            "trained_on": len(self.labelled),
            "held_out": len(self.corpus.held_out),
            **({"tokenizer": self.sources.tokenizer} if self.sources.tokenizer else {}),
            "vectors": self.sources.word_vectors and Path(self.sources.word_vectors).name,
            "teacher": ", ".join(self.sources.teacher) or None,
            **({"start": {"name": self.start.name, **_start_entry(self.start.card["data"])}} if self.start else {}),
            "unlabelled": unlabelled,
            **({"templates": len(self.shown)} if self.shown else {}),
            **({"variants": self.sources.variants} if self.sources.variants else {}),
            **({"folds": self.sources.folds} if self.sources.folds > 1 else {}),
        }

    def identity(self) -> dict:
        """Return the part of the data that decides a run, for its resumption."""
        return self.about() | {"held_out": fingerprints(self.corpus.held_out)}


def start_of(sources: TextDataConfig, runs: Path, seed: int = 0) -> Checkpoint | None:
    """Return the model that training of a seed starts from, or None.

    Raises:
        InputError: where there is no such text model, and where `sources` have another tokenizer or vectors for one.
    """
    if sources.init_from is None:
        return None
    if sources.tokenizer:
        raise InputError(f"{sources.init_from} brings its own tokenizer: leave out --tokenizer or --init-from.")
    if sources.word_vectors:
        raise InputError(f"{sources.init_from} brings its own word vectors: leave out --word-vectors or --init-from.")
    in_runs = (
        [] if sources.init_from in names() else [runs / f"{sources.init_from}-seed{number}" for number in (seed, 0)]
    )
    start = load(sources.init_from, next((folder for folder in in_runs if sources.init_from in names(folder)), None))
    if start.model.modality != "text":
        raise InputError(f"{sources.init_from} reads no texts: start from a model that does.")
    return start


def _drawn(rows: list[TextRow], limit: int | None) -> list[TextRow]:
    return rows if limit is None or limit >= len(rows) else random.Random(0).sample(rows, limit)


def _start_entry(data: dict) -> dict:
    """Return the entries of a card about the data of the model that training started from."""
    return {key: data[key] for key in ("file", "rows", "trained_on")}
