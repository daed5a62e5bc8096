"""The gate of the API: so many calls run at a time, the others wait; a call whose caller leaves ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from typing import Any

import anyio
from anyio.to_thread import run_sync
from starlette.requests import Request

from ...nn.lock import Ended

_RUNNING = 8  # calls at a time: their passes take turns, and long ones wait for a place, see `..places`
_LARGE = 4  # of the requests that hold a photo in memory
_FROM = 2**20  # bytes from which on a request counts as large

Work = Callable[[Callable[[float], None]], Any]


class Gate:
    """Runs work on threads, a bounded number at a time."""

    def __init__(self) -> None:
        self._turns = anyio.CapacityLimiter(_RUNNING)
        self._large = anyio.Semaphore(_LARGE)

    def waiting(self) -> int:
        """Return the number of calls that wait for their turn."""
        return self._turns.statistics().tasks_waiting

    @asynccontextmanager
    async def room_for(self, length: int | None) -> AsyncIterator[None]:
        """Wait until there is memory for a request of a length; None where it is not known."""
        async with self._large if length is None or length >= _FROM else nullcontext():
            yield

    async def run(self, work: Work, request: Request | None = None) -> Any:
        """Return what work gives, which gets a function to report the share that it has done.

        Args:
            request: is watched: the work ends at its next report when its sender leaves.
        """
        left = False

        def report(_share: float) -> None:
            if left:
                raise Ended

        async def watch(request: Request) -> None:
            nonlocal left
            while (await request.receive())["type"] != "http.disconnect":
                pass
            left = True

        watching = asyncio.create_task(watch(request)) if request else None
        try:
            return await run_sync(work, report, limiter=self._turns)
        finally:
            if watching:
                watching.cancel()
