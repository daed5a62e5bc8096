"""Chunks scored by Ray Data, on several machines: the same scorer, as a stateful actor of `map_batches`.

The chunks are read here and their results come back here, a window at a time, so that memory stays as it is on one
machine. A chunk whose actor dies is scored again by another one; whoever reads the results keeps each chunk once.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from ..checkpoints.cards import default_folder
from ..checkpoints.engines import chosen_engine
from ..data import InputError
from .local import Chunk
from .rows import Results
from .scorer import Scorer

_CHUNKS_AT_A_TIME = 100  # for each worker: minutes of work, beside which its start does not count
_ADDRESS = "RAY_ADDRESS"


class ScorerActor:
    """A scorer in a process of its own, for `map_batches`; its arguments are those of `Scorer`."""

    def __init__(self, model: str, explain: str | None) -> None:
        self._scorer = Scorer(model, explain)

    def __call__(self, batch: dict[str, Any]) -> dict[str, list]:
        """Return the numbers of chunks, and what their rows come to."""
        return {"number": list(batch["number"]), "results": [self._scorer.score(rows) for rows in batch["rows"]]}


def score_on_ray(
    model: str, explain: str | None, chunks: Iterable[Chunk], workers: int
) -> Iterator[tuple[int, Results]]:
    """Yield the number and the results of each chunk, as they are done.

    Args:
        model, explain: see `Scorer`.
        workers: actors, each on one core. They run in the cluster that RAY_ADDRESS names, else on this machine.

    Raises:
        InputError: where Ray is not installed.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no request leaves the machine
    try:
        import ray.data
    except ImportError as error:
        raise InputError(
            "Ray is not installed: pip install -r rnnformer_demo/batch/requirements-ray.txt, or leave --runner out."
        ) from error
    waiting = iter(chunks)
    own = {} if os.environ.get(_ADDRESS) else {"num_cpus": workers, "include_dashboard": False}
    ray.init(runtime_env={"env_vars": _variables()}, log_to_driver=False, logging_level="ERROR", **own)
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)  # it warns that rows are no columns of numbers
        while window := list(islice(waiting, workers * _CHUNKS_AT_A_TIME)):
            yield from _scored(model, explain, window, workers)
    finally:
        ray.shutdown()


def _scored(model: str, explain: str | None, window: list[Chunk], workers: int) -> Iterator[tuple[int, Results]]:
    import ray

    items = [{"number": number, "rows": rows} for number, rows in window]
    scored = ray.data.from_items(items, override_num_blocks=len(items)).map_batches(
        ScorerActor,
        fn_constructor_args=(model, explain),
        batch_size=1,
        batch_format="numpy",
        compute=ray.data.ActorPoolStrategy(size=workers),
        num_cpus=1,
    )
    for row in scored.iter_rows():
        yield row["number"], row["results"]


def _variables() -> dict[str, str]:
    """Return the environment of an actor: it finds this package and the models where this process does."""
    return {
        "PYTHONPATH": str(Path(__file__).parents[2]),
        "OMP_NUM_THREADS": "1",
        "RNNFORMER_CHECKPOINTS": str(default_folder().resolve()),
        "RNNFORMER_ENGINE": chosen_engine(),
    }
