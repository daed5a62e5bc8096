"""The OpenAPI description of the API, made of the schemas of its requests and of the analysis document."""

from functools import cache
from typing import Any

from pydantic import BaseModel

from ... import __version__
from ...document import json_schema
from .calls import CALLS, Call

_PHOTO = {"type": "string", "format": "byte", "description": "the bytes of a photo in base64"}
_REFUSALS = {
    "400": "The arguments do not fit: `error` says what to change.",
    "413": "The request is too large.",
    "415": "The request is of another kind.",
    "503": "Too many requests wait, or the server ends: Retry-After says when to come back.",
}


@cache
def arguments_of(call: Call) -> dict[str, Any]:
    """Return the JSON schema of what a call takes, of a text or of a photo."""
    schemas: list[type[BaseModel]] = [schema for schema in (call.of_text, call.of_photo) if schema]
    made = [schema.model_json_schema() for schema in schemas]
    required = set.intersection(*(set(schema.get("required", ())) for schema in made))
    properties: dict[str, Any] = {}
    for schema in reversed(made):
        properties |= schema["properties"]
    if call.of_photo:
        properties["image"] = _PHOTO
    return {
        "type": "object",
        "properties": {name: properties[name] for name in sorted(properties, key=lambda name: name != "model")},
        "required": sorted(required),
        "additionalProperties": False,
    }


@cache
def description() -> dict[str, Any]:
    """Return the description, without the address of a server."""
    document = json_schema()
    schemas = {"Document": document, **document.pop("$defs")}
    schemas["Error"] = {
        "type": "object",
        "properties": {"error": {"type": "string", "description": "one sentence"}},
        "required": ["error"],
    }
    schemas |= {_name(call): arguments_of(call) for call in CALLS.values()}
    paths: dict[str, Any] = {f"/v1/{call.name}": {"post": _operation(call)} for call in CALLS.values()}
    paths["/v1/models"] = {"get": _answering("models", "List the models that can be asked.", {"type": "object"})}
    return _with_references_here(
        {
            "openapi": "3.1.0",
            "info": {"title": "RNNformer Demo", "version": __version__, "license": {"name": "Apache-2.0"}},
            "paths": paths,
            "components": {"schemas": schemas},
        }
    )


def _name(call: Call) -> str:
    """Return the name of the schema of its arguments; the document has an `Edit`, too."""
    return f"{call.name.capitalize()}Request"


def _operation(call: Call) -> dict[str, Any]:
    wanted = {"$ref": f"#/$defs/{_name(call)}"}
    kinds = ("application/json", "multipart/form-data") if call.of_photo else ("application/json",)
    operation = _answering(call.name, call.about, {"$ref": "#/$defs/Document"})
    if "sections" in call.of_text.model_fields:
        operation["parameters"] = [
            {"name": "sections", "in": "query", "schema": {"type": "string"}, "description": "names, with commas"}
        ]
    refusals = {
        status: {"description": about, "content": {"application/json": {"schema": {"$ref": "#/$defs/Error"}}}}
        for status, about in _REFUSALS.items()
    }
    return operation | {
        "requestBody": {"required": True, "content": {kind: {"schema": wanted} for kind in kinds}},
        "responses": operation["responses"] | refusals,
    }


def _answering(name: str, about: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "operationId": name,
        "summary": about,
        "responses": {"200": {"description": "The answer.", "content": {"application/json": {"schema": schema}}}},
    }


def _with_references_here(value: Any) -> Any:
    """Return a value in which references lead to the components, where OpenAPI keeps schemas."""
    if isinstance(value, dict):
        return {key: _with_references_here(each) for key, each in value.items() if key != "$schema"}
    if isinstance(value, list):
        return [_with_references_here(each) for each in value]
    return value.replace("#/$defs/", "#/components/schemas/") if isinstance(value, str) else value
