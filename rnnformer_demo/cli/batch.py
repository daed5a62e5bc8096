"""The command `batch`: a file of many texts, or a folder of photos, scored to a file."""

import argparse
from collections.abc import Callable
from pathlib import Path

from .arguments import path
from .tables import add_format_options, table_of


def add(command: Callable[[str, Callable, str], argparse.ArgumentParser]) -> None:
    """Add the command by a function (name, run, about) that adds one."""
    batch = command("batch", _batch, "score a table of texts, or a folder of photos, to a file")
    batch.add_argument("model", metavar="MODEL")
    batch.add_argument(
        "--data", type=path, metavar="FILE", required=True, help="CSV, TSV, JSONL, Parquet; folder or zip of photos"
    )
    batch.add_argument("--out", type=path, metavar="FILE", required=True, help="to write: .csv, .jsonl or .parquet")
    batch.add_argument(
        "--id-column", metavar="COLUMN", help="that names the rows (default: the line, or the photo's path)"
    )
    batch.add_argument(
        "--explain", choices=["relevance-propagation"], help="add what each word or cell adds to the label's logit"
    )
    # Not --engine, which every command has: that says what runs a model, this says where.
    batch.add_argument("--runner", choices=["local", "ray"], default="local", help="this machine (default), or Ray's")
    batch.add_argument("--workers", type=_count, metavar="N", help="passes at a time (default: one a core)")
    add_format_options(batch)


def _count(argument: str) -> int:
    if not argument.isdecimal() or not int(argument):
        raise argparse.ArgumentTypeError(f"must be a whole number from 1, got {argument[:20]!r}")
    return int(argument)


def _batch(options: argparse.Namespace) -> tuple[dict, str]:
    from ..batch.job import Job, run_batch

    figures = run_batch(
        Job(
            model=options.model,
            data=Path(options.data),
            out=Path(options.out),
            table=table_of(options),
            id_column=options.id_column,
            explain=options.explain,
            runner=options.runner,
            workers=options.workers,
        )
    )
    sentence = f"{figures['rows']:,} rows are scored in {figures['out']} ({figures['rows_per_second']:,} a second)"
    rejected = f"; {figures['rejected']:,} are rejected, see {figures['rejected_file']}" if figures["rejected"] else ""
    return figures, f"{sentence}{rejected}."
