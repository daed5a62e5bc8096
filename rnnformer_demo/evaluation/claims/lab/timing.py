"""The clock and the memory of a network: milliseconds in interleaved rounds, and bytes at the highest point.

On a GPU, work is waited for: its kernels run on after the call that started them.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

CPU, GPU = "cpu", "cuda"
INFERENCE, TRAINING = "inference", "training step"


def work_of(network: nn.Module, x: Tensor, kind: str) -> Callable[[], None]:
    """Return a function that runs a network forward, or forward and back with the update left out."""

    def inference() -> None:
        with torch.inference_mode():
            network(x)

    def training() -> None:
        network.zero_grad(set_to_none=True)
        network(x).square().mean().backward()

    return {INFERENCE: inference, TRAINING: training}[kind]


def milliseconds(work: Callable[[], None], device: str = CPU, least: float = 2.0) -> float:
    """Return the milliseconds of a call: the mean of as many as take `least` milliseconds, of one where it is longer.

    With one thread they are the processor's time of that thread, which other programs of a busy machine do not
    lengthen much; with more, and on a GPU, they are of the clock on the wall.
    """
    alone = device == CPU and torch.get_num_threads() == 1
    clock = time.thread_time if alone else time.perf_counter
    calls, started = 0, clock()
    while True:
        work()
        _wait(device)
        calls += 1
        passed = 1000 * (clock() - started)
        if passed >= least:
            return passed / calls


def peak_bytes(work: Callable[[], None], device: str = CPU) -> int:
    """Return the bytes that a call holds at once at most, beyond what was held before, by PyTorch's own account."""
    if device != CPU:
        _wait(device)
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        work()
        _wait(device)
        return torch.cuda.max_memory_allocated() - before
    activity = torch.profiler.ProfilerActivity.CPU
    with torch.profiler.profile(activities=[activity], profile_memory=True) as profile:
        work()
    events = profile.profiler.kineto_results.events()
    changes = sorted((event.start_ns(), event.nbytes()) for event in events if event.name() == "[memory]")
    # The profile refers to itself, and its events take a gigabyte for 4,096 steps: they go now, not some time later.
    profile.profiler = None
    held = highest = 0
    for _, change in changes:
        held += change
        highest = max(highest, held)
    return highest


def _wait(device: str) -> None:
    if device != CPU:
        torch.cuda.synchronize()


@contextmanager
def threads(count: int) -> Iterator[None]:
    """Let PyTorch use so many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
