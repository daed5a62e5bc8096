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
from ..data.corpus import read_corpus
from .sets import FITTED_MOST, SEED, TESTED_MOST, Batch, InputSet, OODSets, OODSources, drawn


def text_sets(checkpoint: Checkpoint, sources: OODSources) -> OODSets:
    """Reads the sets and splits the training data as the training of the model did.

    Raises:
        InputError: see `read_sets`.
    """
    if sources.drop:
        raise InputError("--drop is for photos: leave texts out with --without.")
    reader = checkpoint.reader
    corpus = read_corpus(sources.data, without=sources.without)

    def texts(name: str, some: list[str]) -> InputSet:
        return InputSet(name, partial(text_batches, reader, some))

    def files(paths: Sequence[str]) -> list[InputSet]:
        return [texts(_text_name(path), _drawn_texts(read_texts(path)[0])) for path in paths]

    inside = [text for path in sources.inside for text in _drawn_texts(read_texts(path)[0])]
    shuffled = [texts("shuffled words", _shuffled(inside, reader))] if sources.shuffled else []
    return OODSets(
        training=texts("training part", _drawn_texts(corpus.training, FITTED_MOST)),
        held_out=[texts("held-out part", _drawn_texts(corpus.held_out))],
        inside=files(sources.inside),
        select=files(sources.select),
        far=files(sources.far),
        near=files(sources.near) + shuffled,
    )


def _text_name(path: str) -> str:
    """Folder and name, as the card's tests bear them."""
    return f"{Path(path).parent.name} {Path(path).name.split('.')[0]}".strip()


def _drawn_texts(rows: Sequence[TextRow], most: int = TESTED_MOST) -> list[str]:
    return drawn(sorted({row.text for row in rows}), most)


def _shuffled(texts: Sequence[str], reader: TextReader) -> list[str]:
    """Shuffles words as the reader tells them apart: a line break in HTML is none, a piece of a Chinese text is one."""
    chooser = random.Random(SEED)
    words = [reader.words(text) for text in texts]
    return [" ".join(chooser.sample(some, len(some))) for some in words]


def text_batches(reader: TextReader, texts: list[str]) -> Iterator[Batch]:
    """Texts as a model reads them, the shortest first: little goes into padding."""
    ids = [reader.ids(text) or [UNKNOWN] for text in texts]
    for batch in by_length(ids):
        yield pad([ids[index] for index in batch])
