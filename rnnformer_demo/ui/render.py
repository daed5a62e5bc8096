"""From an analysis to what the page's components show. Imports matplotlib when it is first called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import gradio as gr

from . import markup

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..analysis.comparison import ModelComparison
    from ..analysis.inquiry import CounterfactualEdit, EditEffect, InterventionEffects, PrefixTrajectory
    from ..analysis.service import Analysis

ALL_CELLS = "all cells, on average"
DIRECTIONS = ("forward", "backward")
_BRUSHED = 0.25  # share of a cell


def everything(
    analysis: Analysis,
    courses: Sequence[PrefixTrajectory],
    measure_interventions: InterventionEffects,
    layer,
    head,
    viewpoint,
    through,
    recurrence,
    direction,
    quantity,
) -> list:
    """All outputs of a tab but the state; what was selected stays selected where the model has it."""
    from ..views.descriptions import (
        MEAN_OF_HEADS,
        POOLING,
        describe_attention_matter,
        describe_domain,
        describe_memory_matter,
    )

    layers = [*analysis.trace.attention, POOLING]
    heads = [MEAN_OF_HEADS, *(str(1 + head) for head in range(_head_count(analysis)))]
    cells = [ALL_CELLS, *(analysis.sample.unit_names if analysis.sample.grid else ())]
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
        *attention_picture(analysis, layer, head, viewpoint, through),
        markup.caption(describe_attention_matter(measure_interventions)),
        gr.Dropdown(choices=recurrences, value=recurrence),
        *recurrence_picture(analysis, recurrence, direction, quantity),
        markup.caption(describe_memory_matter(measure_interventions)),
        *beliefs_picture(analysis, courses),
        gr.Column(visible=True),
        *asking(analysis),
    ]


def attribution(analysis: Analysis) -> list:
    """Coloured words (for a text), the figure, its description, what the method means."""
    from ..views.attribution import attribution_figure
    from ..views.descriptions import describe_attribution

    description = describe_attribution(analysis)
    return [
        "" if analysis.explanation.grid else markup.words(analysis),
        _picture(attribution_figure(analysis), description),
        markup.caption(description),
        markup.completeness(analysis),
    ]


def attention_picture(analysis: Analysis, layer: str, head: str, viewpoint: str, through: bool) -> list:
    """The heat map of the attention and its description; `through` the recurrence, the model is run."""
    from ..analysis.inquiry import token_jacobian_norms
    from ..views.attention import attention_figure
    from ..views.descriptions import describe_attention

    step = _step(analysis, viewpoint)
    reached = token_jacobian_norms(analysis) if through else None
    description = describe_attention(analysis, layer, head, step, reached)
    return [_picture(attention_figure(analysis, layer, head, step, reached), description), markup.caption(description)]


def recurrence_picture(analysis: Analysis, recurrence: str, direction: str, quantity: str) -> list:
    """What can be shown of the recurrence, the heat map and its description; nothing for a model without one."""
    from ..views.descriptions import describe_states, quantities
    from ..views.states import states_figure

    if recurrence is None:
        none = markup.caption("This model has no recurrence, so there are no hidden states to show.")
        return [gr.Dropdown(choices=[], value=None), _nothing(), none]
    offered = quantities(analysis, recurrence)
    quantity = _kept(quantity, offered)
    description = describe_states(analysis, recurrence, direction, quantity)
    picture = _picture(states_figure(analysis, recurrence, direction, quantity), description)
    return [gr.Dropdown(choices=list(offered), value=quantity), picture, markup.caption(description)]


def beliefs_picture(analysis: Analysis, courses: Sequence[PrefixTrajectory]) -> list:
    """The curves of the beliefs and what they say."""
    from ..views.beliefs import beliefs_figure
    from ..views.descriptions import describe_course

    description = " ".join(map(describe_course, courses))
    return [_picture(beliefs_figure(analysis, courses), description), markup.caption(description)]


def measuring() -> list:
    """While the trust card is on its way."""
    return [markup.caption("Measuring …"), _nothing(), "", gr.Button(visible=True)]


def stopped() -> list:
    """When measuring was ended."""
    return [markup.caption("Measuring was stopped."), _nothing(), "", gr.Button(visible=False)]


def trust(analysis: Analysis) -> list:
    """The trust card: verdict, measures, curves."""
    from ..evaluation import explanations
    from ..views.descriptions import describe_trust
    from ..views.trust import trust_figure

    description = describe_trust(analysis.trust)
    curves = _picture(trust_figure(analysis), description) if analysis.trust.perturbations else _nothing()
    prediction = analysis.prediction
    known = explanations.citation(analysis.explanation.method, prediction.modality, prediction.model)
    return [markup.trust(analysis.trust), curves, markup.caption(known) if known else "", gr.Button(visible=False)]


def asking(analysis: Analysis) -> list:
    """The questions that this input admits, without their answers."""
    from ..analysis import inquiry

    names, perturbations = analysis.sample.unit_names, inquiry.perturbations(analysis.prediction.model)
    return [
        gr.ImageEditor(value={"background": analysis.sample.display, "layers": [], "composite": None})
        if analysis.sample.grid
        else gr.skip(),
        gr.Dropdown(
            choices=[(f"{1 + unit}: {name}", unit) for unit, name in enumerate(names)], value=[], multiselect=True
        ),
        gr.Radio(choices=list(perturbations), value=perturbations[0]),
        "",
        "",
        *("", _nothing(), ""),
    ]


def brushed_units(analysis: Analysis, brushed: Mapping[str, Any] | None) -> list[int]:
    """The cells of a photo of which at least a quarter is brushed over."""
    layers = brushed["layers"] if brushed else []
    if not analysis.sample.grid or not len(layers):
        return []
    import numpy as np

    covered = np.any([layer[..., 3] > 0 for layer in layers], axis=0)  # (height, width)
    rows, columns = analysis.sample.grid
    shares = [
        cell.mean() for band in np.array_split(covered, rows, axis=0) for cell in np.array_split(band, columns, axis=1)
    ]
    return [unit for unit, share in enumerate(shares) if share >= _BRUSHED]


def variant(answer: EditEffect) -> str:
    """What a changed input brought."""
    from ..views.descriptions import describe_variant

    return markup.answer(describe_variant(answer))


def turn(answer: CounterfactualEdit) -> str:
    """The fewest units that change the label."""
    from ..views.descriptions import describe_turn

    return markup.answer(describe_turn(answer))


def sides(compared: Sequence[ModelComparison]) -> list:
    """The table of the models, and their beliefs in one picture."""
    from ..views.beliefs import comparison_figure
    from ..views.descriptions import describe_course

    description = " ".join(f"{side.analysis.prediction.model}: {describe_course(side.courses[0])}" for side in compared)
    return [markup.sides(compared), _picture(comparison_figure(compared), description), markup.caption(description)]


def viewpoint_at(analysis: Analysis, layer: str, head: str, x: float, y: float) -> str:
    """The name of the photo's cell that is drawn at a pixel of the picture of the attention."""
    from ..views.attention import attention_figure, cell_at

    cell = cell_at(attention_figure(analysis, layer, head), analysis, x, y)
    return ALL_CELLS if cell is None else analysis.sample.unit_names[cell]


def _boxes(analysis: Analysis) -> list[str]:
    """A notice where the pictures cannot write what the visitor wrote."""
    from ..views.canvas import undrawable

    boxes = undrawable("".join((*analysis.sample.unit_names, *analysis.prediction.probabilities)))
    return [f"This machine has no font for {boxes}: in the pictures, boxes stand in their place."] if boxes else []


def _picture(figure: Figure, description: str) -> gr.Image:
    from ..views.canvas import to_image

    return gr.Image(value=to_image(figure), alt_text=description, visible=True)


def _nothing() -> gr.Image:
    """No empty frame where there is no picture."""
    return gr.Image(value=None, visible=False)


def _head_count(analysis: Analysis) -> int:
    return max((len(weights) for weights in analysis.trace.attention.values()), default=0)


def _step(analysis: Analysis, viewpoint: str | None) -> int | None:
    names = analysis.sample.unit_names if analysis.sample.grid else ()
    return names.index(viewpoint) if viewpoint in names else None


def _kept(value: str | None, values: Sequence[str]) -> str | None:
    return value if value in values else (values[0] if values else None)
