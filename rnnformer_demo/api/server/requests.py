"""What happens around every HTTP request: its id, the prefix of a proxy, faults as JSON, requests that are open."""

import logging
import re
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .logs import log
from .observation import REQUEST_ID

HEADER = "x-request-id"
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ENDLESS = ("/heartbeat/",)  # streams that nobody waits for


class Requests:
    """Gives each request an id, and answers a fault with JSON that names it.

    Attributes:
        open: how many requests somebody waits for.
    """

    def __init__(self, app: ASGIApp, prefix: str = "") -> None:
        """Take the app, and the path under which a proxy shows it; requests may come with or without it."""
        self.app = app
        self.prefix = prefix
        self.open = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        path, awaited = scope["path"], not any(part in scope["path"] for part in _ENDLESS)
        if self.prefix and path == self.prefix:
            await RedirectResponse(f"{self.prefix}/")(scope, receive, send)
            return
        if self.prefix:  # stands in the path of an ASGI app, whether the proxy leaves it there or not
            bare = path.removeprefix(self.prefix) if path.startswith(f"{self.prefix}/") else path
            scope = {**scope, "root_path": self.prefix, "path": self.prefix + bare, "raw_path": None}
        self.open += awaited
        try:
            await self._answer(scope, receive, send)
        finally:
            self.open -= awaited

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _ID.fullmatch(given) else uuid.uuid4().hex
        REQUEST_ID.set(request_id)

        async def name(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        try:
            await self.app(scope, receive, name)
        except Exception as error:  # `fault` has answered, or a stream that had begun just ends
            if isinstance(error.__cause__, HTTPException):
                log("refused", request=request_id, status=error.__cause__.status_code)
            else:
                log("fault", logging.ERROR, error, request=request_id)


def fault(_request: Request, _error: Exception) -> JSONResponse:
    """Answer a request at which the program failed: the log holds more under its id."""
    request_id = REQUEST_ID.get()
    sentence = f"Something went wrong here; the log knows it as {request_id}."
    return JSONResponse({"error": sentence, "detail": sentence, "request": request_id}, 500)
