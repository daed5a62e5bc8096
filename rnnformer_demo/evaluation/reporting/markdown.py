"""Markdown tables."""

from collections.abc import Iterable, Sequence

_RULES = {"l": "---", "r": "---:", "c": ":---:"}


def table(header: Sequence[object], rows: Iterable[Sequence[object]], align: str = "") -> str:
    """Return a table of GitHub's Markdown.

    Args:
        header: the titles of the columns.
        rows: the cells of each row, as many as there are titles; `|` is escaped, a line break becomes a blank.
        align: a letter for each column, "l", "r" or "c"; missing ones are "l".

    Raises:
        ValueError: for a row of another width, and for another letter.

    Example:
        >>> print(table(("model", "n"), [("a", 3)], "lr"))
        | model | n |
        |---|---:|
        | a | 3 |
    """
    if len(align) > len(header) or not set(align) <= _RULES.keys():
        raise ValueError(f"align must be at most {len(header)} letters of {', '.join(_RULES)}, got {align!r}")
    lines = [_line(header), f"|{'|'.join(_RULES[letter] for letter in align.ljust(len(header), 'l'))}|"]
    for row in rows:
        if len(row) != len(header):
            raise ValueError(f"a row must have {len(header)} cells, got {len(row)}: {row!r:.200}")
        lines.append(_line(row))
    return "\n".join(lines)


def _line(cells: Sequence[object]) -> str:
    return f"| {' | '.join(' '.join(str(cell).splitlines()).replace('|', chr(92) + '|') for cell in cells)} |"
