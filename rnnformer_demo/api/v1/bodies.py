"""Bodies of requests: JSON, or a form with a photo as a file; of a bounded size, read in a bounded time."""

import base64
import binascii
import json
from typing import Any

import anyio
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from ...data import InputError

_SECONDS = 60  # for the whole body
_MORE_IN_BASE64 = 1.4  # and some arguments
_LISTS = ("sections", "without")  # arguments that a form gives as text, with commas


class BodyError(Exception):
    """A body that is refused before it is read.

    Attributes:
        status: of HTTP.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def length_of(request: Request) -> int | None:
    """Return the length of a body in bytes; None where the request does not say it."""
    length = request.headers.get("content-length", "")
    return int(length) if length.isascii() and length.isdecimal() else None


async def arguments_in(request: Request, most_mb: int) -> dict[str, Any]:
    """Return the arguments that a body holds; `image` as bytes.

    Args:
        most_mb: megabytes of the largest photo.

    Raises:
        BodyError: for a body that is too large, too slow or of another kind.
        InputError: for one that is damaged.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/json", "multipart/form-data"):
        raise BodyError(415, "A request must be application/json, or multipart/form-data with a photo as its file.")
    body = await whole_body(request, most_mb)
    return _from_json(body) if kind == "application/json" else await _from_form(request, body)


async def whole_body(request: Request, most_mb: int) -> bytes:
    """Return a body that is not too large for a photo in base64.

    Raises:
        BodyError: for one that is, and for one that comes too slowly.
    """
    most = round(most_mb * 2**20 * _MORE_IN_BASE64)
    refused = BodyError(413, f"The request is too large: a photo may have {most_mb} MB.")
    if (length_of(request) or 0) > most:
        raise refused
    body = bytearray()
    try:
        with anyio.fail_after(_SECONDS):
            async for part in request.stream():
                body += part
                if len(body) > most:
                    raise refused
    except TimeoutError as error:
        raise BodyError(408, f"The request did not come within {_SECONDS} seconds.") from error
    return bytes(body)


def _from_json(body: bytes) -> dict[str, Any]:
    try:
        values = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InputError("The request is not JSON.") from error
    if not isinstance(values, dict):
        raise InputError("A request must be an object.")
    if values.get("image") is not None:
        values["image"] = photo_in(values["image"])
    return values


def photo_in(value: Any) -> bytes:
    """Return the bytes that a text in base64 stands for.

    Raises:
        InputError: for anything else.
    """
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError, binascii.Error) as error:
        raise InputError("image must be the bytes of a photo in base64; addresses and paths are not read.") from error


async def _from_form(request: Request, body: bytes) -> dict[str, Any]:
    async def whole() -> Any:
        yield body

    try:
        form = await MultiPartParser(request.headers, whole(), max_files=1, max_fields=20).parse()
    except (MultiPartException, KeyError) as error:
        raise InputError("The form is damaged.") from error
    values: dict[str, Any] = {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            values[name] = await value.read()
        elif name in _LISTS:
            values[name] = [*values.get(name, ()), *split(value)]
        else:
            values[name] = int(value) if name == "seed" and value.isdecimal() else value
    await form.close()
    return values


def split(text: str) -> list[str]:
    """Return the names in a text, with commas between them."""
    return [name for name in map(str.strip, text.split(",")) if name]
