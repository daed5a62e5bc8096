"""The texts that an OOD signal of a text model is fitted to and tested on."""

import random
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...data.readers import TextRow, read_texts
from ...data.text import UNKNOWN, TextReader, pad
from ...evaluation.classification import by_length
from ...evaluation.modality import text_reader
from ..config import CorpusConfig, OODConfig
from ..data.corpus import read_corpus
from .sets import FITTED_MOST, SEED, TESTED_MOST, Batch, InputSet, OODSets, drawn


def text_sets(checkpoint: Checkpoint, config: OODConfig) -> OODSets:
    """Read the sets and split the training data as the training of the model did.

    Raises:
        InputError: see `read_sets`.
    """
    if config.exclude_classes:
        raise InputError("--exclude-classes is for photos: leave texts out with --exclude-texts.")
    reader = text_reader(checkpoint)
    corpus = read_corpus(CorpusConfig(data=config.data, exclude_texts=config.exclude_texts))

    def texts(name: str, some: list[str]) -> InputSet:
        return InputSet(name, partial(text_batches, reader, some))

    def files(paths: Sequence[str]) -> list[InputSet]:
        return [texts(_text_name(path), _drawn_texts(read_texts(path)[0])) for path in paths]

    in_distribution = [text for path in config.in_distribution for text in _drawn_texts(read_texts(path)[0])]
    shuffled = [texts("shuffled words", _shuffled(in_distribution, reader))] if config.shuffled else []
    return OODSets(
        training=texts("training part", _drawn_texts(corpus.training, FITTED_MOST)),
        held_out=[texts("held-out part", _drawn_texts(corpus.held_out))],
        in_distribution=files(config.in_distribution),
        selection=files(config.selection_ood),
        far=files(config.far_ood),
        near=files(config.near_ood) + shuffled,
    )


def _text_name(path: str) -> str:
    """Return folder and name, as the card's tests bear them."""
    return f"{Path(path).parent.name} {Path(path).name.split('.')[0]}".strip()


def _drawn_texts(rows: Sequence[TextRow], most: int = TESTED_MOST) -> list[str]:
    return drawn(sorted({row.text for row in rows}), most)


def _shuffled(texts: Sequence[str], reader: TextReader) -> list[str]:
    """Shuffle words as the reader tells them apart: a line break in HTML is none, a piece of a Chinese text is one."""
    chooser = random.Random(SEED)
    words = [reader.words(text) for text in texts]
    return [" ".join(chooser.sample(some, len(some))) for some in words]


def text_batches(reader: TextReader, texts: list[str]) -> Iterator[Batch]:
    """Yield batches of texts as a model reads them, the shortest first: little goes into padding."""
    ids = [reader.ids(text) or [UNKNOWN] for text in texts]
    for batch in by_length(ids):
        yield pad([ids[index] for index in batch])
