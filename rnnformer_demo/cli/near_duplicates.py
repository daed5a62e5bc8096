"""The command `near-duplicates`: texts of tests that nearly stand in the training files of models."""

import argparse
from collections.abc import Callable
from pathlib import Path

from .arguments import path


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    added = command("near-duplicates", _find, "find texts of tests that nearly stand in the training files of models")
    added.add_argument("models", metavar="MODEL", nargs="*", help="of text (default: every hybrid)")
    added.add_argument("--data", type=path, metavar="FOLDER", required=True, help="in which the data sets lie")
    added.add_argument(
        "--likeness", type=float, metavar="SHARE", help="of n-grams that nearly the same texts share, 0.5 to 1"
    )
    added.add_argument("--write", action="store_true", help="keep the figures where README takes them from")


def _find(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis.service import get
    from ..checkpoints import cards
    from ..data import InputError
    from ..evaluation import near_duplicates_table
    from ..evaluation.near_duplicates import find_near_duplicates

    more = {} if options.likeness is None else {"least": options.likeness}
    if options.likeness is not None and not 0.5 <= options.likeness <= 1:
        raise InputError(f"--likeness must be from 0.5 to 1, got {options.likeness:g}.")
    hybrids = [
        name for name, card in cards.in_families().items() if card["modality"] == "text" and "baseline_of" not in card
    ]
    result = find_near_duplicates(options.models or hybrids, get, Path(options.data), **more)
    lines = [near_duplicates_table.markdown(result)]
    if options.write:
        lines.append(f"{near_duplicates_table.write(result)} is written.")
    return result, "\n".join(lines)
