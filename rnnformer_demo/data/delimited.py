"""Lines of a table to rows of cells: separators are found out, and a stray quotation mark costs its own line alone.

pandas would not do: it joins rows in silence where a quotation mark does not pair, and tells of no row its line.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from .encodings import DAMAGED, MEANINGLESS
from .sample import InputError

SEPARATORS = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars"}
_DECLARED = re.compile(r'"?sep=(.)"?')  # Excel's first line
_QUOTED = re.compile(r'".+"')
_DOUBLED = re.compile(r'(^|\t)"([^"\t]|"")*""([^"\t]|"")*"(\t|$)')
_SAMPLE = 50  # lines by which a separator is chosen
_MAX_FIELD = 10 * 2**20
_NO_LABEL = -1
_UNPAIRED = "a quotation mark in it does not pair"
Row = tuple[int, list[str] | str]  # the line on which it begins; its cells, or its fault


def split_line(line: str, separator: str) -> list[str]:
    """Return the cells of one line, quoted or not."""
    try:
        return next(csv.reader([line], delimiter=separator, strict=True), [])
    except csv.Error:
        return line.split(separator)


def find_separator(lines: Sequence[str], named: str | None, fits: Callable[[list[str]], bool]) -> tuple[str, int]:
    """Return the separator of a table, and the number of lines before its header.

    Args:
        lines: of the table.
        named: the separator; found out where it is None.
        fits: tells if the names of columns are those of the table.

    Raises:
        InputError: for a named one that is none.
    """
    start = next((number for number, line in enumerate(lines) if line.strip()), 0)
    first = lines[start] if lines else ""
    declared = _DECLARED.fullmatch(first)
    if declared:
        return named or declared[1], start + 1
    if named is not None:
        return _separator_named(named), start
    fitting = [separator for separator in SEPARATORS if fits(split_line(first, separator))]
    if fitting:
        return fitting[0], start
    return max(SEPARATORS, key=lambda separator: _regularity(lines[start : start + _SAMPLE], separator)), start


def _separator_named(name: str) -> str:
    separator = {"tab": "\t", "\\t": "\t"}.get(name.lower(), name)
    if len(separator) != 1 or separator in '"\r\n':
        raise InputError(f"--sep must be one character, or tab, got {name[:20]!r}.")
    return separator


def _regularity(lines: Sequence[str], separator: str) -> int:
    """Return how many lines have the commonest number of cells, where that is more than one."""
    counts = Counter(len(split_line(line, separator)) for line in lines if line.strip())
    cells, often = counts.most_common(1)[0] if counts else (1, 0)
    return often if cells > 1 else 0


def rows_of(lines: Sequence[str], separator: str, first: int, cells: int, label: int) -> Iterator[Row]:
    """Yield the rows of a table.

    Args:
        lines: of the table, its header included.
        separator: between cells.
        first: index of the first line that is a row.
        cells: number of cells in a row.
        label: place of the label among them. Labels recur, so a line that ends in one shows where a quotation mark
            that is never closed has swallowed rows.
    """
    csv.field_size_limit(_MAX_FIELD)
    if separator == "\t" and not _is_quoted(lines):
        rows: Iterator[Row] = ((number, lines[number].split(separator)) for number in range(first, len(lines)))
    else:
        rows = _Quoted(lines, separator, cells, label).rows(first)
    yield from _checked(rows, cells)


def rows_of_blocks(
    blocks: Iterable[Sequence[str]], separator: str, start: int, first: int, cells: int
) -> Iterator[Row]:
    """Yield the rows of a table that comes in blocks of lines, however long it is; see `rows_of`.

    No labels are asked for: where a quotation mark is never closed, the next one tells.

    Args:
        blocks: of lines.
        start: index of the header in the first block.
        first: index of the first line there that is a row.
    """
    csv.field_size_limit(_MAX_FIELD)
    waiting = iter(blocks)
    lines, following = list(next(waiting, [])), next(waiting, None)
    quoted, before = separator != "\t" or _is_quoted(lines[start:]), 0
    while True:
        rest = len(lines)
        if quoted:
            table = _Quoted(lines, separator, cells, _NO_LABEL, more=following is not None)
            yield from _checked(((number + before, row) for number, row in table.rows(first)), cells)
            rest = table.rest
        else:
            split = ((number + before, lines[number].split(separator)) for number in range(first, rest))
            yield from _checked(split, cells)
        if following is None:
            return
        before, first, lines = before + rest, 0, [*lines[rest:], *following]
        following = next(waiting, None)


def _checked(rows: Iterable[tuple[int, list[str] | str]], cells: int) -> Iterator[Row]:
    for number, row in rows:
        if isinstance(row, list) and not "".join(row).strip() and len(row) <= 1:
            continue  # a blank line
        yield number + 1, _fault(row, cells) or row


def _fault(row: list[str] | str, cells: int) -> str | None:
    if isinstance(row, str):
        return row
    if any(DAMAGED in cell for cell in row):
        return MEANINGLESS
    return None if len(row) == cells else f"{len(row)} columns where the header has {cells}"


def _is_quoted(lines: Sequence[str]) -> bool:
    """Tell if quotation marks quote in a table with tabs, as in a CSV; most such tables hold them as plain text.

    They do where every cell that begins with one is closed by the rules, and there is a sign of it: the header is
    quoted, a mark is doubled, or a cell holds a tab or goes over several lines.
    """
    cells = len(lines[0].split("\t"))
    try:
        rows = [row for row in csv.reader((f"{line}\n" for line in lines), delimiter="\t", strict=True) if row]
    except csv.Error:
        return False
    if any(len(row) != cells for row in rows):
        return False
    split = any(line.count("\t") + 1 != cells for line in lines if line.strip())
    return split or all(map(_QUOTED.fullmatch, lines[0].split("\t"))) or any(map(_DOUBLED.search, lines))


class _Torn(Exception):
    """A quoted cell has reached a line that is a row of its own."""


class _Unfinished(Exception):
    """A row goes on in lines that are still to come."""


class _Quoted:
    """A table in which quotation marks quote, and a cell may go over several lines.

    A quotation mark that is never closed would swallow rows up to the next one. It is told from a text of several
    lines by the labels that recur: no line within such a text is a whole row with one of the table's labels.
    """

    def __init__(self, lines: Sequence[str], separator: str, cells: int, label: int, more: bool = False):
        self.lines, self.separator, self.cells, self.label, self.more = lines, separator, cells, label, more
        self.labels: frozenset[str] = frozenset()
        self.rest = len(lines)  # the first line of a row that goes on in lines still to come

    def rows(self, first: int) -> Iterator[tuple[int, list[str] | str]]:
        """Return the rows from a line on, each with the index of the line on which it begins."""
        found = list(self._read(first))
        if self.label == _NO_LABEL or all(isinstance(row, list) and "\n" not in "".join(row) for _, row in found):
            return iter(found)
        sound = (row for _, row in found if isinstance(row, list) and len(row) == self.cells)
        self.labels = frozenset(row[self.label] for row in sound if row[self.label].strip())
        return self._read(first)

    def _read(self, number: int) -> Iterator[tuple[int, list[str] | str]]:
        while number < len(self.lines):
            try:
                row, following = self._row_at(number)
            except _Unfinished:
                self.rest = number
                return
            yield number, row
            number = following

    def _row_at(self, first: int) -> tuple[list[str] | str, int]:
        """Return the row that begins on a line, and the line after it; a damaged row ends with its first line."""
        read = 0

        def feed() -> Iterator[str]:
            nonlocal read
            for line in (self.lines[place] for place in range(first, len(self.lines))):
                if read and self._is_whole(line):
                    raise _Torn
                read += 1
                yield f"{line}\n"

        try:
            row = next(csv.reader(feed(), delimiter=self.separator, strict=True))
        except (csv.Error, _Torn) as error:
            if self.more and first + read == len(self.lines):
                raise _Unfinished from error
            return _UNPAIRED if '"' in self.lines[first] else f"it cannot be read ({error})", first + 1
        if read > 1 and self._is_swallowed(first, first + read - 1):
            return _UNPAIRED, first + 1
        return row, first + read

    def _is_whole(self, line: str) -> bool:
        """Tell if a line is a row of its own: its cells, its label, its quotation marks in pairs."""
        return line.count('"') % 2 == 0 and self._has_label(split_line(line, self.separator))

    def _is_swallowed(self, first: int, last: int) -> bool:
        """Tell if the first or the last line of a row is one of its own but for a stray quotation mark.

        That line is asked in which the label would be no part of the row as it was read: the first one if the label
        stands behind the cell that goes on, else the last one.
        """
        opened = len(next(csv.reader([self.lines[first]], delimiter=self.separator))) - 1
        line = self.lines[first if self.label > opened else last]
        return self.label != opened and self._has_label(line.split(self.separator))

    def _has_label(self, cells: list[str]) -> bool:
        return len(cells) == self.cells and cells[self.label].strip('"') in self.labels
