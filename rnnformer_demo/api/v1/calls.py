"""The calls of the API: what each takes, and the analysis document that it makes of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...checkpoints.cards import read_card
from ...data import InputError
from .. import requests
from ..budgeted import analysed, compared, searched
from ..places import Visitor
from ..requests.fields import MaybeName
from ..server.observation import observed
from ..work import OF_API, Work, working

if TYPE_CHECKING:
    from ...document import Document

Report = Callable[[float], None]


class CounterfactualImage(requests.PredictImage):
    """Find the fewest cells whose covering changes the label."""

    removal: MaybeName = None


@dataclass(frozen=True)
class Call:
    """A call.

    Attributes:
        name: the last part of its address, and the name of its tool.
        about: what it gives.
        of_text: schema of what it takes of a text.
        of_photo: the same of a photo; None where it takes none.
        run: makes a document of what was asked, of the input and of a function that is told the share that is done.
    """

    name: str
    about: str
    of_text: type[requests.PredictText]
    of_photo: type[requests.PredictImage] | None
    run: Callable[[Any, Any, Report], "Document"]


def edited(
    model: str, source: Any, without: Sequence[str], removal: str | None = None, replacement: str | None = None
) -> "Document":
    """Return the document of an input with units removed, or with a word in the place of one.

    Raises:
        InputError: see `analysis.edits`.
    """
    from ...analysis import edits

    document = analysed(model, source)
    if replacement:
        if len(without) != 1:
            raise InputError(f"A replacement takes the place of one word: name a single one, not {len(without)}.")
        return edits.replace_word(document, edits.unit_named(document, without[0]), replacement)
    units = [unit for name in without for unit in edits.units_named(document, name)]
    return edits.ablate_units(document, units, removal or None)


def _predict(asked: Any, source: Any, _report: Report) -> "Document":
    from ...analysis.service import predict

    return predict(asked.model, source)


def _analyse(asked: Any, source: Any, report: Report) -> "Document":
    sections = ("attribution",) if asked.sections is None else asked.sections
    return analysed(asked.model, source, sections, asked.target, asked.method, asked.seed, report)


def _edit(asked: Any, source: Any, _report: Report) -> "Document":
    return edited(asked.model, source, asked.without, asked.removal, getattr(asked, "replacement", None))


def _counterfactual(asked: Any, source: Any, report: Report) -> "Document":
    return searched(asked.model, source, asked.removal, report)


def _compare(asked: Any, source: Any, report: Report) -> "Document":
    return compared(asked.model, source, asked.target, asked.method, asked.seed, report)


CALLS = {
    call.name: call
    for call in (
        Call("predict", "Classify an input.", requests.PredictText, requests.PredictImage, _predict),
        Call(
            "analyse",
            "Classify an input, and fill the sections asked for: attribution (default), attention, jacobian, "
            "recurrence, prefixes, interventions, trust.",
            requests.AnalyseText,
            requests.AnalyseImage,
            _analyse,
        ),
        Call(
            "edit",
            "Remove words (as they stand, or #N for the N-th) or cells (ROW,COLUMN), or put a replacement in the place "
            "of a word: the change that was forecast, and the one that comes.",
            requests.WhatIfText,
            requests.WhatIfImage,
            _edit,
        ),
        Call(
            "counterfactual",
            "Find the fewest words or cells whose removal changes the label.",
            requests.CounterfactualText,
            CounterfactualImage,
            _counterfactual,
        ),
        Call(
            "compare",
            "Run a text through a hybrid and its baselines: prediction, attribution with trust, and prefixes of each.",
            requests.CompareText,
            None,
            _compare,
        ),
    )
}


def list_models() -> dict[str, Any]:
    """Return the models that can be asked."""
    from ...checkpoints.cards import list_models

    return {"models": list_models()}


def run(call: Call, values: dict[str, Any], report: Report, caller: str = "") -> dict[str, Any]:
    """Check what was sent and answer a call with a document as JSON takes it.

    Args:
        values: arguments by name; `image` holds the bytes of a photo.
        report: is told the share that is done; `Ended` that it raises ends the work.
        caller: address of whoever asks.

    Raises:
        InputError: for what does not fit.
    """
    from ...document import to_dict

    answer: dict[str, Any] = {}
    with observed(f"v1_{call.name}", values.get("model")):
        model = requests.read(requests.Call, {"model": values.get("model")}).model
        photo = read_card(model)["modality"] == "image"
        schema = call.of_photo if photo else call.of_text
        if schema is None:
            raise InputError(f"The model {model} reads photos, and {call.name} takes texts alone.")
        asked: Any = requests.read(schema, values)
        with working(Work(OF_API, Visitor(caller, ""), lambda: report(0.0))):
            answer = to_dict(call.run(asked, asked.image if photo else asked.text, report))
    return answer
