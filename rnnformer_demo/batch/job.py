"""A batch from file to file: read, scored, kept part by part, and joined."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import count, islice
from pathlib import Path
from typing import Any

from tqdm import tqdm

from .. import __version__
from ..checkpoints.aside import DiskFullError
from ..checkpoints.cards import default_folder, read_card, weights_digest
from ..data import InputError
from ..data.columns import TableOptions
from ..nn.lanes import lanes
from .local import Chunk, score_locally
from .parts import Parts
from .reader import read_rows
from .rows import Results, Source
from .scorer import ROWS_PER_CHUNK, Scorer
from .writer import check_suffix, write_rows

_REJECTED_COLUMNS = ("place", "id", "reason")


@dataclass(frozen=True)
class Job:
    """A batch.

    Attributes:
        model: name of a checkpoint.
        data: a table of texts; a folder or a zip of photos.
        out: the file to write: .csv, .jsonl or .parquet.
        table: how a table is written.
        id_column: names the rows; None for their places.
        explain: see `Scorer`.
        runner: "local" or "ray".
        workers: passes that are run at a time; None for one a core.
    """

    model: str
    data: Path
    out: Path
    table: TableOptions = field(default_factory=TableOptions)
    id_column: str | None = None
    explain: str | None = None
    runner: str = "local"
    workers: int | None = None

    @property
    def rejected_file(self) -> Path:
        """The file of the rows that cannot be scored."""
        return self.out.with_name(f"{self.out.stem}.rejected{self.out.suffix}")

    @property
    def parts_folder(self) -> Path:
        """The folder of what is done, until all is."""
        return self.out.with_name(f"{self.out.name}.parts")

    def manifest(self, rows_per_chunk: int) -> dict[str, Any]:
        """Return all that the results depend on."""
        return {
            "software": __version__,
            "model": self.model,
            "weights": weights_digest(self.model, default_folder()),
            "data": str(self.data.resolve()),
            "state of the data": _state(self.data),
            "table": asdict(self.table),
            "id_column": self.id_column,
            "explain": self.explain,
            "rows_per_chunk": rows_per_chunk,
        }


def _state(path: Path) -> str:
    """Return a digest of names, sizes and times of a file, or of all files of a folder."""
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    stats = [(str(file), file.stat()) for file in files if file.exists()]  # a link may lead nowhere
    return hashlib.sha256(repr([(name, each.st_size, each.st_mtime_ns) for name, each in stats]).encode()).hexdigest()


def run_batch(job: Job) -> dict[str, Any]:
    """Score a file, or go on where a killed process left off.

    Returns:
        `model`, `data`, `out`; `rows` that are scored, `rejected` ones and `rejected_file` (None for none);
        `scored_now`, the rows that were not done before, and `rows_per_second` of them.

    Raises:
        InputError: for data, a model or a place that cannot be had.
    """
    check_suffix(job.out)
    if job.out.exists() and not job.parts_folder.exists():  # with it, a process was killed as it tidied up
        raise InputError(f"{job.out} is there already: delete it, or name another --out.")
    if not job.out.parent.is_dir():
        raise InputError(f"There is no folder {job.out.parent}: make it, or name another --out.")
    modality = read_card(job.model)["modality"]
    source = read_rows(job.data, modality, job.table, job.id_column)
    rows_per_chunk = ROWS_PER_CHUNK[modality]
    try:
        parts = Parts(job.parts_folder, job.manifest(rows_per_chunk))
        try:
            figures = _score(job, source, parts, rows_per_chunk)
            return figures | _join(job, parts)
        finally:
            parts.close()
    except OSError as error:
        reason = "no room is left on the disk" if isinstance(error, DiskFullError) else error.strerror
        raise InputError(
            f"{error.filename or job.out} cannot be written: {reason}; what is scored is kept in "
            f"{job.parts_folder}, and the same command goes on."
        ) from error


def _score(job: Job, source: Source, parts: Parts, rows_per_chunk: int) -> dict[str, Any]:
    """Score the chunks that are not done yet, and keep each as soon as it is."""
    workers, started, now = job.workers or lanes(), time.perf_counter(), 0
    with tqdm(desc=job.model, unit="row", mininterval=1) as bar:
        chunks = _left(source, rows_per_chunk, parts, bar)
        for number, results in _runner(job, workers)(chunks):
            parts.write(number, results)
            rows = len(results.scored) + len(results.rejected)
            now += rows
            bar.update(rows)
    seconds = time.perf_counter() - started
    return {"scored_now": now, "rows_per_second": round(now / seconds, 1)}


def _runner(job: Job, workers: int) -> Callable[[Iterable[Chunk]], Iterator[tuple[int, Results]]]:
    if job.runner == "ray":
        from .on_ray import score_on_ray

        return lambda chunks: score_on_ray(job.model, job.explain, chunks, workers)
    scorer = Scorer(job.model, job.explain)
    return lambda chunks: score_locally(scorer, chunks, workers)


def _left(source: Source, rows_per_chunk: int, parts: Parts, bar: tqdm) -> Iterator[Chunk]:
    """Yield the chunks that are not done, with their numbers."""
    read = 0
    for number in count():
        rows = list(islice(source.rows, rows_per_chunk))
        if not rows:
            return
        read += len(rows)
        bar.total = round(read / max(source.share(), 1e-9))
        if number in parts.done:
            bar.update(len(rows))
        else:
            yield number, rows


def _join(job: Job, parts: Parts) -> dict[str, Any]:
    """Write the results of all chunks to the files that were asked for."""
    if not parts.done:
        parts.remove()
        raise InputError(f"{job.data.name} holds no rows.")
    counts = [(len(results.scored), len(results.rejected)) for results in parts]
    scored, rejected = map(sum, zip(*counts, strict=True))
    if rejected:
        write_rows(job.rejected_file, _REJECTED_COLUMNS, (results.rejected for results in parts))
    else:
        job.rejected_file.unlink(missing_ok=True)  # of another batch
    write_rows(job.out, Scorer(job.model, job.explain).columns, (results.scored for results in parts))
    parts.remove()
    return {
        "model": job.model,
        "data": str(job.data),
        "out": str(job.out),
        "rows": scored,
        "rejected": rejected,
        "rejected_file": str(job.rejected_file) if rejected else None,
    }
