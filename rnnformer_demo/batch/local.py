"""Chunks scored on this machine: its cores share one model."""

import sys
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from .rows import Results, Row
from .scorer import Scorer

Chunk = tuple[int, list[Row]]  # its number, from 0, and its rows
_AHEAD = 2  # chunks that are read before the oldest is done: no core waits for the reader
_SWITCH_SECONDS = 0.0005  # a pass that has ended waits as long for the interpreter, instead of ten times that


def score_locally(scorer: Scorer, chunks: Iterable[Chunk], workers: int) -> Iterator[tuple[int, Results]]:
    """Yield the number and the results of each chunk, in their order.

    Args:
        workers: passes that are run at a time, each on one core.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="batch")
    begun: deque = deque()
    switched_after = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        for number, rows in chunks:
            begun.append((number, scorer.begin(rows, pool.submit)))
            if len(begun) > _AHEAD:
                number, finish = begun.popleft()
                yield number, finish()
        for number, finish in begun:
            yield number, finish()
    finally:
        pool.shutdown(cancel_futures=True)
        sys.setswitchinterval(switched_after)
