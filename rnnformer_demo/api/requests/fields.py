"""Types of the fields of requests. Each description ends the sentence "... must be"."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainValidator, StrictBool, StrictInt, StrictStr

from ...data import InputError
from ...data.normalisation import whole_characters
from ...data.seeds import LARGEST_SEED, whole_seed
from ...document import Document, from_dict

MOST_CHARACTERS = 2_000_000  # of a text: a model reads a fraction, and says so
_MOST_OF_A_NAME = 200
_NAME = f"a text of at most {_MOST_OF_A_NAME} characters"
_MOST_NAMES = 1000  # more than any input has words or cells
_NAMES = f"a list of at most {_MOST_NAMES:,} names"
_MOST_INDEX = 2**31


def _without_halves(value: Any) -> Any:
    """Replace halves of characters, which no encoder takes; JSON can hold them."""
    return whole_characters(value) if isinstance(value, str) else value


def _number_as_text(value: Any) -> Any:
    return str(value) if type(value) is int else value


def _document(value: Any) -> Document:
    try:
        return from_dict(value)
    except ValueError as error:
        raise InputError(str(error)) from error


_Characters = Annotated[StrictStr, BeforeValidator(_without_halves)]
_Short = Annotated[_Characters, Field(max_length=_MOST_OF_A_NAME)]

Text = Annotated[
    _Characters, Field(max_length=MOST_CHARACTERS, description=f"a text of at most {MOST_CHARACTERS:,} characters")
]
Name = Annotated[_Short, Field(description=_NAME)]
MaybeName = Annotated[_Short | None, Field(description=_NAME)]
Names = Annotated[tuple[_Short, ...], Field(max_length=_MOST_NAMES, description=_NAMES)]
MaybeNames = Annotated[tuple[_Short, ...] | None, Field(max_length=_MOST_NAMES, description=_NAMES)]
Target = Annotated[
    _Short | None, BeforeValidator(_number_as_text), Field(description="the name or the number of a class")
]
Flag = Annotated[StrictBool, Field(description="true or false")]
Seed = Annotated[
    int,
    BeforeValidator(_without_halves),
    PlainValidator(whole_seed, json_schema_input_type=Annotated[int, Field(ge=0, le=LARGEST_SEED)]),
    Field(description=f"a whole number from 0 to {LARGEST_SEED}"),
]
# The place of a file is checked where it is read, see `uploads`: it depends on the folder of uploads.
Photo = Annotated[Any, Field(description="an uploaded file")]
Whole = Annotated[StrictInt, Field(ge=-_MOST_INDEX, le=_MOST_INDEX, description="a whole number")]
Units = Annotated[
    tuple[Whole, ...], Field(max_length=_MOST_NAMES, description=f"a list of whole numbers, at most {_MOST_NAMES:,}")
]
Options = Annotated[dict[_Short, _Short], Field(max_length=20, description="an object of texts")]
Given = Annotated[
    Document, PlainValidator(_document, json_schema_input_type=Document), Field(description="an analysis document")
]
