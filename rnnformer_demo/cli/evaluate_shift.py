"""The command `evaluate-shift`: sentiment models on everyday texts that none was trained on."""

import argparse
from collections.abc import Callable
from pathlib import Path

from .arguments import path


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    about = "test sentiment models on everyday texts that none was trained on, beside each other"
    added = command("evaluate-shift", _evaluate, about)
    added.add_argument("models", metavar="MODEL", nargs="*", help="default: every sentiment model")
    added.add_argument("--data", type=path, metavar="FOLDER", required=True, help="in which the data sets lie")
    added.add_argument("--write", action="store_true", help="keep the results where README takes them from")


def _evaluate(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis.service import get
    from ..data import InputError
    from ..evaluation.behaviour.run import check_sentiment, sentiment_models
    from ..evaluation.shift import run, store

    names = options.models or sentiment_models()
    for name in names:
        check_sentiment(get(name))
    if options.write and options.models:
        raise InputError("--write keeps the figures of every model: name none.")
    result = run.evaluate_shift(names, get, Path(options.data))
    lines = [store.markdown(result)]
    if result["without_sets"]:
        lines.append(f"There is no such set in the language of {', '.join(result['without_sets'])}.")
    if options.write:
        lines.append(f"{store.write(result)} is written.")
    return result, "\n".join(lines)
