"""Refusals over HTTP: what does not exist, and work for which there is no room, each as JSON with a sentence."""

import json
import traceback
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from . import metrics
from .health import ENDING
from .observation import PACE

_DIRECT = ("/gradio_api/run/", "/gradio_api/api/")
_JOINS = ("/gradio_api/queue/join", "/gradio_api/call/", "/v1/")


def refusal(sentence: str, status: int, retry_after: int | None = None) -> JSONResponse:
    """Return a refusal; `detail` is where Gradio's clients look for the sentence."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return JSONResponse({"error": sentence, "detail": sentence}, status, headers)


def no_room(waiting: int, most: int) -> JSONResponse | None:
    """Return the refusal of further work while the server ends or its queue is full; None where there is room."""
    if ENDING.is_set():
        metrics.REFUSALS.labels("ending").inc()
        return refusal("This server is about to end: send the request again, another one takes it.", 503, 1)
    if waiting >= most:
        metrics.REFUSALS.labels("full").inc()
        seconds = PACE.until(waiting)
        return refusal(f"{waiting} requests are waiting already: try again in {seconds} seconds.", 503, seconds)
    return None


def refused(_request: Request, error: Exception) -> JSONResponse:
    """Answer what the router refuses, an `HTTPException`: a method that an address does not take."""
    assert isinstance(error, HTTPException)
    return refusal(f"{error.detail}.", error.status_code)


def misused(_request: Request, error: Exception) -> JSONResponse:
    """Answer a call whose named arguments Gradio cannot match with those of the endpoint.

    Raises:
        Exception: one that came from elsewhere.
    """
    *_, last = traceback.extract_tb(error.__traceback__)
    if last.name != "construct_args":
        raise error
    return refusal(f"{str(error).partition('. ')[0]}.", 422)


class DirectCalls:
    """Answers a direct call of one of Gradio's endpoints with 400 where its arguments do not fit: Gradio says 500."""

    def __init__(self, app: ASGIApp, title: str) -> None:
        """Take the app, and the title of errors that the caller can mend."""
        self.app, self.title = app, title

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = scope["path"].removeprefix(scope.get("root_path", "")) if scope["type"] == "http" else ""
        if not path.startswith(_DIRECT):
            await self.app(scope, receive, send)
            return
        start: Message = {}
        body = bytearray()

        async def hold_back(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and message["status"] == 500:
                start = message
            elif start:
                body.extend(message.get("body", b""))
                if not message.get("more_body"):
                    await send(start | {"status": 400 if self._is_refusal(bytes(body)) else 500})
                    await send(message | {"body": bytes(body)})
            else:
                await send(message)

        await self.app(scope, receive, hold_back)

    def _is_refusal(self, body: bytes) -> bool:
        try:
            answer = json.loads(body)
        except ValueError:
            return False
        return isinstance(answer, dict) and answer.get("title") == self.title


class Room:
    """Sends requests that would join the queue away where there is no room for them."""

    def __init__(self, app: ASGIApp, waiting: Callable[[], int], most: int) -> None:
        """Take the app, a function that counts the requests that wait, and how many may."""
        self.app, self.waiting, self.most = app, waiting, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        refused = None
        if scope["type"] == "http" and scope["method"] == "POST":
            path = scope["path"].removeprefix(scope.get("root_path", ""))
            refused = no_room(self.waiting(), self.most) if path.startswith(_JOINS) else None
        await (refused or self.app)(scope, receive, send)
