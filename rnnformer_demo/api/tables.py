"""A small table of texts, scored piece by piece for the page. It comes and goes in memory: no file is written."""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..checkpoints.cards import default_folder, read_card, weights_digest
from ..data import InputError
from .requests import ScoreTable

if TYPE_CHECKING:
    from ..batch.rows import Row
    from ..batch.scorer import Scorer

MOST_ROWS = 1000
MOST_BYTES = 5 * 2**20
_PIECE = 32  # rows: a fraction of a second, after which a visitor may have left
_SUFFIXES = (".csv", ".tsv", ".jsonl")


def scored_pieces(asked: ScoreTable) -> Iterator[tuple[float, dict[str, Any]]]:
    """Yield the share that is done, and a piece of the answer.

    Yields:
        `csv`, a part of a table of which the first has the names of the columns; `rejected`, the place and reason of
        rows that cannot be scored; `done` of `total` rows.

    Raises:
        InputError: for a model that reads no text, and a file that is too large or no table of texts.
    """
    from ..batch.writer import write_csv

    model = asked.model
    if read_card(model)["modality"] != "text":
        raise InputError("Tables hold texts: choose a model of texts.")
    rows = _rows_in(asked)
    scorer = _scorer(model, weights_digest(model, default_folder()))
    columns, header = ["id", "text", *scorer.columns[1:]], True
    for start in range(0, len(rows), _PIECE):
        piece = rows[start : start + _PIECE]
        results, texts = scorer.score(piece), {row.place: row.source for row in piece}
        file = io.StringIO()
        write_csv(file, columns, [[{**cells, "text": texts[cells["id"]]} for cells in results.scored]], header)
        done, header = start + len(piece), False
        yield (
            done / len(rows),
            {
                "csv": file.getvalue(),
                "rejected": [{"place": each["place"], "reason": each["reason"]} for each in results.rejected],
                "done": done,
                "total": len(rows),
            },
        )


def _rows_in(asked: ScoreTable) -> list[Row]:
    from ..batch.reader import text_rows
    from ..data.columns import TableOptions

    name, data = Path(asked.name).name, asked.data
    if not name.lower().endswith(_SUFFIXES):
        raise InputError("A table must be a .csv, .tsv or .jsonl file: save it as one of them.")
    if len(data) > MOST_BYTES * 4 / 3 + 4:
        raise InputError(f"The table is larger than {MOST_BYTES // 2**20} MB: split it, or use the command batch.")
    try:
        content = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InputError("The table must be sent in base64.") from error
    rows: list[Row] = []
    for row in text_rows(content, name, TableOptions()).rows:
        if len(rows) == MOST_ROWS:
            raise InputError(f"The table has more than {MOST_ROWS:,} rows: split it, or use the command batch.")
        rows.append(row)
    if not rows:
        raise InputError("The table holds no rows.")
    return rows


@lru_cache(maxsize=2)
def _scorer(model: str, digest: str) -> Scorer:
    """Return the scorer of a model; another one where its weights are others."""
    from ..batch.scorer import Scorer

    return Scorer(model)
