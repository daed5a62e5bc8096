"""The command `evaluate`: accuracy and calibration of a model on labelled data."""

import argparse
from collections.abc import Callable

_MOST_REJECTED = 20  # rows that are printed


def add_test(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    evaluate = command("evaluate", _evaluate, "test a model on labelled data")
    evaluate.add_argument("model", metavar="MODEL")
    evaluate.add_argument("--data", metavar="FILE", required=True, help="TSV, CSV, JSONL; folder or zip of photos")
    evaluate.add_argument("--split", help="of a set with index.csv (default: test, where there is one)")
    evaluate.add_argument("--drop", nargs="*", default=[], metavar="CLASS", help="classes to leave out")


def _evaluate(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis.service import get
    from ..evaluation.classification import evaluate

    figures = evaluate(get(options.model), options.data, options.split, options.drop)
    low, high = figures["interval"]
    text = (
        f"{figures['model']}: {figures['accuracy']:.2%} of {figures['n']} right "
        f"(95 % interval {low:.2%} to {high:.2%}), "
        f"mean class accuracy {figures['mean_class_accuracy']:.2%}, macro F1 {figures['macro_f1']:.4f}, "
        f"ECE {figures['ece_before_scaling']:.2%} before and {figures['ece']:.2%} after temperature scaling "
        f"({figures['ece_by_chance']:.2%} would be chance alone), "
        f"{figures['rejected_rows']} rows rejected"
    )
    rejected = figures["rejected"][:_MOST_REJECTED]
    others = figures["rejected_rows"] - len(rejected)
    more = [f"and {others} more, which --json names"] if others else []
    return figures, "\n".join([text, *rejected, *more])
