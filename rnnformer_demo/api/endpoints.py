"""HTTP endpoints. `/analyse` gives parts of the analysis document; the others keep their objects for one version."""

from collections.abc import Sequence
from typing import Any

import gradio as gr

from ..data import InputError
from . import legacy, requests
from .budgeted import analysed, compared, searched
from .errors import checked
from .uploads import source_of
from .v1.calls import edited
from .work import in_turn


@checked(requests.ListModels)
def list_models() -> list:
    """List the models: name, modality, labels, parameters, bytes and metrics of each."""
    from ..checkpoints.cards import list_models

    return list_models()


@checked(requests.AnalyseText)
def analyse(
    model: str,
    text: str,
    sections: list[str] | None = None,
    method: str | None = None,
    target: str | None = None,
    seed: int = 0,
) -> dict:
    """Analyse a text: the analysis document with model, input, prediction, provenance and the sections asked for:
    attribution (default), attention, jacobian, recurrence, prefixes, interventions, trust."""
    return _document(model, _text(model, text), sections, method, target, seed)


@checked(requests.AnalyseImage)
def analyse_image(
    model: str,
    image: dict,
    sections: list[str] | None = None,
    method: str | None = None,
    target: str | None = None,
    seed: int = 0,
) -> dict:
    """Analyse a photo, sent with gradio_client's handle_file(path): as /analyse."""
    return _document(model, _photo(model, image), sections, method, target, seed)


@checked(requests.PredictText)
def predict(model: str, text: str) -> dict:
    """Classify a text: model, label, confidence, probabilities, in_domain, ood_score, notices, latency_ms.

    Above an ood_score of 1 the text does not look like what the model was trained on; null where it cannot tell."""
    return _predict(model, _text(model, text))


@checked(requests.PredictImage)
def predict_image(model: str, image: dict) -> dict:
    """Classify a photo, sent with gradio_client's handle_file(path): the same object as /predict gives."""
    return _predict(model, _photo(model, image))


@checked(requests.ExplainText)
def explain(
    model: str,
    text: str,
    method: str | None = None,
    target: str | None = None,
    trust: bool = False,
    seed: int = 0,
    inside: bool = False,
) -> dict:
    """Score the words of a text for a class: model, model_sha256, label, method, target, units, spans (of characters in
    the text), scores, completeness_gap, seed, notices; with trust how far they can be trusted; with inside beliefs,
    matter and memory. Without a method: integrated gradients; without a target: the predicted class."""
    return _explain(model, _text(model, text), method, target, trust, seed, inside)


@checked(requests.ExplainImage)
def explain_image(
    model: str,
    image: dict,
    method: str | None = None,
    target: str | None = None,
    trust: bool = False,
    seed: int = 0,
    inside: bool = False,
) -> dict:
    """Score the parts of a photo, sent with handle_file(path): as /explain, with grid in place of units."""
    return _explain(model, _photo(model, image), method, target, trust, seed, inside)


@checked(requests.WhatIfText)
def whatif(
    model: str, text: str, without: list[str], removal: str | None = None, replacement: str | None = None
) -> dict:
    """Remove words from a text, or put a replacement in the place of one: the change that integrated gradients
    forecast, and the one that comes. Words as they stand, or #N for the N-th; removal: unknown or deletion."""
    return _whatif(model, _text(model, text), without, removal, replacement)


@checked(requests.WhatIfImage)
def whatif_image(model: str, image: dict, without: list[str], removal: str | None = None) -> dict:
    """Cover cells of a photo, sent with handle_file(path), each as "ROW,COLUMN"; removal: blur or mean."""
    return _whatif(model, _photo(model, image), without, removal, None)


@checked(requests.CounterfactualText)
def fewest(model: str, text: str, removal: str | None = None) -> dict:
    """Find the fewest words of a text whose removal changes the label: a minimal counterfactual."""
    return legacy.edit(searched(model, _text(model, text), removal))


@checked(requests.CompareText)
def compare(model: str, text: str, method: str | None = None, target: str | None = None, seed: int = 0) -> dict:
    """Run the same text through a hybrid and its baselines: prediction, explanation with trust, and beliefs of each."""
    return legacy.comparison(compared(model, _text(model, text), target, method, seed))


ENDPOINTS = (
    analyse,
    analyse_image,
    predict,
    predict_image,
    explain,
    explain_image,
    whatif,
    whatif_image,
    fewest,
    compare,
)


# Concurrency groups and their limits. What is short waits for nothing long; a large photo takes memory while it is
# decoded, so that few are read at a time. In the lane of all others, short work passes by what waits for a place.
_LANES = {
    predict: ("api predict", 2),
    predict_image: ("api predict photo", 1),
    **dict.fromkeys((analyse_image, explain_image, whatif_image), ("api photo", 2)),
}


def register() -> None:
    """Add the endpoints to the page that is being built."""
    gr.api(list_models, api_name="models", queue=False)
    for endpoint in ENDPOINTS:
        lane, limit = _LANES.get(endpoint, ("api", 8))
        gr.api(in_turn(endpoint), api_name=endpoint.__name__, concurrency_id=lane, concurrency_limit=limit)


def _document(
    model: str, source: Any, sections: Sequence[str] | None, method: str | None, target: str | None, seed: int
) -> dict:
    from ..document import to_dict

    wanted = ("attribution",) if sections is None else tuple(sections)
    return to_dict(analysed(model, source, wanted, target, method, seed))


def _predict(model: str, source: Any) -> dict:
    from ..analysis.service import predict

    return legacy.prediction(predict(model, source))


def _explain(
    model: str, source: Any, method: str | None, target: str | None, trust: bool, seed: int, inside: bool
) -> dict:
    from ..analysis.service import INTERNALS

    wanted = ("attribution", *(("trust",) if trust else ()), *(INTERNALS if inside else ()))
    return legacy.explanation(analysed(model, source, wanted, target, method, seed))


def _whatif(model: str, source: Any, without: list[str], removal: str | None, replacement: str | None) -> dict:
    return legacy.edit(edited(model, source, without, removal, replacement))


def _text(model: str, text: str) -> str:
    _check_modality(model, "text", "/analyse_image")
    return text


def _photo(model: str, image: dict) -> str | None:
    _check_modality(model, "image", "/analyse")
    return source_of(model, image)


def _check_modality(model: str, wanted: str, instead: str) -> None:
    from ..checkpoints.cards import read_card

    modality = read_card(model)["modality"]
    if modality != wanted:
        raise InputError(f"The model {model} reads {modality}, not {wanted}: call {instead}.")
