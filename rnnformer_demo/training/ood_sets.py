"""Inputs drawn from data sets, in batches as a model reads them: what an OOD signal is fitted to and tested on."""

import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from tqdm import tqdm

from ..checkpoints import Checkpoint
from ..data import InputError
from ..data.image import ImageReader
from ..data.readers import PhotoRow, PhotoSet, TextRow, read_texts
from ..data.text import UNKNOWN, TextReader, pad
from .corpus import read_corpus
from .evaluation import PHOTOS_PER_BATCH, by_length
from .photos import readable, split_by_class, training_rows

TEXTS_FITTED_MOST, PHOTOS_FITTED_MOST = 5_000, 2_000  # of the training part
TESTED_MOST = 1_000  # inputs of any other set
_SEED = 0  # of all that is drawn

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class InputSet:
    """Some inputs of one origin.

    Attributes:
        name: of the data set.
        batches: reads them anew: inputs and masks (B, T), as `Hybrid.forward` takes them.
    """

    name: str
    batches: Callable[[], Iterator[Batch]]


@dataclass(frozen=True)
class OODSets:
    """What a signal is fitted to, chosen on and tested on.

    Attributes:
        training: part of what the model was trained on.
        held_out: part of what it was selected on; shares nothing with `training`.
        inside: tests of the model's own kind.
        select: of another kind, on which the signal is chosen.
        far, near: tests of other kinds.
    """

    training: InputSet
    held_out: InputSet
    inside: list[InputSet]
    select: list[InputSet]
    far: list[InputSet]
    near: list[InputSet]


@dataclass(frozen=True, kw_only=True)
class OODSources:
    """Where the inputs lie: tables of labelled texts for a text model, folders or zips of photos for an image model.

    Attributes:
        data: what the model was trained on.
        without: files whose texts are left out of it.
        drop: classes of photos that training left out: those in `data` are of another kind to select on, those in
            `inside` a far set.
        inside, select, far, near: see `OODSets`.
        shuffled: test on the texts of `inside` with their words in random order too, as a near set.
    """

    data: Sequence[str]
    without: Sequence[str] = ()
    drop: Sequence[str] = ()
    inside: Sequence[str]
    select: Sequence[str] = ()
    far: Sequence[str] = ()
    near: Sequence[str] = ()
    shuffled: bool = False


def read_sets(checkpoint: Checkpoint, sources: OODSources) -> OODSets:
    """Reads the sets, splits the training data as the training of the model does, and draws from each.

    Raises:
        InputError: for data that cannot be read, for two sets of one name, for none to select or test on, and for
            options of the other modality.
    """
    sets = (_text_sets if checkpoint.model.modality == "text" else _photo_sets)(checkpoint, sources)
    if not sets.select or not sets.far:
        raise InputError("Name inputs of other kinds: with --select and --far, for photos also with --drop.")
    names = [one.name for one in (*sets.inside, *sets.select, *sets.far, *sets.near)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InputError(f"{', '.join(twice)} is named twice: choose on one set and test on another.")
    return sets


def _text_sets(checkpoint: Checkpoint, sources: OODSources) -> OODSets:
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
        training=texts("training part", _drawn_texts(corpus.training, TEXTS_FITTED_MOST)),
        held_out=texts("held-out part", _drawn_texts(corpus.held_out)),
        inside=files(sources.inside),
        select=files(sources.select),
        far=files(sources.far),
        near=files(sources.near) + shuffled,
    )


def _text_name(path: str) -> str:
    """Folder and name, as the card's tests bear them."""
    return f"{Path(path).parent.name} {Path(path).name.split('.')[0]}".strip()


def _drawn_texts(rows: Sequence[TextRow], most: int = TESTED_MOST) -> list[str]:
    return _drawn(sorted({row.text for row in rows}), most)


def _shuffled(texts: Sequence[str], reader: TextReader) -> list[str]:
    """Shuffles words as the tokenizer cuts them: a line break in HTML is not taken apart, a Chinese text is."""
    chooser, cut = random.Random(_SEED), reader.tokenizer.pre_tokenizer.pre_tokenize_str
    words = [[word for word, _ in cut(reader.tokenizer.normalizer.normalize_str(text))] for text in texts]
    return [" ".join(chooser.sample(some, len(some))) for some in words]


def text_batches(reader: TextReader, texts: list[str]) -> Iterator[Batch]:
    """Texts as a model reads them, the shortest first: little goes into padding."""
    ids = [reader.ids(text) or [UNKNOWN] for text in texts]
    for batch in by_length(ids):
        yield pad([ids[index] for index in batch])


def _photo_sets(checkpoint: Checkpoint, sources: OODSources) -> OODSets:
    if sources.without or sources.shuffled:
        raise InputError("--without and --shuffled are for texts: leave classes of photos out with --drop.")
    if len(sources.data) > 1:
        raise InputError(f"A model of photos is trained on one folder or zip, got {len(sources.data)}.")
    photos = PhotoSet(sources.data[0])
    rows = readable(photos, training_rows(photos, sources.drop))
    training, held_out = ([rows[index] for index in part] for part in split_by_class(rows))

    def some(name: str, photos: PhotoSet, rows: Sequence[PhotoRow], most: int = TESTED_MOST) -> InputSet:
        return InputSet(name, partial(photo_batches, checkpoint, photos, _drawn(rows, most)))

    def test(path: str, left_out: bool | None = None) -> InputSet:
        """Of the split "test", or where there is none of all photos: those of the classes that training left out, those
        of the others, or both (None)."""
        photos = PhotoSet(path)
        split = "test" if "test" in {row.split for row in photos.rows} else None
        rows = [row for row in photos.select(split) if left_out in (None, row.label in sources.drop)]
        name = f"{Path(path).stem} {split or ''}".strip()
        return some(f"{name}, classes left out" if left_out else name, photos, rows)

    left_out = [row for row in training_rows(photos, ()) if row.label in sources.drop]
    return OODSets(
        training=some("training part", photos, training, PHOTOS_FITTED_MOST),
        held_out=some("held-out part", photos, held_out),
        inside=[test(path, left_out=False) for path in sources.inside],
        select=[test(path) for path in sources.select]
        + ([some("classes left out", photos, left_out)] if sources.drop else []),
        far=[test(path) for path in sources.far]
        + ([test(path, left_out=True) for path in sources.inside] if sources.drop else []),
        near=[test(path) for path in sources.near],
    )


def photo_batches(checkpoint: Checkpoint, photos: PhotoSet, rows: list[PhotoRow]) -> Iterator[Batch]:
    """The photos of a set as a model reads them; of those that do not open it is said which and why."""
    reader: ImageReader = checkpoint.reader
    h, w = checkpoint.model.grid
    for start in range(0, len(rows), PHOTOS_PER_BATCH):
        read = []
        for row in rows[start : start + PHOTOS_PER_BATCH]:
            try:
                read.append(reader(photos.read(row.path)).inputs)
            except InputError as error:
                tqdm.write(f"{row.path} is left out: {error}", file=sys.stderr)
        if read:
            yield torch.cat(read), torch.ones(len(read), h * w, dtype=torch.bool)


def _drawn(rows: Sequence, most: int) -> list:
    return random.Random(_SEED).sample(rows, min(most, len(rows)))
