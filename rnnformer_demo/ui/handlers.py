"""Handlers of the page's events. Each asks the service for a document or a section, and lets panels show it.

Every handler returns updates by component: nothing is matched by position.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from ..api.errors import as_gradio_error
from ..api.uploads import source_of
from ..data import InputError
from . import cancellation
from .panels import Panel, Updates

if TYPE_CHECKING:
    from ..document import Attribution, Document
    from .tab_state import Tab

PREDICTED = ""  # value of the choice "the predicted class"
_BRUSHED = 0.25  # share of a cell


@as_gradio_error
def analyse(
    tab: Tab,
    request: gr.Request,
    model: str,
    source: Any,
    method: str,
    target: str,
    *chosen: Any,
    progress: gr.Progress | None = None,
) -> Updates:
    """Run the model on raw input and show all views; the measurement of an older result ends.

    Args:
        source: text, or Gradio's description of an uploaded file; unchecked, as it came over HTTP.
        target: a label, or PREDICTED.
        chosen: values of all controls, in the order of the panels.
    """
    from ..analysis import service

    cancellation.end(_session(request))
    wanted = ("attribution", *service.INTERNALS)
    document = service.analyse(
        model, source_of(model, source), wanted, target or None, method, report=reporter(progress)
    )
    return tab.show(document, chosen)


@as_gradio_error
def re_explain(
    tab: Tab,
    document: Document | None,
    request: gr.Request,
    method: str,
    target: str,
    *chosen: Any,
    progress: gr.Progress | None = None,
) -> Updates:
    """Explain the last input by another method or for another class; a running measurement ends.

    Gradio sends this also where a choice was only left or made again: then nothing changes.
    """
    from ..analysis import service

    document = require_document(document)
    current = document.attribution
    if current and (current.method, current.target) == (method, target or document.prediction.label):
        return {tab.state: gr.skip()}
    cancellation.end(_session(request))
    document = service.extend(
        document,
        "attribution",
        reporter(progress),
        method=method,
        target=target or document.prediction.label,
    )
    return tab.show(document, chosen, ("attribution",))


@as_gradio_error
def assess(
    tab: Tab,
    document: Document | None,
    measured: Attribution | None,
    request: gr.Request,
    progress: gr.Progress | None = None,
) -> Updates:
    """Measure how far the attribution can be trusted, until the session asks for something newer or says stop.

    The document stays as it is: what is asked meanwhile, such as an edit, goes into it.

    Args:
        measured: the attribution whose trust is shown; None where there is none.
    """
    from ..analysis import service

    document = require_document(document)
    if measured is not None and measured == document.attribution:
        return {tab.stop: gr.skip()}
    with cancellation.latest(_session(request)) as go_on:
        trusted = service.extend(document, "trust", go_on(reporter(progress, "Measuring")))
        return {
            **tab.panels["trust"].fill(trusted, {}),
            tab.measured: document.attribution,
            tab.stop: gr.Button(visible=False),
        }
    return {**tab.panels["trust"].clear("Measuring was stopped."), tab.stop: gr.Button(visible=False)}


def stop_assessing(request: gr.Request) -> None:
    """End the session's measurement."""
    cancellation.stop(_session(request))


def end_assessing(request: gr.Request) -> None:
    """End the session's measurement, for the page or its result was left."""
    cancellation.end(_session(request))


@as_gradio_error
def redraw(tab: Tab, panel: Panel, document: Document | None, *values: Any) -> Updates:
    """Show other choices of a view; run the model only for a section that is not there yet."""
    from ..analysis import service

    document = require_document(document)
    settled = panel.view.settle(document, panel.choices(values))
    missing = [section for section in panel.view.extends(settled) if not document.has(section)]
    for section in missing:
        document = service.extend(document, section)
    updates = panel.fill(document, settled)
    return updates | ({tab.state: document} if missing else {})


@as_gradio_error
def pick(tab: Tab, panel: Panel, document: Document | None, event: gr.SelectData, *values: Any) -> Updates:
    """Choose the part of a view's picture that was clicked."""
    document, choices_at = require_document(document), panel.view.pick
    if choices_at is None:
        raise ValueError(f"view must have a pick, got {panel.view.name}")
    choices = panel.view.settle(document, panel.choices(values))
    return redraw(tab, panel, document, *({**choices, **choices_at(document, choices, *event.index)}.values()))


@as_gradio_error
def edit(tab: Tab, document: Document | None, units: list[int], brushed: Any, perturbation: str, word: str) -> Updates:
    """Remove words or cells, or put a word in the place of one."""
    from ..analysis import edits

    document = require_document(document)
    chosen = sorted({*units, *brushed_units(document, brushed)})
    if not word.strip():
        document = edits.ablate_units(document, chosen, perturbation)
    elif len(chosen) != 1:
        raise InputError(f"Another word takes the place of one: choose a single word, not {len(chosen)}.")
    else:
        document = edits.replace_word(document, chosen[0], word)
    return {**tab.panels["edits"].fill(document, {}), tab.state: document}


@as_gradio_error
def find_counterfactual(
    tab: Tab, document: Document | None, perturbation: str, progress: gr.Progress | None = None
) -> Updates:
    """Find the fewest words or cells whose removal changes the label, and choose them."""
    from ..analysis import edits

    document = edits.minimal_counterfactual(require_document(document), perturbation, reporter(progress, "Searching"))
    units = list(document.edits[-1].units)
    return {**tab.panels["edits"].fill(document, {}), tab.whatif.units: units, tab.state: document}


@as_gradio_error
def compare_baselines(tab: Tab, document: Document | None, progress: gr.Progress | None = None) -> Updates:
    """Run the same input through the model's baselines."""
    from ..analysis import comparison

    document = comparison.compare(require_document(document), reporter(progress, "Comparing"))
    return {**tab.panels["comparison"].fill(document, {}), tab.state: document}


def require_document(document: Document | None) -> Document:
    """Return the document that the session keeps.

    Raises:
        InputError: where it has gone: the controls appear with the first, so there was one.
    """
    if document is None:
        raise InputError("This result is no longer kept: press Analyse again.")
    return document


def _session(request: gr.Request) -> str:
    """Return the id of a visitor's session."""
    return request.session_hash or ""


def reporter(progress: gr.Progress | None, what: str = "Computing the attribution") -> Callable[[float], None]:
    """Return a report that shows the share done on the page."""
    return lambda share: progress(share, desc=what) if progress else None


def brushed_units(document: Document, brushed: Any) -> list[int]:
    """Return the cells of a photo of which at least a quarter is brushed over.

    Args:
        brushed: value of the image editor.
    """
    layers: Sequence[Any] = brushed["layers"] if brushed else ()
    grid = document.input.grid
    if not grid or not len(layers):
        return []
    import numpy as np

    covered = np.any([layer[..., 3] > 0 for layer in layers], axis=0)  # (height, width)
    shares = [
        cell.mean()
        for band in np.array_split(covered, grid[0], axis=0)
        for cell in np.array_split(band, grid[1], axis=1)
    ]
    return [unit for unit, share in enumerate(shares) if share >= _BRUSHED]
