"""The schema of cards, as far as a card that does not keep it would keep its model, or others, from being served."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr, ValidationError

from ..nn.cells import CELLS

_Names = list[StrictStr]
_Number = StrictInt | StrictFloat
_LARGEST_EXPONENT = 10
_OBJECTS = ("model_type", "dict_type")


class _Part(BaseModel):
    model_config = ConfigDict(extra="allow", allow_inf_nan=False)


def _known_cell(name: str) -> str:
    if name not in CELLS:
        raise ValueError(f"it must be one of {', '.join(CELLS)}")
    return name


class _Config(_Part):
    labels: Annotated[_Names, Field(min_length=2)]
    blocks: _Names | None = None
    recurrence: list[Annotated[StrictStr, AfterValidator(_known_cell)]] | None = None
    pooling: StrictStr = ""


class _Data(_Part):
    file: StrictStr = ""
    labels: _Names | list[_Names] | dict[str, Any] | None = None


class _Counts(_Part):
    n: StrictInt
    right: StrictInt


class _Flags(_Part):
    flagged: _Counts
    passed: _Counts


class _Detector(_Part):
    elsewhere: dict[str, _Flags] | None = None
    weights_sha256: StrictStr | None = None


class _Card(_Part):
    modality: StrictStr
    config: _Config
    preprocessing: dict[str, Any]
    temperature: Annotated[_Number, Field(gt=0)]
    temperature_exponent: Annotated[_Number, Field(ge=-_LARGEST_EXPONENT, le=_LARGEST_EXPONENT)] = 0.0
    parameters: Annotated[StrictInt, Field(ge=0)]
    metrics: dict[str, dict[str, Any]]
    data: _Data
    recorded: dict[str, Any]
    task: StrictStr = ""
    limits: StrictStr = ""
    examples: _Names | None = None
    baseline_of: StrictStr | None = None
    training: dict[str, Any] | None = None
    teacher: dict[str, Any] | None = None
    ood: _Detector | None = None
    weights_sha256: StrictStr | None = None


def fault_of(card: dict[str, Any]) -> str | None:
    """Return where a card is damaged and how, None where it is sound."""
    try:
        _Card.model_validate(card)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        message = "it must be an object" if first["type"] in _OBJECTS else first["msg"][0].lower() + first["msg"][1:]
        return f"{'.'.join(map(str, first['loc']))}: {message}, got {str(first['input'])[:60]}"
    return None
