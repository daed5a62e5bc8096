"""The JSON that commands about one input print: the document, or for one version more the object of schema 1."""

import argparse
import sys
from collections.abc import Callable
from typing import Any

from ..document import SCHEMA, Document, to_dict


def add_schema(parser: argparse.ArgumentParser) -> None:
    """Add the flag --schema."""
    parser.add_argument(
        "--schema",
        type=int,
        choices=(1, SCHEMA),
        default=SCHEMA,
        help=f"of --json: {SCHEMA} for the analysis document (default), 1 for the keys of the version before",
    )


def printed(
    document: Document, options: argparse.Namespace, old: Callable[[Document], dict[str, Any]]
) -> dict[str, Any]:
    """Return a document as JSON in the schema that was asked for; of an older one a notice says that it goes.

    Args:
        old: makes the object of schema 1.
    """
    if options.schema == SCHEMA:
        return to_dict(document)
    print(f"--schema 1 goes with the next version: --schema {SCHEMA} prints the analysis document.", file=sys.stderr)
    return old(document)
