"""The command `compare-cuts`: which square of a photo is best read."""

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    cuts = command("compare-cuts", _compare_cuts, "compare centre crop, squashing and letterboxing of photos")
    cuts.add_argument("model", metavar="MODEL")
    cuts.add_argument("--data", nargs="+", metavar="FILE", required=True, help="folders or zips it was trained on")
    cuts.add_argument("--limit", type=int, metavar="N", help="most photos (default: all)")
    cuts.add_argument("--write", metavar="FILE", help="put the table in its place, cuts-MODEL, in FILE")


def _compare_cuts(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis.service import get
    from ..evaluation.reporting.readme import check_place, fill
    from ..training.studies.cuts import compare_cuts, cuts_table

    place = f"cuts-{options.model}"
    if options.write:
        check_place(Path(options.write), place)
    figures = compare_cuts(get(options.model), options.data, options.limit)
    made = cuts_table(figures)
    if options.write:
        fill(Path(options.write), {place: made})
    return {"model": options.model, "cuts": [asdict(one) for one in figures]}, made
