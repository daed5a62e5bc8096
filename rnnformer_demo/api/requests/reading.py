"""Checks of values against a schema, and the sentences for what does not fit."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from ...data import InputError
from ...data.normalisation import whole_characters

_MOST_QUOTED = 60  # characters of a wrong value


class Request(BaseModel):
    """Values that somebody sent. None counts as not given: clients send it for what was left out.

    The description of a field says what it must be: "a whole number". The sentences here are made of it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _given(cls, values: Any) -> Any:
        return {whole_characters(name): value for name, value in values.items() if value is not None}


Asked = TypeVar("Asked", bound=Request)


def read(schema: type[Asked], values: Any) -> Asked:
    """Return values as a request that holds what its schema says.

    Raises:
        InputError: for the first value that does not fit.
    """
    if not isinstance(values, dict):
        raise InputError("A request must be an object.")
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise InputError(_sentence(schema, values, error)) from error


def _sentence(schema: type[Request], values: dict[str, Any], error: ValidationError) -> str:
    """Return what is wrong first, with the whole value of the field in which it is."""
    first = error.errors(include_url=False)[0]
    own = first.get("ctx", {}).get("error")
    if isinstance(own, InputError):
        return str(own)
    name = str(first["loc"][0])
    if first["type"] == "extra_forbidden":
        return f"There is no argument {_quoted(name)}: there is {', '.join(schema.model_fields) or 'none'}."
    wanted = schema.model_fields[name].description
    if first["type"] == "missing":
        return f"{name} is missing: it must be {wanted}."
    return f"{name} must be {wanted}, got {_quoted(values[name])}."


def _quoted(value: Any) -> str:
    written = json.dumps(value, ensure_ascii=False, default=str)
    return whole_characters(written if len(written) <= _MOST_QUOTED else f"{written[:_MOST_QUOTED]}…")
