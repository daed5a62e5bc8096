"""What the page's events call. Each asks the pipeline for an analysis or redraws one, and hands it to the views."""

from collections.abc import Callable
from typing import Any

import gradio as gr

from ..api.errors import as_gradio_error
from ..api.uploads import source_of
from ..data import InputError
from . import cancellation, render

PREDICTED = ""  # value of the choice "the predicted class"


@as_gradio_error
def analyse(
    request: gr.Request,
    model: str,
    source: Any,
    method: str,
    target: str,
    *chosen: str,
    progress=gr.Progress(),  # noqa: B008
) -> list:
    """Runs the model on raw input and fills all outputs; what is being measured of an older result ends.

    Args:
        source: text, or what Gradio says of an uploaded file; unchecked, as it came over HTTP.
        target: a label, or PREDICTED.
        chosen: layer, head, viewpoint, through, recurrence, direction and quantity, as the selectors have them.
    """
    from ..analysis import inquiry, service

    cancellation.end(request.session_hash)
    analysis = service.analyse(model, source_of(model, source), target or None, method, _reporter(progress))
    shown = render.everything(
        analysis, inquiry.prefix_predictions(analysis), inquiry.measure_interventions(analysis), *chosen
    )
    return [analysis, *render.measuring(), *shown]


@as_gradio_error
def re_explain(analysis, request: gr.Request, method: str, target: str, progress=gr.Progress()) -> list:  # noqa: B008
    """Explains the last input anew, for another class or by another method; what is being measured ends."""
    from ..analysis import service

    cancellation.end(request.session_hash)
    analysis = _kept(analysis)
    analysis = service.re_explain(analysis, target or analysis.prediction.label, method, _reporter(progress))
    return [analysis, *render.measuring(), *render.attribution(analysis)]


@as_gradio_error
def assess(analysis, request: gr.Request, progress=gr.Progress()) -> list:  # noqa: B008
    """Measures how far the explanation can be trusted, until the session asks for something newer or says stop."""
    from ..analysis import inquiry

    with cancellation.latest(request.session_hash) as go_on:
        return render.trust(inquiry.assess(_kept(analysis), report=go_on(_reporter(progress, "Measuring"))))
    return render.stopped()


def stop_assessing(request: gr.Request) -> None:
    """Ends the session's measurement."""
    cancellation.stop(request.session_hash)


def end_assessing(request: gr.Request) -> None:
    """Ends the session's measurement, for the page or its result was left."""
    cancellation.end(request.session_hash)


@as_gradio_error
def ablate_units(analysis, units: list[int], brushed: Any, perturbation: str, word: str) -> str:
    """Takes words or patches out, or puts a word in the place of one."""
    from ..analysis import inquiry

    analysis = _kept(analysis)
    chosen = sorted({*units, *render.brushed_units(analysis, brushed)})
    if not word.strip():
        return render.variant(inquiry.ablate_units(analysis, chosen, perturbation))
    if len(chosen) != 1:
        raise InputError(f"Another word takes the place of one: choose a single word, not {len(chosen)}.")
    return render.variant(inquiry.replace_word(analysis, chosen[0], word))


@as_gradio_error
def find_fewest(analysis, perturbation: str, progress=gr.Progress()) -> list:  # noqa: B008
    """Finds the fewest words or patches whose removal changes the label, and chooses them."""
    from ..analysis import inquiry

    turn = inquiry.minimal_counterfactual(_kept(analysis), perturbation, _reporter(progress, "Searching"))
    return [list(turn.units), render.turn(turn)]


@as_gradio_error
def compare_rivals(analysis, progress=gr.Progress()) -> list:  # noqa: B008
    """The same input through the model's rivals."""
    from ..analysis import comparison

    analysis = _kept(analysis)
    sides = comparison.compare(
        analysis.prediction.model,
        analysis.sample.display,
        analysis.target,
        analysis.explanation.method,
        report=_reporter(progress, "Comparing"),
    )
    return render.sides(sides)


@as_gradio_error
def redraw_attention(analysis, layer: str, head: str, viewpoint: str, through: bool) -> list:
    """Another layer, head or viewpoint; only to trace it through the recurrence the model is run."""
    return render.attention_picture(_kept(analysis), layer, head, viewpoint, through)


@as_gradio_error
def redraw_states(analysis, recurrence: str, direction: str, quantity: str) -> list:
    """Another recurrence, direction or quantity, without running the model."""
    return render.recurrence_picture(_kept(analysis), recurrence, direction, quantity)


@as_gradio_error
def choose_viewpoint(analysis, layer: str, head: str, event: gr.SelectData) -> str:
    """The cell of the photo that was clicked in the picture of the attention, or all of them beside the photo."""
    return render.viewpoint_at(_kept(analysis), layer, head, *event.index)


def _kept(analysis):
    """The analysis that the session holds. The selectors appear with the first, so none means that it has gone."""
    if analysis is None:
        raise InputError("This result is no longer kept: press Analyse again.")
    return analysis


def _reporter(progress: gr.Progress, what: str = "Computing the attribution") -> Callable[[float], None]:
    return lambda share: progress(share, desc=what)
