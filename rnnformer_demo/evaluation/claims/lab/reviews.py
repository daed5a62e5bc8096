"""Real sentences for small models: SST-2 as token ids of a fixed length, 0 where a sentence ends before."""

from functools import cache
from pathlib import Path
from typing import Any

import torch

from ....checkpoints.cards import preprocessing_of, read_card
from ....data import make_reader
from ....data.tables import read_texts
from ....data.text import PAD
from .tasks import Drawn

_MODEL = "sentiment-en"  # whose tokenizer cuts the sentences
_LENGTH = 32  # tokens, of which few sentences have more
TRAIN, HELD_OUT = "data/sst2/train.tsv.xz", "data/sst2/test.tsv.xz"


def vocabulary() -> int:
    """Return the number of tokens."""
    return read_card(_MODEL)["config"]["vocabulary"]


@cache
def sentences(path: str) -> Drawn:
    """Return the sentences of a table, ids (N, T) and labels (N,).

    Raises:
        InputError: where the table is not there.
    """
    reader: Any = make_reader("text", preprocessing_of(_MODEL))
    rows = read_texts(Path(path)).rows
    ids = torch.full((len(rows), _LENGTH), PAD)
    for place, row in enumerate(rows):
        tokens = reader.ids(row.text)[:_LENGTH]
        ids[place, : len(tokens)] = torch.tensor(tokens, dtype=torch.long)
    names = sorted({row.label for row in rows})
    return ids, torch.tensor([names.index(row.label) for row in rows])


def share_of(drawn: Drawn, share: float, seed: int) -> Drawn:
    """Return a random share of rows; a smaller one of the same seed lies within it."""
    ids, labels = drawn
    order = torch.randperm(len(ids), generator=torch.Generator().manual_seed(seed))[: round(share * len(ids))]
    return ids[order], labels[order]
