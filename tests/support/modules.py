"""The browser's modules as the tests call them: served minified, as visitors get them, and run in Chromium."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from rnnformer_demo import web

PAGE = b"<!doctype html><title>Modules</title><link rel=icon href=data:,>"
_TYPES = {".js": "application/javascript", ".json": "application/json", ".safetensors": "application/octet-stream"}


class Modules:
    """A page on which modules can be imported from `/web/`, and files fetched from `/files/`.

    Attributes:
        page: Playwright's page.
        errors: what has gone wrong on its console so far; nothing may be left in the end.
    """

    def __init__(self, page, errors: list[str]):
        self.page, self.errors = page, errors

    def call(self, code: str, argument: Any = None) -> Any:
        """What an asynchronous function of JavaScript returns of an argument; both travel as JSON with every sign
        escaped, so that halves of characters arrive as they are."""
        wrapped = f"async (json) => JSON.stringify((await ({code})(JSON.parse(json))) ?? null)"
        return json.loads(self.page.evaluate(wrapped, json.dumps(argument)))


@contextmanager
def modules(browser, files: Mapping[str, bytes | Path]) -> Iterator[Modules]:
    """Opens a page of this machine with modules and files; checks at the end that nothing went wrong on its console.

    Args:
        files: by their names, their content or where they lie.
    """

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            room, _, name = self.path.lstrip("/").partition("/")
            if room == "web":
                content = web.minified(name).encode()
            else:
                file = files[name] if room == "files" else PAGE
                content = file.read_bytes() if isinstance(file, Path) else file
            self.send_response(200)
            self.send_header("content-type", _TYPES.get(Path(name).suffix, "text/html"))
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    try:
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        yield Modules(page, errors)
    finally:
        page.close()
        server.shutdown()
        server.server_close()
    assert errors == []
