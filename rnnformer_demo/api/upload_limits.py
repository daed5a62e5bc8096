"""Limits of uploads: bytes and files of a request, bytes of the folder; a full disk gets a sentence."""

import errno
import os
import re
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import time

from anyio.to_thread import run_sync
from gradio.utils import get_upload_folder
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_OF_FORM = 2**14  # what a form adds to its files
_MOST_FILES = 1
_MOST_IN_FOLDER = 512 * 2**20
KEPT_SECONDS = 3600
_ABORTED_SECONDS = 600  # after which an upload that has no name yet was aborted
_TOO_MANY = "One photo at a time can be sent."
_NO_ROOM = "The server has no room for a photo: try again later."
_FULL = (errno.ENOSPC, errno.EDQUOT)


def use_own_folder() -> None:
    """Let uploads lie in a folder of their own unless GRADIO_TEMP_DIR names one: old files in it are deleted."""
    os.environ.setdefault("GRADIO_TEMP_DIR", str(Path(tempfile.gettempdir()) / "rnnformer-demo"))


class _Refused(Exception):
    """A request that exceeds a limit, with its status and a sentence."""


class UploadLimits:
    """ASGI middleware that refuses uploads beyond the limits before they fill the disk.

    Args:
        app: whatever takes the uploads at `/upload`.
        most_mb: megabytes of the largest photo.
    """

    def __init__(self, app: ASGIApp, most_mb: int) -> None:
        self.app, self.most = app, most_mb * 2**20
        self.too_large = f"The photo is too large: at most {most_mb} MB can be sent."

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http" or scope["method"] != "POST" or not scope["path"].rstrip("/").endswith("/upload"):
            await self.app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        try:
            check = self._counter(headers.get(b"content-type", b""))
            length = headers.get(b"content-length", b"0")
            if length.isdigit() and int(length) > self.most + _OF_FORM:
                raise _Refused(413, self.too_large)
            await run_sync(make_room, Path(get_upload_folder()), _MOST_IN_FOLDER - self.most)

            async def counted() -> Message:
                message = await receive()
                check(message.get("body", b""))
                return message

            await self.app(scope, counted, send)
        except _Refused as refused:
            status, sentence = refused.args
        except OSError as error:
            if error.errno not in _FULL:
                raise
            status, sentence = 507, _NO_ROOM
        else:
            return
        await PlainTextResponse(sentence, status, {"connection": "close"})(scope, receive, send)

    def _counter(self, content_type: bytes) -> Callable[[bytes], None]:
        """Return a function that takes the parts of a body and raises where there is too much in them."""
        match = re.search(rb'boundary="?([^";,\s]{1,70})', content_type)
        boundary = b"--" + match[1] if match else b""
        total = files = 0
        tail = b""

        def check(body: bytes) -> None:
            nonlocal total, files, tail
            total += len(body)
            if total > self.most + _OF_FORM:
                raise _Refused(413, self.too_large)
            if boundary:
                window = tail + body
                files += window.count(boundary)
                tail = window[-len(boundary) + 1 :]
                if files > _MOST_FILES + 1:  # the last one ends the form
                    raise _Refused(413, _TOO_MANY)

        return check


def make_room(folder: Path, most: int, now: Callable[[], float] = time) -> None:
    """Delete aborted uploads, old ones, and the oldest of the others until few enough bytes are left.

    Gradio deletes what it knows of after `KEPT_SECONDS`; this is about what it does not, such as uploads of a process
    that was killed.
    """
    kept = []
    paths = [Path(parent, name) for parent, _, names in os.walk(folder) for name in names]
    for path in paths:
        try:
            facts = path.lstat()
        except FileNotFoundError:  # another process was faster
            continue
        age = now() - facts.st_ctime
        if age > (_ABORTED_SECONDS if path.parent == folder else KEPT_SECONDS):
            _delete(path, folder)
        else:
            kept.append((facts.st_ctime, facts.st_size, path))
    total = sum(size for _, size, _ in kept)
    for _, size, path in sorted(kept):
        if total <= most:
            return
        _delete(path, folder)
        total -= size


def _delete(path: Path, folder: Path) -> None:
    path.unlink(missing_ok=True)
    if path.parent != folder:
        with suppress(OSError):  # there are others in it
            path.parent.rmdir()
