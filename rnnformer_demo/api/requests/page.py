"""Requests of the page's streams, and the steps that it takes on a document.

Unlike the arguments of the API they may hold more than is read: an older page may speak to a newer server.
"""

from typing import Annotated, Any

from pydantic import ConfigDict, Field, StrictFloat, StrictInt, StrictStr, model_validator

from ...data import InputError
from .fields import Given, MaybeName, Name, Names, Options, Photo, Seed, Target, Text, Units, Whole
from .reading import Request

_LARGEST = 1e9  # threshold: states are smaller by far
_MOST_TEXTS = 50  # that a visitor may have searched at once
_MOST_STEPS = 20
_MOST_OF_WEIGHTS = 200_000  # characters of base64: a model that was trained on the page takes a third of it
_SIGNS = "a list of 1 and -1, one for each unit"


class _Lenient(Request):
    model_config = ConfigDict(extra="ignore", frozen=True)


class WithOwnModel(_Lenient):
    """Bring a model of one's own along."""

    own: Annotated[
        StrictStr,
        Field(max_length=_MOST_OF_WEIGHTS, description=f"weights in base64, at most {_MOST_OF_WEIGHTS:,} characters"),
    ] = ""


class AnalysePage(_Lenient):
    """Analyse an input of the page."""

    model: Name = ""
    source: Photo = None
    wanted: Names = ()
    method: Name = ""
    target: Target = None


class Extend(_Lenient):
    """Take steps on a document."""

    document: Given
    steps: Annotated[
        tuple[Any, ...], Field(max_length=_MOST_STEPS, description=f"a list of at most {_MOST_STEPS} steps")
    ] = ()


class ScoreTable(_Lenient):
    """Score a table of texts."""

    model: Name = ""
    name: Name = ""
    data: Annotated[StrictStr, Field(description="a file in base64")] = ""


class Cards(_Lenient):
    """Ask for the facts of models."""

    models: Names = ()


class Claims(_Lenient):
    """Ask for the article's claims, or for one to be measured."""

    name: Name = ""


class Training(_Lenient):
    """Watch a small hybrid learn; the seed decides which."""

    seed: Seed = 0


class Leaderboards(_Lenient):
    """Ask for the leaderboards of methods."""


class Export(_Lenient):
    """Make a file of a document."""

    document: Given
    kind: Name = ""
    view: Name = ""
    choices: Options = Field(default_factory=dict)


class Section(_Lenient):
    """Fill a section."""

    section: Name
    method: Name = ""
    target: Target = None
    options: Options = Field(default_factory=dict)


class Ablation(_Lenient):
    """Remove words or cells."""

    units: Units
    perturbation: MaybeName = None


class Replacement(_Lenient):
    """Put another word in the place of one."""

    units: Units
    word: Text = ""


class Counterfactual(_Lenient):
    """Find the fewest words or cells whose removal changes the label."""

    perturbation: MaybeName = None


class Search(_Lenient):
    """Search texts for a pattern of recurrent units."""

    units: Units
    signs: Annotated[Units, Field(description=_SIGNS)]
    texts: Annotated[
        tuple[Text, ...], Field(max_length=_MOST_TEXTS, description=f"a list of at most {_MOST_TEXTS} texts")
    ] = ()
    start: Whole
    steps: Annotated[Whole, Field(ge=1, description="a whole number above 0")]
    direction: Whole
    threshold: Annotated[
        StrictInt | StrictFloat, Field(gt=0, lt=_LARGEST, description=f"a number above 0 and below {_LARGEST:,.0f}")
    ]
    recurrence: Name = ""
    quantity: Name = ""

    @model_validator(mode="after")
    def _of_one_length(self) -> "Search":
        if len(self.signs) != len(self.units) or {*self.signs} - {1, -1}:
            raise InputError(f"signs must be {_SIGNS}.")
        return self
