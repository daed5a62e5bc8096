"""Photos to distil on, which need no labels, and their parts: trained on, held out, tested on."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from ...data import InputError
from ...data.labels import label_index
from ...data.photo_sets import TEST, VALIDATION, PhotoRow, PhotoSet
from ...evaluation.classification import short_path

LABELS = ("class", "name", "label", "breed")  # columns of index.csv that may tell what is on a photo
SPLITS = ("split", "official_split")
PARTS = ("training", "held_out", "test")
_TESTED = 0.5  # of a set without a split "test"
_HELD_OUT = 0.15  # of what is not tested on


class UnlabelledImages(PhotoSet):
    """A folder or zip of photos like a `PhotoSet`, but index.csv need not say what is on them (label "").

    Every photo has its part: "test" where the set says so, or in half of the photos of a set that says nothing;
    "held_out" in about a seventh of the others; else "training". The name of a photo decides, so that a part stays the
    same when photos are added.
    """

    def __init__(self, path: str | Path):
        super().__init__(path)
        self.name = Path(path).stem
        tested = self.test_split == TEST
        self.parts: dict[str, list[PhotoRow]] = {part: [] for part in PARTS}
        for row in self.rows:
            self.parts[part_of(row, tested)].append(row)

    def _rows_of(self, index: str, columns: list[str], lines: list[tuple[int, dict[str, str]]]) -> list[PhotoRow]:
        if "path" not in columns:
            raise InputError(f"index.csv must have the column path, got {columns}.")
        label, split = (next((name for name in names if name in columns), "") for names in (LABELS, SPLITS))
        named = (row for _, row in lines if row["path"])
        return [self._row(index, row["path"], row.get(label) or "", row.get(split)) for row in named]


def part_of(row: PhotoRow, tested: bool) -> str:
    """Return the part of `PARTS` that a photo belongs to.

    Args:
        tested: whether the set has a split "test".
    """
    if tested and row.split == TEST:
        return "test"
    if row.split == VALIDATION:
        return "held_out"
    share = int.from_bytes(hashlib.sha256(Path(row.path).name.encode()).digest()[:4], "big") / 2**32
    if not tested:
        if share < _TESTED:
            return "test"
        share = (share - _TESTED) / (1 - _TESTED)
    return "held_out" if share < _HELD_OUT else "training"


def open_pools(data: Sequence[str]) -> list[UnlabelledImages]:
    """Return the pools at these paths.

    Raises:
        InputError: for one that cannot be read, for two of one name, and where a part would be empty.
    """
    pools = [UnlabelledImages(path) for path in data]
    if len({pool.name for pool in pools}) < len(pools):
        raise InputError(f"Two sets of photos bear one name: {', '.join(short_path(path) for path in data)}.")
    for part in PARTS:
        if not any(pool.parts[part] for pool in pools):
            raise InputError(f"There are too few photos: none is left for the part {part!r}.")
    return pools


def known_labels(rows: Sequence[PhotoRow], labels: tuple[str, ...]) -> list[int]:
    """Return the class of each photo, -1 where the model has none of that name."""
    known: dict[str, int] = {}
    for label in {row.label for row in rows}:
        try:
            known[label] = -1 if label.isdecimal() else label_index(label, labels)
        except InputError:
            known[label] = -1
    return [known[row.label] for row in rows]
