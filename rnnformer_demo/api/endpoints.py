"""The HTTP API: the objects of the command line's `--json`, under names of their own."""

from typing import Any

import gradio as gr

from ..data import InputError
from .errors import as_gradio_error
from .uploads import source_of


def list_models() -> list:
    """Name, modality, labels, parameters, bytes and metrics of every model."""
    from ..checkpoints.cards import list_models

    return list_models()


@as_gradio_error
def predict(model: str, text: str) -> dict:
    """Classifies a text: model, label, confidence, probabilities, in_domain, ood_score, notices, latency_ms.

    Above an ood_score of 1 the text does not look like what the model was trained on; null where it cannot tell."""
    return _predict(model, _text(model, text))


@as_gradio_error
def predict_image(model: str, image: dict) -> dict:
    """Classifies a photo, sent with gradio_client's handle_file(path): the same object as /predict gives."""
    return _predict(model, _photo(model, image))


@as_gradio_error
def explain(
    model: str,
    text: str,
    method: str | None = None,
    target: str | None = None,
    trust: bool = False,
    seed: int = 0,
    inside: bool = False,
) -> dict:
    """Scores the words of a text for a class: model, model_sha256, method, target, units, scores, completeness_gap,
    seed, notices; with trust how far they can be trusted; with inside beliefs, matter and memory. Without a method:
    integrated gradients; without a target: the predicted class."""
    return _explain(model, _text(model, text), method, target, trust, seed, inside)


@as_gradio_error
def explain_image(
    model: str,
    image: dict,
    method: str | None = None,
    target: str | None = None,
    trust: bool = False,
    seed: int = 0,
    inside: bool = False,
) -> dict:
    """Scores the parts of a photo, sent with handle_file(path): as /explain, with grid in place of units."""
    return _explain(model, _photo(model, image), method, target, trust, seed, inside)


@as_gradio_error
def whatif(
    model: str, text: str, without: list[str], perturbation: str | None = None, replacement: str | None = None
) -> dict:
    """Takes words out of a text, or puts a replacement in the place of one: the change that integrated gradients
    forecast, and the one that comes. Words as they stand, or #N for the N-th; removal: unknown or deletion."""
    return _whatif(model, _text(model, text), without, perturbation, replacement)


@as_gradio_error
def whatif_image(model: str, image: dict, without: list[str], perturbation: str | None = None) -> dict:
    """Covers cells of a photo, sent with handle_file(path), each as "ROW,COLUMN"; removal: blur or mean."""
    return _whatif(model, _photo(model, image), without, perturbation, None)


@as_gradio_error
def fewest(model: str, text: str, perturbation: str | None = None) -> dict:
    """The fewest words of a text whose removal changes the label."""
    from ..analysis import inquiry, service

    return inquiry.minimal_counterfactual(service.analyse(model, _text(model, text)), perturbation).as_dict()


@as_gradio_error
def compare(model: str, text: str, method: str | None = None, target: str | None = None, seed: int = 0) -> dict:
    """The same text through a hybrid and its rivals: for each its prediction, explanation with trust, and beliefs."""
    from ..analysis import comparison, service

    sides = comparison.compare(model, _text(model, text), target or None, method or service.DEFAULT_METHOD, seed)
    return {side.analysis.prediction.model: side.as_dict() for side in sides}


def register() -> None:
    """Adds the endpoints to the page that is being built."""
    gr.api(list_models, api_name="models", queue=False)
    for endpoint in (
        predict,
        predict_image,
        explain,
        explain_image,
        whatif,
        whatif_image,
        fewest,
        compare,
    ):
        gr.api(endpoint, api_name=endpoint.__name__, concurrency_id="model", concurrency_limit=1)


def _predict(model: str, source: Any) -> dict:
    from ..analysis import service

    return service.predict(model, source).as_dict()


def _explain(
    model: str, source: Any, method: str | None, target: str | None, trust: bool, seed: int, inside: bool
) -> dict:
    from ..analysis import inquiry, service

    method = method or service.DEFAULT_METHOD
    analysis = service.analyse(model, source, target or None, method, seed=seed)
    if trust:
        analysis = inquiry.assess(analysis, seed)
    if not inside:
        return analysis.as_dict()
    return analysis.as_dict() | inquiry.inside(
        analysis, inquiry.prefix_predictions(analysis), inquiry.measure_interventions(analysis, seed)
    )


def _whatif(model: str, source: Any, without: list[str], perturbation: str | None, replacement: str | None) -> dict:
    from ..analysis import inquiry, service

    analysis = service.analyse(model, source)
    if replacement:
        if len(without) != 1:
            raise InputError(f"A replacement takes the place of one word: name a single one, not {len(without)}.")
        return inquiry.replace_word(analysis, inquiry.unit_named(analysis, without[0]), replacement).as_dict()
    units = [unit for name in without for unit in inquiry.units_named(analysis, name)]
    return inquiry.ablate_units(analysis, units, perturbation or None).as_dict()


def _text(model: str, text: str) -> str:
    _check_modality(model, "text", "/predict_image or /explain_image")
    return source_of(model, text)


def _photo(model: str, image: dict) -> str | None:
    _check_modality(model, "image", "/predict or /explain")
    return source_of(model, image)


def _check_modality(model: str, wanted: str, instead: str) -> None:
    from ..checkpoints.cards import read_card

    modality = read_card(model)["modality"]
    if modality != wanted:
        raise InputError(f"The model {model} reads {modality}, not {wanted}: call {instead}.")
