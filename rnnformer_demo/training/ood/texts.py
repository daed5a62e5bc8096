"""The texts that an OOD signal of a text model is fitted to and tested on."""

import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...data.bulk import by_length
from ...data.labels import map_labels
from ...data.rows import TextRow
from ...data.tables import TableOptions, read_texts
from ...data.text import UNKNOWN, TextReader, pad
from ...evaluation.modality import text_reader
from ..config import CorpusConfig, OODConfig
from ..data.corpus import read_corpus
from .pieces import opening, pieces, with_final_sign
from .sets import SEED, TESTED_MOST, Batch, InputSet, OODSets, drawn

# Most of a set; a long text takes as long as twenty pieces.
_FITTED = 1_000  # texts of the training part, of which openings and pieces are measured, too
_EXPOSED = 800  # texts of each other kind, of which the same are shown to a detector
_WHOLE = 300  # texts that are measured as a whole
_PIECES = 1_000  # of each form, to test on
_HELD_OUT_PIECES = 2_500  # of each form and source, to set thresholds on: at least a hundred of each length
_SHOWN = 1_000  # pieces of the training part and of each other kind


def text_sets(checkpoint: Checkpoint, config: OODConfig) -> OODSets:
    """Read the sets and split the training data as the training of the model did.

    Raises:
        InputError: see `read_sets`.
    """
    if config.exclude_classes or config.known_classes:
        raise InputError("--exclude-classes and --known-classes are for photos: leave texts out with --exclude-texts.")
    reader = text_reader(checkpoint)
    corpus = read_corpus(CorpusConfig(data=config.data, exclude_texts=config.exclude_texts, table=config.table))

    def texts(name: str, some: Sequence[str]) -> InputSet:
        return InputSet(name, partial(text_batches, reader, some), tuple(some))

    def files(paths: Sequence[str], table: TableOptions | None = None) -> list[InputSet]:
        return [texts(_text_name(path), _drawn_texts(read_texts(path, table).rows, _WHOLE)) for path in paths]

    def forms(name: str, some: Sequence[str], seed: str, count: int) -> list[InputSet]:
        plain, signed = (pieces(some, count, reader, f"{seed} {form}") for form in ("plain", "signed"))
        return [
            texts(f"{name}, pieces", plain),
            texts(f"{name}, pieces with a final sign", with_final_sign(signed, seed)),
        ]

    in_distribution = files(config.in_distribution, config.table)
    training = _drawn_texts(corpus.training, _FITTED)
    held_out = []
    for path, some in _by_source(config, corpus.held_out).items():
        plain, signed = forms(f"{path} held out", some, "held out", _HELD_OUT_PIECES)
        held_out += [plain, texts(f"{path} held out, whole or with a final sign", [*some[:_WHOLE], *signed.texts])]
    exposure, selection = [], []
    for path in config.selection_ood:
        some = _drawn_texts(read_texts(path).rows, _EXPOSED + _WHOLE)
        half = min(_WHOLE, len(some) // 2)
        selection.append(texts(_text_name(path), some[:half]))
        exposure.append(texts(f"{_text_name(path)}, shown", _shown(some[half:], reader)))
    shuffled = [text for one in in_distribution for text in _shuffled(one.texts, reader)]
    return OODSets(
        training=texts("training part", training + _shown(training, reader)),
        held_out=held_out,
        in_distribution=in_distribution,
        selection=selection,
        far=files(config.far_ood),
        near=files(config.near_ood) + ([texts("shuffled words", shuffled)] if config.shuffled else []),
        exposure=exposure,
        pieces=[form for one in in_distribution for form in forms(one.name, one.texts, "test", _PIECES)],
        elsewhere={_text_name(path): _by_class(path, checkpoint, texts) for path in config.elsewhere},
    )


def _by_source(config: OODConfig, rows: Sequence[TextRow]) -> dict[str, list[str]]:
    """Return the texts of some rows by the name of the data's file that they stand in, in a random order."""
    drawn_texts = _drawn_texts(rows, len(rows))
    sources = {_text_name(path): {row.text for row in read_texts(path, config.table).rows} for path in config.data}
    return {name: [text for text in drawn_texts if text in known] for name, known in sources.items()}


def _shown(texts: Sequence[str], reader: TextReader) -> list[str]:
    """Return the openings of texts and pieces of them, every other piece with a final sign."""
    some = pieces(texts, _SHOWN, reader, "shown")
    return [opening(text, reader) for text in texts] + some[::2] + with_final_sign(some[1::2], "shown")


def _by_class(
    path: str, checkpoint: Checkpoint, texts: Callable[[str, Sequence[str]], InputSet]
) -> dict[int, InputSet]:
    """Return the texts of a file by class; rows of classes that the model does not know are left out."""
    labels = checkpoint.labels
    known = {*labels, *map(str, range(len(labels)))}
    rows = [row for row in read_texts(path).rows if row.label in known]
    classes = map_labels({row.label for row in rows}, labels, checkpoint.raw_labels).indices
    chosen = drawn(sorted({(row.text, classes[row.label]) for row in rows if row.label in classes}), TESTED_MOST)
    return {
        index: texts(f"{_text_name(path)}, {label}", [text for text, own in chosen if own == index])
        for index, label in enumerate(labels)
        if any(own == index for _, own in chosen)
    }


def _text_name(path: str) -> str:
    """Return folder and name, as the card's tests bear them."""
    return f"{Path(path).parent.name} {Path(path).name.split('.')[0]}".strip()


def _drawn_texts(rows: Sequence[TextRow], most: int) -> list[str]:
    return drawn(sorted({row.text for row in rows}), most)


def _shuffled(texts: Sequence[str], reader: TextReader) -> list[str]:
    """Shuffle words as the reader tells them apart: a line break in HTML is none, a piece of a Chinese text is one."""
    chooser = random.Random(SEED)
    words = [reader.words(text) for text in texts]
    return [" ".join(chooser.sample(some, len(some))) for some in words]


def text_batches(reader: TextReader, texts: Sequence[str]) -> Iterator[Batch]:
    """Yield batches of texts as a model reads them, the shortest first: little goes into padding."""
    ids = [reader.ids(text) or [UNKNOWN] for text in texts]
    for batch in by_length(ids):
        yield pad([ids[index] for index in batch])
