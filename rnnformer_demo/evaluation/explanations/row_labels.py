"""Rows of a benchmark, with the labels of the set replaced by the names of the model's classes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...checkpoints.store import Checkpoint
from ...data.rows import Rejected
from ...data.tables import TableOptions
from ..labelling import label_rows
from .benchmark import Benchmark, RowSet


def read_rows(
    benchmark: Benchmark,
    file: Path,
    checkpoint: Checkpoint,
    table: TableOptions | None = None,
    labels: Sequence[str] = (),
) -> RowSet:
    """Read the rows of a benchmark; those whose label is no class of the model are rejected.

    Args:
        benchmark: the kind of the set.
        file: that holds it.
        checkpoint: the model.
        table: how a table is written, where that is not to be found out.
        labels: what labels mean, see `map_labels`.

    Raises:
        InputError: for a file that cannot be read, and for labels that do not fit the classes.
    """
    rows = benchmark.read(file, table) if benchmark.tabular else benchmark.read(file)
    if not benchmark.labelled or not rows.rows:
        return rows
    labelling = label_rows([row.label for _, row in rows.rows], checkpoint, file.name, given=labels)
    named, mapping = labelling.mapping.as_dict(), labelling.mapping
    return replace(
        rows,
        rows=[(line, replace(row, label=named[row.label])) for line, row in rows.rows if row.label in named],
        rejected=rows.rejected
        + [Rejected(line, mapping.refusal(row.label)) for line, row in rows.rows if row.label not in named],
        notices=(*rows.notices, *labelling.notices()),
    )
