"""Addresses of the API under /v1."""

from collections.abc import Awaitable, Callable
from functools import partial

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount, Route

from ...data import InputError
from ..server.refusals import refusal
from . import openapi
from .bodies import BodyError, arguments_in, length_of, split
from .calls import CALLS, Call, list_models, run
from .gate import Gate


def routes(gate: Gate, upload_mb: int, root_path: str) -> Mount:
    """Return all addresses of the API.

    Args:
        gate: through which all calls go.
        upload_mb: megabytes of the largest photo.
        root_path: under which a proxy shows them.
    """

    def describe(_request: Request) -> Response:
        return JSONResponse(openapi.description() | {"servers": [{"url": root_path or "/"}]})

    def models(_request: Request) -> Response:
        return JSONResponse(list_models())

    calls = [Route(f"/{name}", _endpoint(call, gate, upload_mb), methods=["POST"]) for name, call in CALLS.items()]
    return Mount("/v1", routes=[Route("/openapi.json", describe), Route("/models", models), *calls])


def _endpoint(call: Call, gate: Gate, upload_mb: int) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        caller = request.client.host if request.client else ""
        async with gate.room_for(length_of(request)):
            try:
                values = await arguments_in(request, upload_mb)
                if sections := request.query_params.get("sections"):
                    values["sections"] = split(sections)
                return JSONResponse(await gate.run(partial(run, call, values, caller=caller), request))
            except BodyError as error:
                return refusal(str(error), error.status)
            except InputError as error:
                return refusal(str(error), 400)

    return answer
