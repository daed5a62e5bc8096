"""Refusals over HTTP: what does not exist, and work for which there is no room, each as JSON with a sentence."""

import traceback
from collections.abc import Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from . import metrics
from .health import ENDING
from .observation import PACE

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
