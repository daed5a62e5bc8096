"""The columns of a table that hold the texts and the labels."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .listing import listed
from .sample import InputError

# Usual names, the surest first; blanks, underscores and case do not count.
TEXT_COLUMNS = (
    *("text", "sentence", "review", "content", "comment", "tweet", "message", "document", "body"),
    *("reviewtext", "reviewbody", "commenttext", "tweettext", "texts", "sentences", "reviews"),
    *("文本", "内容", "评论", "评价", "正文", "headline", "title", "标题"),
)
LABEL_COLUMNS = (
    *("label", "class", "category", "sentiment", "labels", "target", "polarity", "topic", "classlabel", "classindex"),
    *("标签", "类别", "分类", "情感", "stars", "rating", "score", "name"),
)
CHOOSE = "name them with --text-column and --label-column"


@dataclass(frozen=True, kw_only=True)
class TableOptions:
    """How a table is written; what is not said is found out."""

    sep: str | None = None  # one character between the columns of tables, or tab (default: found out)
    encoding: str | None = None  # of tables, such as cp1252 or gb18030 (default: found out)
    text_column: str | None = None  # column of the texts; its number where a table has no header
    label_column: str | None = None  # column of the labels; its number where a table has no header


@dataclass(frozen=True)
class Columns:
    """The columns of a table.

    Attributes:
        text, label: those that hold the texts and the labels; "" where no labels are wanted.
        all: every column.
        numbered: the table has no header: columns are called by their numbers.
        spelled_alike: records may spell a column in several ways, as the keys of JSON lines may be.
    """

    text: str
    label: str
    all: tuple[str, ...]
    numbered: bool = False
    spelled_alike: bool = False

    def cells(self, record: dict[str, Any]) -> tuple[Any, Any]:
        """Return text and label of a record, None for what it has not."""
        return self._cell(record, self.text), self._cell(record, self.label)

    def _cell(self, record: dict[str, Any], column: str) -> Any:
        if column in record or not self.spelled_alike:
            return record.get(column)
        return next((record[key] for key in record if folded(key) == folded(column)), None)


def folded(column: str) -> str:
    """Return a column's name without what does not count in it."""
    return re.sub(r"[\s_\-]", "", column.strip("\ufeff")).casefold()


def fits(header: Sequence[str], wanted: TableOptions) -> bool:
    """Tell if a header names a column of texts and one of labels."""
    return all(
        _named(header, named) is not None if named else _usual(header, usual) is not None
        for named, usual in ((wanted.text_column, TEXT_COLUMNS), (wanted.label_column, LABEL_COLUMNS))
    )


def choose(header: Sequence[str], wanted: TableOptions, name: str, spelled_alike: bool = False) -> Columns:
    """Return the columns of a table.

    Args:
        header: names of its columns, or the keys of its records.
        wanted: those that the user names.
        name: of the file.
        spelled_alike: names that differ in case, blanks and underscores alone are those of one column.

    Raises:
        InputError: where there are none, or two of one name.
    """
    if _are_numbers(header, wanted):
        numbers = tuple(str(number) for number in range(1, len(header) + 1))
        return Columns(str(wanted.text_column), str(wanted.label_column), numbers, numbered=True)
    text, label = (
        _named(header, named) if named else _usual(header, usual)
        for named, usual in ((wanted.text_column, TEXT_COLUMNS), (wanted.label_column, LABEL_COLUMNS))
    )
    if text is None or label is None:
        raise InputError(_missing(header, wanted, name, spelled_alike))
    if text == label:
        raise InputError(f"{name} cannot have texts and labels in one column, {text!r}: {CHOOSE}.")
    if not spelled_alike:
        _check_unique(header, text, wanted.text_column, name)
        _check_unique(header, label, wanted.label_column, name)
    return Columns(text, label, tuple(header), spelled_alike=spelled_alike)


def fits_text(header: Sequence[str], wanted: TableOptions) -> bool:
    """Tell if a header names a column of texts."""
    return (_named(header, wanted.text_column) if wanted.text_column else _usual(header, TEXT_COLUMNS)) is not None


def choose_text(header: Sequence[str], wanted: TableOptions, name: str, spelled_alike: bool = False) -> Columns:
    """Return the columns of a table whose labels do not matter; see `choose`. A single one holds the texts.

    Raises:
        InputError: where there is no column of texts, or two of one name.
    """
    numbers = tuple(str(number) for number in range(1, len(header) + 1))
    if wanted.text_column in numbers and wanted.text_column not in header:
        return Columns(wanted.text_column, "", numbers, numbered=True)
    only = header[0] if len(header) == 1 and header[0].strip() else None
    text = _named(header, wanted.text_column) if wanted.text_column else _usual(header, TEXT_COLUMNS) or only
    if text is None:
        shown = listed([repr(column[:40]) for column in header])
        must = f"must have {'the key' if spelled_alike else 'a column'} {wanted.text_column or 'text'}"
        raise InputError(f"{name} {must}, got {shown or 'none'}: name the one of the texts with --text-column.")
    if not spelled_alike:
        _check_unique(header, text, wanted.text_column, name)
    return Columns(text, "", tuple(header), spelled_alike=spelled_alike)


def _missing(header: Sequence[str], wanted: TableOptions, name: str, keys: bool) -> str:
    """Return the sentence about columns that are not there."""
    names = f"{wanted.text_column or 'text'} and {wanted.label_column or 'label'}"
    shown = listed([repr(column[:40]) for column in header])
    must = f"must have the keys {names}" if keys else f"must begin with a line that names the columns {names}"
    return f"{name} {must}, got {shown or 'none'}: {CHOOSE}{'' if keys else ', by number where there is no such line'}."


def _check_unique(header: Sequence[str], column: str, named: str | None, name: str) -> None:
    alike = [other for other in header if other == column or (not named and folded(other) == folded(column))]
    if len(alike) > 1:
        way = "" if len(set(alike)) == 1 else ", or say which with --text-column or --label-column"
        raise InputError(
            f"{name} has {len(alike)} columns of one name, {' and '.join(map(repr, alike))}: rename all but one{way}."
        )


def _are_numbers(header: Sequence[str], wanted: TableOptions) -> bool:
    """Tell if the user names columns by numbers, for want of a header: they may stand among the first row's cells."""
    named = {wanted.text_column, wanted.label_column}
    return named <= {str(number) for number in range(1, len(header) + 1)} and not named <= set(header)


def _named(header: Sequence[str], name: str) -> str | None:
    """Return the column that a user names: as it stands, or folded where that is one alone."""
    if name in header:
        return name
    alike = {column for column in header if folded(column) == folded(name)}
    return alike.pop() if len(alike) == 1 else None


def _usual(header: Sequence[str], usual: Sequence[str]) -> str | None:
    by_name = {folded(column): column for column in reversed(header)}
    return next((by_name[name] for name in usual if name in by_name), None)
