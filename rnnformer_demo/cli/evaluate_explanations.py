"""The command `evaluate-explanations`: attribution methods against ground truth."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from .arguments import path, seed
from .tables import add_table_options, table_of


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    about = "measure attribution methods against people's marks, phrase sentiments, masks, planted evidence, the model"
    added = command("evaluate-explanations", _evaluate, about)
    added.add_argument("model", metavar="MODEL", nargs="?", help="a model; or --all")
    added.add_argument("--all", action="store_true", help="every model on the sets of the plan, in the folder --data")
    added.add_argument("--only", nargs="+", default=[], metavar="MODEL", help="with --all: these models alone")
    added.add_argument("--dry-run", action="store_true", help="with --all: tell what the rest would take")
    added.add_argument(
        "--data",
        nargs="+",
        required=True,
        type=path,
        metavar="PATH",
        help="ERASER reviews, trees of phrases, photos with masks, planted; any labelled set (faithfulness)",
    )
    add_table_options(added)
    added.add_argument("--methods", nargs="+", metavar="M", help="M or M:option=value; default: all that fit")
    added.add_argument("--limit", type=int, metavar="N", help="inputs of each set (default: all)")
    added.add_argument("--randomised", type=int, metavar="N", help="inputs of each set on which weights are drawn anew")
    added.add_argument("--seeds", type=int, metavar="N", help="measure how often the verdict is the same by N seeds")
    added.add_argument("--seed", type=seed, default=0, help="of all that is drawn (default: 0)")
    added.add_argument(
        "--journal",
        type=path,
        metavar="FOLDER",
        help="keep every input's figures there at once: a run that was cut off goes on from them",
    )
    added.add_argument("--write", action="store_true", help="keep the results where the page and README take them from")


def _evaluate(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis.service import get
    from ..data import InputError
    from ..evaluation import explanations

    if options.all == (options.model is not None):
        raise InputError("Name a model, or --all for every one of them.")
    if not options.all and (options.only or options.dry_run):
        raise InputError("--only and --dry-run go with --all.")
    journal = Path(options.journal) if options.journal else None
    more: dict = {"methods": options.methods, "limit": options.limit, "seed": options.seed, "journal": journal}
    if options.dry_run:
        return explanations.outlooks(options.data, get, only=options.only, **more)
    more |= {} if options.randomised is None else {"randomised": options.randomised}
    more |= {} if options.seeds is None else {"seeds": options.seeds}
    more |= {"table": table_of(options), "labels": options.labels}
    more["keep"] = explanations.write if options.write else lambda result: None
    if options.all:
        figures = explanations.evaluate_all(options.data, get, only=options.only, **more)
    else:
        figures = explanations.evaluate_explanations(get(options.model), options.data, **more)
    for notice in figures["notices"]:
        print(notice, file=sys.stderr)
    return figures, explanations.markdown(figures["results"])
