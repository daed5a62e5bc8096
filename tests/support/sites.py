"""Static sites for tests: built, and served from a sub-path on loopback."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from rnnformer_demo.data import InputError
from rnnformer_demo.site.runtime import runtime_folder

REQUIRED = bool(os.environ.get("RNNFORMER_REQUIRE_BROWSER"))


def runtime() -> Path:
    """The folder of the browser's runtime. Where it cannot be had: skips, or fails if a browser is required."""
    try:
        return runtime_folder()
    except InputError as error:
        (pytest.fail if REQUIRED else pytest.skip)(str(error))


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {".mjs": "text/javascript", ".js": "text/javascript"}

    def log_message(self, *_arguments: object) -> None:
        """Say nothing."""


@contextmanager
def on_loopback(folder: Path) -> Iterator[str]:
    """Serves a folder, and gives its address without a slash at the end."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
