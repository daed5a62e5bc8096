"""Labelled photos in a folder or a zip. No file is dropped in silence: it is a row, or it is skipped with a reason."""

import posixpath
from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

from .file_sets import FileSet, clean_name
from .folders import TEST, TRAIN, VALIDATION, PhotoRow, SkippedFile, arrange, is_junk, reason_to_skip, split_named
from .labels import folded, merged
from .listing import listed
from .sample import InputError
from .wordnet import imagenet_name

__all__ = ["TEST", "TRAIN", "VALIDATION", "PhotoRow", "PhotoSet", "SkippedFile"]

LABEL_COLUMNS = ("class", "name", "label", "wnid")
_INDEX = "index.csv"
_NOT_INDEXED = "not named in index.csv"
_MOST_NAMED = 3  # files of a notice


class PhotoSet(FileSet):
    """Labelled photos in a folder (one folder a class, or with index.csv) or in a zip (the same two forms).

    index.csv has the columns `path`, `class` or `name`, and optionally `split`. Folders `train`, `val` and `test` that
    hold the folders of the classes are splits. WordNet's ids become the names of ImageNet's classes.

    Attributes:
        rows: the photos.
        skipped: all other files.
        notices: sentences about how the set was read, skipped files included.

    Raises:
        InputError: for a path that is neither, and for a set without photos.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(path)
        self.skipped: list[SkippedFile] = []
        self.notices: list[str] = []
        index = self._index_name()
        rows = self._by_folder() if index is None else self._indexed(index)
        if not rows:
            reasons = "; ".join(_summaries(self.skipped))
            raise InputError(f"{self.path.name} holds no labelled photos{f': {reasons}' if reasons else ''}.")
        self.rows = self._named_alike([replace(row, label=imagenet_name(row.label)) for row in rows])
        self.notices += [f"Skipped: {summary}." for summary in _summaries(self.skipped)]

    def _index_name(self) -> str | None:
        """Return the name of the index: it may lie, like all else, in a folder that wraps the set."""
        if _INDEX in self.names:
            return _INDEX
        tops = {name.partition("/")[0] for name in self.names if not is_junk(name)}
        within = f"{min(tops, default='')}/{_INDEX}"
        return within if len(tops) == 1 and within in self.names else None

    def _by_folder(self) -> list[PhotoRow]:
        found = arrange(self.names, lambda name: reason_to_skip(name, lambda: self._beginning(name)))
        self.skipped, self.notices = found.skipped, found.notices
        return found.rows

    def _beginning(self, name: str) -> bytes:
        try:
            return self.read(name, most=16)
        except InputError:
            return b""

    def _indexed(self, index: str) -> list[PhotoRow]:
        rows = self._rows_of(index, *self.index(index))
        listed = {row.path for row in rows} | {index}
        others = [name for name in self.names if name not in listed]
        self.skipped = [SkippedFile(name, self._reason_not_listed(name)) for name in others]
        return rows

    def _reason_not_listed(self, name: str) -> str:
        return reason_to_skip(name, lambda: self._beginning(name)) or _NOT_INDEXED

    def _rows_of(self, index: str, columns: list[str], lines: list[tuple[int, dict[str, str]]]) -> list[PhotoRow]:
        label = next((column for column in LABEL_COLUMNS if column in columns), None)
        if "path" not in columns or label is None:
            raise InputError(f"index.csv must have the columns path and class (or name), got {columns}.")
        for line, row in lines:
            if not row["path"] or not row[label]:
                raise InputError(f"index.csv has no {'path' if not row['path'] else label} in line {line}: fill it in.")
        return [self._row(index, row["path"], row[label], row.get("split")) for _, row in lines]

    def _row(self, index: str, path: str, label: str, split: str | None) -> PhotoRow:
        """Return the row of a line of the index; the names of usual splits are written in one way."""
        place = clean_name(posixpath.join(posixpath.dirname(index), path.replace("\\", "/")))
        return PhotoRow(place, label, split_named(split or "") or (split or "").strip())

    def _named_alike(self, rows: list[PhotoRow]) -> list[PhotoRow]:
        """Return the rows with one name for classes whose names differ in what does not count in a label alone."""
        usual = merged(Counter(row.label for row in rows))
        alike: dict[str, list[str]] = {}
        for label, chosen in usual.items():
            if label != chosen:
                alike.setdefault(chosen, []).append(repr(label))
        self.notices += [
            f"{', '.join(others)} and {chosen!r} are one class, {chosen!r}: their names differ in writing."
            for chosen, others in alike.items()
        ]
        return [replace(row, label=usual[row.label]) for row in rows]

    @property
    def test_split(self) -> str | None:
        """The split to test on, as `select` takes it: "test", else "val", or None for all photos where there is
        neither."""
        splits = {row.split for row in self.rows}
        return next((split for split in (TEST, VALIDATION) if split in splits), None)

    def select(self, split: str | None) -> list[PhotoRow]:
        """Return the photos of a split; all of them where `split` is None or the set has no splits.

        Raises:
            InputError: where the set has splits, but not this one.
        """
        splits = {row.split for row in self.rows} - {""}
        if split is None or not splits:
            return self.rows
        wanted = split if split in splits else split_named(split)
        if wanted not in splits:
            raise InputError(f"There is no split {split!r}: this set has {', '.join(sorted(splits))}.")
        return [row for row in self.rows if row.split == wanted]

    def without(self, rows: Iterable[PhotoRow], classes: Collection[str]) -> list[PhotoRow]:
        """Return rows without those of some classes, which may be named in any writing."""
        left_out = {folded(imagenet_name(label)) for label in classes}
        return [row for row in rows if folded(row.label) not in left_out]


def _summaries(skipped: list[SkippedFile]) -> list[str]:
    """Return for each reason how many files were skipped, and the first of their names."""
    by_reason: dict[str, list[str]] = {}
    for file in skipped:
        by_reason.setdefault(file.reason, []).append(file.path)
    return [
        f"{len(paths)} file{'s' * (len(paths) != 1)} ({reason}): {listed(paths, _MOST_NAMED)}"
        for reason, paths in by_reason.items()
    ]
