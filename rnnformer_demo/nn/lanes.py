"""Passes side by side: several threads share the sessions of an engine, each of which runs on one."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")
VARIABLE = "RNNFORMER_THREADS"


def lanes() -> int:
    """Return the number of passes that may be run at a time: RNNFORMER_THREADS, or the cores of this process."""
    if chosen := os.environ.get(VARIABLE):
        return max(1, int(chosen))
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def _pool(workers: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(workers, thread_name_prefix="lane")


def side_by_side(function: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Yield what a function gives for each item, in their order, without gradients, on all lanes."""
    import torch

    return _pool(lanes()).map(torch.no_grad()(function), items)


def in_groups(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """Yield items in groups of a size, the last one perhaps smaller."""
    return (items[start : start + size] for start in range(0, len(items), size))
