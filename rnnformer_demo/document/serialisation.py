"""The document as JSON, there and back, and its JSON Schema."""

import json
from dataclasses import fields
from functools import cache
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError, with_config

from .consistency import contradictions
from .document import SCHEMA, Document


@cache
def _adapter() -> TypeAdapter[Document]:
    return TypeAdapter(with_config(ConfigDict(extra="forbid"))(Document))


def to_dict(document: Document) -> dict[str, Any]:
    """Return the document as JSON takes it; sections that were not asked for are left out."""
    return _dumped(document, {field.name for field in fields(document)})


def changes(before: Document | None, after: Document) -> dict[str, Any]:
    """Return the sections of a document that are others than before, as JSON takes them; None before: all of them."""
    changed = {
        field.name
        for field in fields(after)
        if before is None or getattr(after, field.name) is not getattr(before, field.name)
    }
    return _dumped(after, changed)


def _dumped(document: Document, names: set[str]) -> dict[str, Any]:
    """Return those of the named fields that are not empty."""
    empty = {field.name for field in fields(document) if getattr(document, field.name) == field.default}
    return _adapter().dump_python(document, mode="json", include=names - (empty - {"schema"}))


def to_json(document: Document) -> str:
    """Return the document as one line of JSON."""
    return json.dumps(to_dict(document), ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def from_dict(values: Any) -> Document:
    """Return the document that `to_dict` gave.

    Raises:
        ValueError: for what is no document of this version, with a sentence that says where.
    """
    if not isinstance(values, dict) or "schema" not in values:
        raise ValueError("This is no analysis document: it has no key schema.")
    if values["schema"] != SCHEMA:
        raise ValueError(f"The document must have schema {SCHEMA}, got {str(values['schema'])[:20]}.")
    try:
        json.dumps(values, ensure_ascii=False, default=str, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise ValueError(
            "The document is damaged: it holds half of a character, an infinite number, or is nested too deeply."
        ) from error
    try:
        document = _adapter().validate_python(values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the document"
        raise ValueError(f"The document is damaged at {place}: {first['msg']}.") from error
    for place, message in contradictions(document):
        raise ValueError(f"The document is damaged at {place}: {message}.")
    return document


def from_json(text: str | bytes) -> Document:
    """Return the document that `to_json` gave.

    Raises:
        ValueError: for what is not JSON, and see `from_dict`.
    """
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"This is not JSON: {str(error)[:100]}.") from error
    return from_dict(values)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of the document, as `schema.json` holds it."""
    return _adapter().json_schema(mode="serialization") | {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"RNNformer Demo analysis document, schema {SCHEMA}",
    }
