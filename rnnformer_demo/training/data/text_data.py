"""What the training of a text model reads: its texts, what is learned of each, and what the weights start from."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ...checkpoints.cards import names
from ...checkpoints.store import Checkpoint, load
from ...data import InputError
from ...data.text import TOKENIZERS, TextReader, train_tokenizer
from ...evaluation.classification import short_path, text_ids, text_logits
from ...models.text import TextConfig, TextHybrid
from ..teachers.find import load_teachers
from ..teachers.targets import distilled_targets
from .corpus import Corpus, fingerprints, fold_of, read_corpus, unlabelled_sentences
from .word_vectors import word_vectors

Item = tuple[list[int], int | tuple[float, ...]]  # ids of a text, and what is learned of it


@dataclass(frozen=True, kw_only=True)
class TextDataConfig:
    """Where the training of a text model takes what it reads.

    Attributes:
        data: files of labelled texts.
        label_names: names for the labels of the files, in their sorted order.
        without: files whose texts are left out of `data`, such as test sets of which part leaked into it.
        tokenizer: kind of it, see `train_tokenizer`; None for its default, or for that of the model to start from.
        vectors: what the embedding starts from, see `word_vectors`; None for random numbers.
        teachers: names of their runs, see `load_teachers`.
        start: name of a text model, in the folder of the models or else in that of the runs (there the one of the same
            seed, if there is one), whose tokenizer, shape and weights training starts from; its head too where it has
            as many classes.
        folds: how many parts the texts are dealt into by `fold_of`; where there are several, a model does not train on
            the part of its seed, and teaches of nothing but that part (cross-fitting): what a model says of texts that
            it was trained on is little more than their labels.
        unlabelled: files whose sentences are learned from the teachers alone, or that encoders are pretrained on; at
            most `unlabelled_limit` sentences of them.
    """

    data: Sequence[str]
    label_names: Sequence[str] | None = None
    without: Sequence[str] = ()
    tokenizer: str | None = None
    vectors: str | None = None
    teachers: Sequence[str] = ()
    start: str | None = None
    folds: int = 1
    unlabelled: Sequence[str] = ()
    unlabelled_limit: int = 100_000


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
        sentences: unlabelled ones.

    Raises:
        InputError: see `read_corpus`, `unlabelled_sentences` and `start_of`.
    """

    def __init__(self, sources: TextDataConfig, config: TextConfig, runs: Path):
        self.sources, self.runs = sources, runs
        self.corpus: Corpus = read_corpus(sources.data, sources.label_names, sources.without)
        self.start = start_of(sources, runs)
        if self.start:
            self.reader, shape = self.start.reader, self.start.model.config
            shape = replace(shape, dropout=config.dropout, word_dropout=config.word_dropout)
        else:
            texts = (row.text for row in self.corpus.training)
            tokenizer = train_tokenizer(texts, config.vocabulary, sources.tokenizer or TOKENIZERS[0])
            self.reader = TextReader(tokenizer, config.max_tokens)
            shape = replace(config, vocabulary=tokenizer.get_vocab_size())
        self.config = replace(shape, labels=self.corpus.labels)
        self.sentences = unlabelled_sentences(sources.unlabelled, sources.unlabelled_limit, self.corpus)

    @cached_property
    def vectors(self) -> Tensor | None:
        """What the embedding starts from, (vocabulary, embedding). Computed once for all runs: the encoder takes a
        minute or two for them."""
        if self.sources.vectors is None:
            return None
        identity = f"{Path(self.sources.vectors).name}-{self.config.embedding}-{self.vocabulary_id}"
        cached = self.runs / "vectors" / f"{identity}.safetensors"
        if not cached.exists():
            made = word_vectors(self.sources.vectors, self.reader.tokenizer, self.config.embedding)
            cached.parent.mkdir(parents=True, exist_ok=True)
            save_file({"vectors": made}, cached.with_suffix(f".{os.getpid()}"))
            cached.with_suffix(f".{os.getpid()}").replace(cached)
        return load_file(cached)["vectors"]

    @cached_property
    def vocabulary_id(self) -> str:
        """A short hash of the tokenizer."""
        return hashlib.sha256(json.dumps(self.reader.preprocessing()).encode()).hexdigest()[:16]

    def items(self, seed: int) -> list[Item]:
        """What a model of a seed trains on."""
        folds = self.sources.folds
        if folds == 1:
            return [item for _, item in self._learned]
        return [item for text, item in self._learned if fold_of(text, folds) != seed % folds]

    @cached_property
    def _learned(self) -> list[tuple[str, Item]]:
        """Each text to train on, with its ids and its class; with a teacher what `distilled_targets` gives, the
        unlabelled sentences included.

        Raises:
            InputError: see `load_teachers` and `tutor_logits`.
        """
        texts = [row.text for row in self.corpus.training]
        targets: list = [self.corpus.target(row) for row in self.corpus.training]
        if self.sources.teachers:
            texts += self.sentences
            teachers = [load_teachers(name, self.runs) for name in self.sources.teachers]
            targets = distilled_targets(teachers, self.corpus, texts, targets)
        rows = ((text, (self.reader.ids(text), target)) for text, target in zip(texts, targets, strict=True))
        return [(text, item) for text, item in rows if item[0]]

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
        """Logits of a model on the held-out part, (N, C)."""
        return text_logits(model, self.held_ids, progress=False)

    def accuracy(self, model: TextHybrid) -> float:
        """Share of the held-out part that a model gets right, 0-1."""
        return (self.held_logits(model).argmax(-1) == self.held_labels).float().mean().item()

    def new_model(self, config: TextConfig, seed: int) -> TextHybrid:
        """A model as training starts it."""
        torch.manual_seed(seed)
        model = TextHybrid(config)
        if self.start:
            start = self.start if seed == 0 else start_of(self.sources, self.runs, seed)
            fresh, learned = model.state_dict(), start.model.state_dict()
            taken = {key: value for key, value in learned.items() if value.shape == fresh[key].shape}
            model.load_state_dict(fresh | taken, strict=True)
        elif self.vectors is not None:
            model.embedding.weight.data.copy_(self.vectors)
        return model

    def about(self) -> dict:
        """What a card says of the data."""
        taught = len(self.sentences) if self.sources.teachers else 0
        return {
            "file": ", ".join(map(short_path, self.sources.data)),
            "labels": self.corpus.raw_labels,
            "rows": self.corpus.rows,
            "rejected_rows": self.corpus.rejected,
            "left_out_rows": self.corpus.left_out,
            "trained_on": len(self.corpus.training),
            "held_out": len(self.corpus.held_out),
            **({"tokenizer": self.sources.tokenizer} if self.sources.tokenizer else {}),
            "vectors": self.sources.vectors and Path(self.sources.vectors).name,
            "teacher": ", ".join(self.sources.teachers) or None,
            **({"start": {"name": self.start.name, **_told(self.start.card["data"])}} if self.start else {}),
            "unlabelled": taught,
            **({"folds": self.sources.folds} if self.sources.folds > 1 else {}),
        }

    def identity(self) -> dict:
        """What decides a run beside config and recipe, for its resumption."""
        return self.about() | {"held_out": fingerprints(self.corpus.held_out)}


def start_of(sources: TextDataConfig, runs: Path, seed: int = 0) -> Checkpoint | None:
    """The model that training of a seed starts from, or None.

    Raises:
        InputError: where there is no such text model, and where `sources` have another tokenizer or vectors for one.
    """
    if sources.start is None:
        return None
    if sources.tokenizer:
        raise InputError(f"{sources.start} brings its own tokenizer: leave out --tokenizer or --start.")
    if sources.vectors:
        raise InputError(f"{sources.start} brings its own word vectors: leave out --word-vectors or --start.")
    in_runs = [] if sources.start in names() else [runs / f"{sources.start}-seed{number}" for number in (seed, 0)]
    start = load(sources.start, next((folder for folder in in_runs if sources.start in names(folder)), None))
    if start.model.modality != "text":
        raise InputError(f"{sources.start} reads no texts: start from a model that does.")
    return start


def _told(data: dict) -> dict:
    """What a card repeats of the data of the model that was started from."""
    return {key: data[key] for key in ("file", "rows", "trained_on")}
