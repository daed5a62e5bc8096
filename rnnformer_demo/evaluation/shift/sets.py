"""The sets of everyday texts, and how their rows are read. Imports no torch."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ...data import InputError
from ...data.rows import Rejected, TextRow
from ...data.tables import checked, read_table

_PAIR = "pair"  # column of a set of pairs


@dataclass(frozen=True)
class EverydaySet:
    """A set of labelled texts of another kind than those that a model was trained on.

    Attributes:
        path: within the folder of data sets.
        language: of its texts.
        drop: labels that mean none of a model's classes.
        note: what a reader of its figures must know.
    """

    path: str
    language: str
    drop: tuple[str, ...] = ()
    note: str = ""

    @property
    def name(self) -> str:
        """Return the set's name in tables: "everyday-en alexa-reviews"."""
        folder, file = self.path.split("/")
        return f"{folder} {file.split('.')[0]}"


SETS = (
    EverydaySet("everyday-en/customer-reviews.tsv.xz", "en"),
    EverydaySet("everyday-en/alexa-reviews.tsv.xz", "en"),
    EverydaySet("everyday-en/airline-tweets.tsv.xz", "en", ("2",), "without neutral tweets; evaluated only"),
    EverydaySet("imdb-counterfactual/test.tsv.xz", "en"),
)


@dataclass(frozen=True)
class Rows:
    """The rows of a set that count.

    Attributes:
        rows: those that could be read, each text once; of a set of pairs all.
        pairs: of a set of pairs, the pair of each row; else none.
        repeats: number of rows left out since an earlier one has the same text.
    """

    rows: list[TextRow]
    pairs: list[str]
    repeats: int


def read_rows(everyday: EverydaySet, folder: Path) -> Rows:
    """Read a set that lies in a folder of data sets.

    Raises:
        InputError: for a set that is not there or cannot be read.
    """
    path = folder / everyday.path
    if not path.exists():
        raise InputError(f"There is no {everyday.path} in {folder}: --data names the folder of all data sets.")
    table = read_table(path)
    paired = _PAIR in table.columns.all
    rows: list[TextRow] = []
    seen: set[str] = set()
    pairs, repeats = [], 0
    for line, record in table.records:
        row = checked(line, record, table.columns)
        if isinstance(row, Rejected) or row.label in everyday.drop:
            continue
        text = " ".join(row.text.casefold().split())
        if paired and isinstance(record, dict):
            pairs.append(str(record[_PAIR]))
        elif text in seen:
            repeats += 1
            continue
        seen.add(text)
        rows.append(row)
    return Rows(rows, pairs, repeats)


def whole_pairs(pairs: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the two places of each pair that has both of its rows."""
    places: dict[str, list[int]] = {}
    for place, pair in enumerate(pairs):
        places.setdefault(pair, []).append(place)
    yield from ((own[0], own[1]) for own in places.values() if len(own) == 2)
