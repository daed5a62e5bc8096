"""Uploads are bounded, and do not stay."""

import errno
import os
from pathlib import Path

import anyio
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from rnnformer_demo.api import upload_limits
from rnnformer_demo.api.upload_limits import KEPT_SECONDS, UploadLimits, make_room

MB = 2**20


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    return tmp_path


def client(error: OSError | None = None) -> TestClient:
    """A client of an app that reads what comes, or fails at that."""

    async def upload(request: Request) -> PlainTextResponse:
        if error:
            raise error
        return PlainTextResponse(str(len(await request.body())))

    routes = [Route("/upload", upload, methods=["POST"])]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(UploadLimits, 1)]))


def test_a_photo_goes_through(folder):
    answer = client().post("/upload", files={"files": ("a.png", b"x" * 1000)})
    assert answer.status_code == 200
    assert int(answer.text) > 1000


def test_bytes_and_files_of_a_request_are_bounded(folder):
    answer = client().post("/upload", files={"files": ("a.png", b"x" * (2 * MB))})
    assert (answer.status_code, answer.text) == (413, "The photo is too large: at most 1 MB can be sent.")
    parts = (b"x" * MB for _ in range(3))  # without a length
    assert client().post("/upload", content=parts).status_code == 413
    answer = client().post("/upload", files=[("files", (f"{number}.png", b"x")) for number in range(20)])
    assert (answer.status_code, answer.text) == (413, "One photo at a time can be sent.")


def test_a_full_disk_gets_a_sentence(folder):
    answer = client(OSError(errno.ENOSPC, "No space left on device")).post("/upload", content=b"x")
    assert (answer.status_code, answer.text) == (507, "The server has no room for a photo: try again later.")
    with pytest.raises(PermissionError):
        client(PermissionError(errno.EACCES, "no")).post("/upload", content=b"x")


def test_old_and_aborted_uploads_go_and_then_the_oldest(tmp_path):
    names = ("first/a.png", "second/b.png", "third/c.png", "tmp123")
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x" * 1000)
    created = [os.stat(tmp_path / name).st_ctime for name in names]
    make_room(tmp_path, 3000, lambda: max(created) + upload_limits._ABORTED_SECONDS + 1)
    assert sorted(path.name for path in tmp_path.rglob("*.*")) == ["a.png", "b.png", "c.png"]
    assert not (tmp_path / "tmp123").exists()  # aborted: it never got its name
    make_room(tmp_path, 2000, lambda: max(created))
    assert [name for name in names if (tmp_path / name).exists()] == ["second/b.png", "third/c.png"]
    assert not (tmp_path / "first").exists()
    make_room(tmp_path, 2000, lambda: max(created) + KEPT_SECONDS + 1)
    assert [*tmp_path.iterdir()] == []


def test_other_requests_are_left_alone(folder):
    async def app(scope, receive, send) -> None:
        await PlainTextResponse("there")(scope, receive, send)

    async def nothing() -> dict:
        return {"type": "http.disconnect"}

    sent: list[dict] = []

    async def send(message: dict) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/queue/join", "headers": [(b"content-length", b"999999999")]}
    anyio.run(UploadLimits(app, 1), scope, nothing, send)
    assert sent[0]["status"] == 200
