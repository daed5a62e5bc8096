"""The command `evaluate`: accuracy and calibration of a model on labelled data."""

import argparse
from collections.abc import Callable, Iterator

from .arguments import path
from .tables import add_table_options, table_of

_MOST_REJECTED = 20  # rows that are printed


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    evaluate = command("evaluate", _evaluate, "test a model on labelled data")
    evaluate.add_argument("model", metavar="MODEL")
    evaluate.add_argument(
        "--data", type=path, metavar="FILE", required=True, help="CSV, TSV, JSONL, Parquet; folder or zip of photos"
    )
    evaluate.add_argument("--split", help="of a set of photos (default: test, or else val)")
    evaluate.add_argument("--drop", nargs="*", default=[], metavar="CLASS", help="classes to leave out")
    add_table_options(evaluate)
    evaluate.add_argument("--beside", nargs="+", default=[], metavar="MODEL", help="test others, too, paired with it")
    evaluate.add_argument("--ablate", action="store_true", help="test it without attention and recurrence, too")
    evaluate.add_argument(
        "--write", action="store_true", help="keep reliability, pairs and ablations for the page of models"
    )


def _evaluate(options: argparse.Namespace) -> tuple[dict, str]:
    from ..analysis.service import get
    from ..evaluation.classification import evaluate
    from ..evaluation.records import write_record

    beside = [get(name) for name in options.beside]
    figures = evaluate(
        get(options.model),
        options.data,
        options.split,
        options.drop,
        beside,
        options.ablate,
        table_of(options),
        options.labels,
    )
    tested = [figures, *figures.get("beside", ())]
    lines = [line for each in tested for line in _lines(each)]
    if options.write:
        written = [write_record(each, get(each["model"]).sha256) for each in tested]
        lines += [f"{file} is written." for file in written]
    return figures, "\n".join(lines)


def _lines(figures: dict) -> Iterator[str]:
    low, high = figures["interval"]
    yield (
        f"{figures['model']}: mean class accuracy {figures['mean_class_accuracy']:.2%}, "
        f"macro F1 {figures['macro_f1']:.4f}; {figures['accuracy']:.2%} of {figures['n']} right "
        f"(95 % interval {low:.2%} to {high:.2%}), "
        f"ECE {figures['ece_before_scaling']:.2%} before and {figures['ece']:.2%} after temperature scaling "
        f"({figures['ece_by_chance']:.2%} would be chance alone), "
        f"{figures['rejected_rows']} rows rejected"
    )
    yield from figures["notices"]
    yield from figures["rejected"][:_MOST_REJECTED]
    if others := max(0, figures["rejected_rows"] - _MOST_REJECTED):
        yield f"and {others} more, which --json names"
    if paired := figures.get("paired"):
        yield (
            f"{figures['model']} alone is right in {paired['only_this']}, {paired['with']} alone in "
            f"{paired['only_first']}: p = {paired['p']:.3g} (McNemar's test, exact), {paired['p_holm']:.3g} "
            "after Holm's correction for the models beside"
        )
    for name, ablated in figures.get("ablations", {}).items():
        yield (
            f"{name.replace('_', ' ')}: {ablated['accuracy']:.2%} right (McNemar's test: p = {ablated['p']:.3g}); "
            f"{ablated['changed']:.2%} of the answers change; mean total variation distance {ablated['moved']:.3f}"
        )
