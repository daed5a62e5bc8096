"""Flags about tables and labels, shared by the commands that read labelled data."""

import argparse

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
    for name, (value, about) in _HELP.items():
        parser.add_argument(f"--{name.replace('_', '-')}", metavar=value, help=about)
    about = "what labels mean where it cannot be found out: negative=1 positive=2; a class may have several"
    parser.add_argument(OPTION, nargs="+", default=[], metavar="CLASS=LABEL", help=about)


def table_of(options: argparse.Namespace) -> TableOptions:
    """Return how a table is written, as a command was told."""
    return TableOptions(**{name: getattr(options, name) for name in _HELP})
