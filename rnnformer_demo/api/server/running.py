"""The server's start and end: a socket of its own, signals, and a grace in which running answers are delivered."""

import errno
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from ...data import InputError
from .health import ENDING
from .logs import log

_ON_INTERRUPT = 1  # seconds that answers have left after Ctrl-C
_SETTLED = 0.3  # seconds without a request after which nobody waits any more
_CLOSING = 1  # seconds that connections have to close


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address.

    Raises:
        InputError: for an address that is not one of this machine, and a port that is taken.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        bound = socket.socket(family, kind, protocol)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        bound.listen(128)  # who comes while models are read waits
    except OSError as error:
        reasons = {
            errno.EADDRINUSE: f"Port {port} is taken on {host}: end what listens there, or set RNNFORMER_PORT.",
            errno.EACCES: f"Port {port} is not for this user: choose one above 1023 with RNNFORMER_PORT.",
        }
        sentence = f"{host} is no address of this machine: set RNNFORMER_HOST."
        raise InputError(reasons.get(error.errno or 0, sentence)) from error
    return bound


def check_writable(folder: Path, variable: str) -> None:
    """Check that files can be written to a folder, which is made where it is missing.

    Raises:
        InputError: where they cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"Nothing can be written to {folder} ({error.strerror}): set {variable}.") from error


class Server(uvicorn.Server):
    """Ends on SIGTERM and on Ctrl-C as soon as nobody waits for an answer, or when the grace is over.

    It listens until then, so that those whose work runs can still fetch it; new work is sent away, see `refusals`.
    """

    def __init__(self, app: ASGIApp, grace: int, open_requests: Callable[[], int], close: Callable[[], None]) -> None:
        """Prepare to serve an app.

        Args:
            grace: seconds.
            open_requests: counts the requests that somebody waits for.
            close: ends the streams that are left when the server ends.
        """
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_CLOSING,
            lifespan="on",
        )
        super().__init__(config)
        self.grace, self.open_requests, self.close = grace, open_requests, close
        self.ends_at: float | None = None
        self._busy_at = 0.0

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begin to end; end at once on a second signal."""
        grace = 0 if ENDING.is_set() else _ON_INTERRUPT if sig == signal.SIGINT else self.grace
        ENDING.set()
        self._busy_at = time.monotonic()
        self.ends_at = self._busy_at + grace

    async def on_tick(self, counter: int) -> bool:
        """Return whether it is time to end; uvicorn asks ten times a second."""
        now = time.monotonic()
        if self.ends_at is not None:
            if self.open_requests():
                self._busy_at = now
            if now >= self.ends_at or now - self._busy_at >= _SETTLED:
                self.close()
                return True
        return await super().on_tick(counter)


def end(code: int) -> None:
    """End the process, also while a thread is in the middle of a pass through a model.

    The interpreter would wait for none of them, and tear down what they use.
    """
    log("ended", code=code)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
