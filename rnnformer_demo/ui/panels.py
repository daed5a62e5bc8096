"""The sections below the prediction: each a heading, a sentence, choices, a picture and what it says in words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import gradio as gr

from ..interpret.attribution import methods_for
from . import handlers, markup
from .model_list import ModelEntry
from .render import ALL_CELLS, DIRECTIONS

if TYPE_CHECKING:
    from .tab import TabSpec


def inside(kind: TabSpec, model: ModelEntry) -> SimpleNamespace:
    """Builds them, hidden until there is an analysis; the components by name."""
    with gr.Column(visible=False) as shown:
        with gr.Row(equal_height=False):
            with gr.Column(min_width=320):
                section("What the decision rests on", "Blue speaks for the class, orange against it.")
                method, target = _explanation_choices(kind, model)
                attribution = [*figure("Attribution", f"{kind.modality}-attribution"), gr.HTML()]
            with gr.Column(min_width=320):
                section("How far to trust that", "Measured on this input, beside explanations drawn at random.")
                trust = [gr.HTML(), *figure("Trust", f"{kind.modality}-trust")]
                stop = gr.Button("Stop measuring", size="sm", visible=False)
        with gr.Row(equal_height=False):
            with gr.Column(min_width=320):
                looks = "cell of the photo looks at which" if kind.has_grid else "word looks at which"
                section("Where the attention looks", f"Which {looks}, in each layer and head of the Transformer.")
                layer, head, viewpoint, through = _attention_choices(kind)
                attention = figure("Attention", f"{kind.modality}-attention")
                attention_matter = gr.HTML()
            with gr.Column(min_width=320):
                section("What the recurrence remembers", "States and gates of the LSTM and the GRU, step by step.")
                recurrence, direction, quantity = _states_choices()
                states = figure("Hidden states", f"{kind.modality}-states")
                memory_matter = gr.HTML()
        with gr.Row(equal_height=False):
            with gr.Column(min_width=320):
                parts = "row by row and column by column" if kind.has_grid else "word by word, from either end"
                section("What it believed on the way", f"The model runs on growing parts of the input, {parts}.")
                beliefs = figure("Beliefs", f"{kind.modality}-beliefs")
            with gr.Column(min_width=320):
                section("How to read this", "What each picture can tell, and what it cannot.")
                gr.HTML(markup.READING)
    return SimpleNamespace(
        shown=shown,
        method=method,
        target=target,
        attribution=attribution,
        trust=trust,
        stop=stop,
        layer=layer,
        head=head,
        viewpoint=viewpoint,
        through=through,
        attention=attention,
        attention_matter=attention_matter,
        recurrence=recurrence,
        direction=direction,
        quantity=quantity,
        states=states,
        memory_matter=memory_matter,
        beliefs=beliefs,
    )


def _explanation_choices(kind: TabSpec, model: ModelEntry) -> tuple[gr.Dropdown, gr.Dropdown]:
    titles = [
        (known.title + (" (slow)" if kind.has_grid and known.slow_on_photos else ""), known.name)
        for known in methods_for(kind.has_grid)
    ]
    with gr.Row():
        method = gr.Dropdown(titles, value=titles[0][1], label="Method", min_width=200)
        target = gr.Dropdown(targets(model), value=handlers.PREDICTED, label="Class to explain", min_width=200)
    return method, target


def _attention_choices(kind: TabSpec) -> tuple[gr.Dropdown, gr.Dropdown, gr.Dropdown, gr.Checkbox]:
    with gr.Row():
        layer = gr.Dropdown([], label="Layer", min_width=100)
        head = gr.Dropdown([], label="Head", min_width=100)
        viewpoint = gr.Dropdown(
            [ALL_CELLS], value=ALL_CELLS, label="From (or click a cell)", visible=kind.has_grid, min_width=140
        )
    parts = "cells" if kind.has_grid else "words"
    through = gr.Checkbox(label=f"Trace it through the recurrence, from states to {parts}", container=False)
    return layer, head, viewpoint, through


def _states_choices() -> tuple[gr.Dropdown, gr.Radio, gr.Dropdown]:
    with gr.Row():
        recurrence = gr.Dropdown([], label="Recurrence", min_width=130)
        direction = gr.Radio(list(DIRECTIONS), value=DIRECTIONS[0], label="Direction", min_width=130)
        quantity = gr.Dropdown([], label="Show", min_width=110)
    return recurrence, direction, quantity


def targets(model: ModelEntry) -> list[tuple[str, str]]:
    """The classes that can be explained, as a dropdown takes them."""
    return [("the predicted class", handlers.PREDICTED), *((label, label) for label in model.labels)]


def section(title: str, text: str) -> None:
    """A heading and a sentence."""
    gr.HTML(f'<div class="section"><h2>{title}</h2><p>{text}</p></div>')


def figure(label: str, elem_id: str) -> list[gr.Image | gr.HTML]:
    """A picture and, below it, its description."""
    picture = gr.Image(
        label=label,
        format="png",
        interactive=False,
        show_label=False,
        buttons=["download", "fullscreen"],
        elem_id=elem_id,
        elem_classes="figure",
    )
    return [picture, gr.HTML()]
