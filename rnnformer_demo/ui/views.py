"""From an analysis to what the page's components show. Imports matplotlib when it is first called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr

from . import markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..pipeline import Analysis

ALL_CELLS = "all cells, on average"
DIRECTIONS = ("forward", "backward")


def everything(analysis: Analysis, layer, head, viewpoint, recurrence, direction) -> list:
    """All outputs of a tab but the state; what was selected stays selected where the model has it."""
    from ..descriptions import describe_domain
    from ..figures import MEAN_OF_HEADS, POOLING

    layers = [*analysis.trace.attention, POOLING]
    heads = [MEAN_OF_HEADS, *(str(1 + head) for head in range(_head_count(analysis)))]
    cells = [ALL_CELLS, *(analysis.sample.names if analysis.sample.grid else ())]
    recurrences = list(analysis.trace.states)
    layer, head, viewpoint, recurrence = (
        _kept(value, values)
        for value, values in ((layer, layers), (head, heads), (viewpoint, cells), (recurrence, recurrences))
    )
    return [
        gr.Column(visible=False),
        gr.Column(visible=True),
        gr.Column(visible=True),
        analysis.prediction.probabilities,
        markup.summary(analysis, describe_domain(analysis.prediction), _boxes(analysis)),
        *attribution(analysis),
        gr.Dropdown(choices=layers, value=layer),
        gr.Dropdown(choices=heads, value=head),
        gr.Dropdown(choices=cells, value=viewpoint),
        *attention_picture(analysis, layer, head, viewpoint),
        gr.Dropdown(choices=recurrences, value=recurrence),
        *states_picture(analysis, recurrence, direction),
    ]


def attribution(analysis: Analysis) -> list:
    """Coloured words (for a text), the figure, its description, what the method means."""
    from ..figures import attribution_figure, describe_attribution

    description = describe_attribution(analysis)
    return [
        "" if analysis.explanation.grid else markup.words(analysis),
        _picture(attribution_figure(analysis), description),
        markup.caption(description),
        markup.completeness(analysis),
    ]


def attention_picture(analysis: Analysis, layer: str, head: str, viewpoint: str) -> list:
    """The heat map of the attention and its description."""
    from ..figures import attention_figure, describe_attention

    step = _step(analysis, viewpoint)
    description = describe_attention(analysis, layer, head, step)
    return [_picture(attention_figure(analysis, layer, head, step), description), markup.caption(description)]


def states_picture(analysis: Analysis, recurrence: str, direction: str) -> list:
    """The heat map of the hidden states and its description; nothing for a model without a recurrence."""
    from ..figures import describe_states, states_figure

    if recurrence is None:
        return [None, markup.caption("This model has no recurrence, so there are no hidden states to show.")]
    description = describe_states(analysis, recurrence, direction)
    return [_picture(states_figure(analysis, recurrence, direction), description), markup.caption(description)]


def viewpoint_at(analysis: Analysis, layer: str, head: str, x: float, y: float) -> str:
    """The name of the photo's cell that is drawn at a pixel of the picture of the attention."""
    from ..figures import attention_figure, cell_at

    cell = cell_at(attention_figure(analysis, layer, head), analysis, x, y)
    return ALL_CELLS if cell is None else analysis.sample.names[cell]


def _boxes(analysis: Analysis) -> list[str]:
    """A notice where the pictures cannot write what the visitor wrote."""
    from ..figures import undrawable

    boxes = undrawable("".join((*analysis.sample.names, *analysis.prediction.probabilities)))
    return [f"This machine has no font for {boxes}: in the pictures, boxes stand in their place."] if boxes else []


def _picture(figure: Figure, description: str) -> gr.Image:
    from ..figures import to_image

    return gr.Image(value=to_image(figure), alt_text=description)


def _head_count(analysis: Analysis) -> int:
    return max((len(weights) for weights in analysis.trace.attention.values()), default=0)


def _step(analysis: Analysis, viewpoint: str | None) -> int | None:
    names = analysis.sample.names if analysis.sample.grid else ()
    return names.index(viewpoint) if viewpoint in names else None


def _kept(value: str | None, values: list[str]) -> str | None:
    return value if value in values else (values[0] if values else None)
