"""Flags about tables and labels, shared by the commands that read labelled data."""

import argparse
from collections.abc import Iterable

from ..data.labels import OPTION
from ..data.tables import TableOptions

_HELP = {
    "sep": ("SIGN", "separator of a table's columns, or tab (default: found out)"),
    "encoding": ("NAME", "of a table, such as cp1252 or gb18030 (default: found out)"),
    "text_column": ("COLUMN", "that holds the texts; its number where a table has no header"),
    "label_column": ("COLUMN", "that holds the labels; its number where a table has no header"),
}


def add_table_options(parser: argparse.ArgumentParser) -> None:
    """Let a command take how a table is written and what its labels mean."""
    _add(parser, _HELP)
    about = "what labels mean where it cannot be found out: negative=1 positive=2; a class may have several"
    parser.add_argument(OPTION, nargs="+", default=[], metavar="CLASS=LABEL", help=about)


def add_format_options(parser: argparse.ArgumentParser) -> None:
    """Let a command take how a table is written whose labels do not matter."""
    _add(parser, [name for name in _HELP if name != "label_column"])


def _add(parser: argparse.ArgumentParser, names: Iterable[str]) -> None:
    for name in names:
        value, about = _HELP[name]
        parser.add_argument(f"--{name.replace('_', '-')}", metavar=value, help=about)


def table_of(options: argparse.Namespace) -> TableOptions:
    """Return how a table is written, as a command was told."""
    return TableOptions(**{name: getattr(options, name) for name in _HELP if name in options})
