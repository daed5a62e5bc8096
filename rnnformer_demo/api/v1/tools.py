"""The calls as tools over MCP, for programs that speak with language models. Needs the package `mcp`."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.types import Message, Receive, Scope, Send

from ... import __version__
from ...data import InputError
from ..server.refusals import refusal
from .bodies import BodyError, length_of, photo_in, whole_body
from .calls import CALLS, list_models, run
from .gate import Gate
from .openapi import arguments_of

try:
    from mcp import types
    from mcp.server.lowlevel import Server
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
except ImportError as error:
    raise InputError("RNNFORMER_MCP needs the package mcp: pip install mcp, or leave the variable out.") from error

_ABOUT_MODELS = "List the models that can be asked: name, modality, labels."


class Tools:
    """A server of the tools, stateless: any replica answers any request.

    It is an ASGI app of one address; the lifespan of the app around it must run `running`.
    """

    def __init__(self, gate: Gate, refused: Callable[[], Any], upload_mb: int) -> None:
        """Prepare to serve.

        Args:
            gate: through which all calls go.
            refused: says whether there is no room for a further call.
            upload_mb: megabytes of the largest photo.
        """
        self._gate, self._refused, self._upload_mb = gate, refused, upload_mb
        server: Server = Server("rnnformer-demo", __version__)
        server.list_tools()(self._list)
        server.call_tool(validate_input=False)(self._call)  # `run` does, in our sentences
        self._sessions = StreamableHTTPSessionManager(server, json_response=True, stateless=True)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, whose body is read before: it may be too large."""
        request = Request(scope, receive)
        async with self._gate.room_for(length_of(request)):
            try:
                body = await whole_body(request, self._upload_mb)
            except BodyError as error:
                await refusal(str(error), error.status)(scope, receive, send)
                return
            parts = iter([{"type": "http.request", "body": body}])

            async def again() -> Message:
                return next(parts, None) or await receive()

            await self._sessions.handle_request(scope, again, send)

    @asynccontextmanager
    async def running(self, _app: Any) -> AsyncIterator[None]:
        """Serve requests until the block ends."""
        async with self._sessions.run():
            yield

    async def _list(self) -> list[types.Tool]:
        nothing = {"type": "object", "properties": {}, "additionalProperties": False}
        return [
            types.Tool(name="models", description=_ABOUT_MODELS, inputSchema=nothing),
            *(
                types.Tool(name=call.name, description=call.about, inputSchema=arguments_of(call))
                for call in CALLS.values()
            ),
        ]

    async def _call(self, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
        try:
            return _result(await self._answer(name, dict(arguments)))
        except InputError as error:
            return types.CallToolResult(content=[types.TextContent(type="text", text=str(error))], isError=True)

    async def _answer(self, name: str, values: dict[str, Any]) -> dict[str, Any]:
        if name == "models":
            return list_models()
        if name not in CALLS:
            raise InputError(f"There is no tool {name[:40]!r}: there is models, {', '.join(CALLS)}.")
        if self._refused():
            raise InputError("Too many requests are waiting already: try again in a minute.")
        if values.get("image") is not None:
            values["image"] = photo_in(values["image"])
        return await self._gate.run(partial(run, CALLS[name], values))


def _result(answer: dict[str, Any]) -> types.CallToolResult:
    text = json.dumps(answer, ensure_ascii=False)
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], structuredContent=answer)
