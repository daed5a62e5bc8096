"""What the page's events call. Each asks the pipeline for an analysis or redraws one, and hands it to the views."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from ..data import InputError
from . import views
from .errors import shows_input_errors
from .sources import source_of

PREDICTED = ""  # value of the choice "the predicted class"


@shows_input_errors
def analyse(model: str, source: Any, method: str, target: str, *chosen: str, progress=gr.Progress()) -> list:  # noqa: B008
    """Runs the model on raw input and fills all outputs.

    Args:
        source: text, or what Gradio says of an uploaded file; unchecked, as it came over HTTP.
        target: a label, or PREDICTED.
        chosen: layer, head, viewpoint, recurrence and direction, as the selectors have them.
    """
    from .. import pipeline

    analysis = pipeline.analyse(model, source_of(model, source), target or None, method, _reporter(progress))
    return [analysis, *views.everything(analysis, *chosen)]


@shows_input_errors
def re_explain(analysis, method: str, target: str, progress=gr.Progress()) -> list:  # noqa: B008
    """Explains the last input anew, for another class or by another method."""
    from .. import pipeline

    analysis = _kept(analysis)
    analysis = pipeline.re_explain(analysis, target or analysis.prediction.label, method, _reporter(progress))
    return [analysis, *views.attribution(analysis)]


@shows_input_errors
def redraw_attention(analysis, layer: str, head: str, viewpoint: str) -> list:
    """Another layer, head or viewpoint, without running the model."""
    return views.attention_picture(_kept(analysis), layer, head, viewpoint)


@shows_input_errors
def redraw_states(analysis, recurrence: str, direction: str) -> list:
    """Another recurrence or direction, without running the model."""
    return views.states_picture(_kept(analysis), recurrence, direction)


@shows_input_errors
def choose_viewpoint(analysis, layer: str, head: str, event: gr.SelectData) -> str:
    """The cell of the photo that was clicked in the picture of the attention, or all of them beside the photo."""
    return views.viewpoint_at(_kept(analysis), layer, head, *event.index)


def _kept(analysis):
    """The analysis that the session holds. The selectors appear with the first, so none means that it has gone."""
    if analysis is None:
        raise InputError("This result is no longer kept: press Analyse again.")
    return analysis


def _reporter(progress: gr.Progress) -> Callable[[float], None]:
    return lambda share: progress(share, desc="Computing the attribution")
