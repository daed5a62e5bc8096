"""The HTTP API: the objects of the command line's `--json`, under names of their own."""

from typing import Any

import gradio as gr

from ..data import InputError
from .errors import shows_input_errors
from .sources import source_of


def list_models() -> list:
    """Name, modality, labels, parameters, bytes and metrics of every model."""
    from ..cards import list_models

    return list_models()


@shows_input_errors
def predict(model: str, text: str) -> dict:
    """Classifies a text: model, label, confidence, probabilities, in_domain, ood_score, notices, latency_ms.

    Above an ood_score of 1 the text does not look like what the model was trained on; null where it cannot tell."""
    return _predict(model, _text(model, text))


@shows_input_errors
def predict_image(model: str, image: dict) -> dict:
    """Classifies a photo, sent with gradio_client's handle_file(path): the same object as /predict gives."""
    return _predict(model, _photo(model, image))


@shows_input_errors
def explain(model: str, text: str, method: str | None = None, target: str | None = None) -> dict:
    """Scores the words of a text for a class: model, model_sha256, method, target, units, scores, completeness_gap,
    seed, notices. Without a method: integrated gradients; without a target: the predicted class."""
    return _explain(model, _text(model, text), method, target)


@shows_input_errors
def explain_image(model: str, image: dict, method: str | None = None, target: str | None = None) -> dict:
    """Scores the parts of a photo, sent with handle_file(path): as /explain, with grid in place of units."""
    return _explain(model, _photo(model, image), method, target)


def register() -> None:
    """Adds the endpoints to the page that is being built."""
    gr.api(list_models, api_name="models", queue=False)
    for endpoint in (predict, predict_image, explain, explain_image):
        gr.api(endpoint, api_name=endpoint.__name__, concurrency_id="model", concurrency_limit=1)


def _predict(model: str, source: Any) -> dict:
    from .. import pipeline

    return pipeline.predict(model, source).as_dict()


def _explain(model: str, source: Any, method: str | None, target: str | None) -> dict:
    from .. import pipeline

    return pipeline.analyse(model, source, target or None, method or pipeline.DEFAULT_METHOD).as_dict()


def _text(model: str, text: str) -> str:
    _check_modality(model, "text", "/predict_image or /explain_image")
    return source_of(model, text)


def _photo(model: str, image: dict) -> str | None:
    _check_modality(model, "image", "/predict or /explain")
    return source_of(model, image)


def _check_modality(model: str, wanted: str, instead: str) -> None:
    from ..cards import read_card

    modality = read_card(model)["modality"]
    if modality != wanted:
        raise InputError(f"The model {model} reads {modality}, not {wanted}: call {instead}.")
