"""Blocks whose endpoints get what was sent as it was sent, and answers to calls that reach no endpoint."""

from collections.abc import Callable
from inspect import signature
from typing import Any

import gradio as gr
from gradio.components.api_component import Api
from gradio.route_utils import FnIndexInferError
from starlette.requests import Request
from starlette.responses import JSONResponse

from ..data import InputError
from .errors import answering


class ApiBlocks(gr.Blocks):
    """A page whose handlers check their arguments themselves, number and kind.

    Gradio would fetch or refuse what looks like a file in them, and miss arguments, without a sentence for the caller;
    and it would keep the arguments of each caller.
    """

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *more: Any, **options: Any) -> list[Any]:
        """Return as many arguments as an endpoint takes, defaults or None for those that are missing at the end."""
        if not all(isinstance(block, Api) for block in block_fn.inputs):
            return await super().preprocess_data(block_fn, inputs, *more, **options)
        parameters = signature(block_fn.fn).parameters.values()
        if len(inputs) > len(parameters):
            names = ", ".join(each.name for each in parameters) or "none"
            with answering(block_fn.name):
                raise InputError(f"There are {len(inputs)} arguments, and this endpoint takes {names}.")
        defaults = [None if each.default is each.empty else each.default for each in parameters]
        return [*inputs, *defaults[len(inputs) :]]


async def _no_endpoint(request: Request, error: Exception) -> JSONResponse:
    """Answer 404; Gradio looks its endpoints up by name or number."""
    wanted = error.args[0] if error.args else None
    if isinstance(error, KeyError) and not isinstance(wanted, int) and not str(wanted).startswith("/"):
        raise error  # of something else
    return JSONResponse({"error": "There is no such endpoint: GET /gradio_api/info lists them."}, 404)


EXCEPTION_HANDLERS: dict[type[Exception], Callable] = {FnIndexInferError: _no_endpoint, KeyError: _no_endpoint}
