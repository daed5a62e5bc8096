"""The command `evaluate-explanations`: attribution methods against ground truth."""

import argparse
import sys
from collections.abc import Callable

from .arguments import path, seed
from .tables import add_table_options, table_of


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    about = "measure attribution methods against people's marks, phrase sentiments, masks, planted evidence, the model"
    added = command("evaluate-explanations", _evaluate, about)
    added.add_argument("model", metavar="MODEL", nargs="?", help="a model; or --all")
    added.add_argument("--all", action="store_true", help="every model on the sets of the plan, in the folder --data")
    added.add_argument(
        "--data",
        nargs="+",
        required=True,
        type=path,
        metavar="PATH",
        help="ERASER reviews, trees of phrases, photos with masks, planted; any labelled set (faithfulness)",
    )
    add_table_options(added)
    added.add_argument("--methods", nargs="+", metavar="M", help="default: all that fit")
    added.add_argument("--limit", type=int, metavar="N", help="inputs of each set (default: all)")
    added.add_argument("--randomised", type=int, metavar="N", help="inputs of each set on which weights are drawn anew")
    added.add_argument("--seeds", type=int, metavar="N", help="measure how often the verdict is the same by N seeds")
    added.add_argument("--seed", type=seed, default=0, help="of all that is drawn (default: 0)")
    added.add_argument("--write", action="store_true", help="keep the results where the page and README take them from")


def _evaluate(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis.service import get
    from ..data import InputError
    from ..evaluation import explanations

    more: dict = {} if options.randomised is None else {"randomised": options.randomised}
    more |= {} if options.seeds is None else {"seeds": options.seeds}
    keep = explanations.write if options.write else lambda result: None
    more |= {"table": table_of(options), "labels": options.labels}
    more |= {"methods": options.methods, "limit": options.limit, "seed": options.seed, "keep": keep}
    if options.all == (options.model is not None):
        raise InputError("Name a model, or --all for every one of them.")
    if options.all:
        figures = explanations.evaluate_all(options.data, get, **more)
    else:
        figures = explanations.evaluate_explanations(get(options.model), options.data, **more)
    for notice in figures["notices"]:
        print(notice, file=sys.stderr)
    return figures, explanations.markdown(figures["results"])
