"""What a visitor can ask once there is an analysis: what if, and what do the rivals say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

import gradio as gr

from ..api.concurrency import MODEL
from . import handlers
from .panels import figure, section

if TYPE_CHECKING:
    from .model_list import ModelEntry
    from .tab import TabSpec


def build(kind: TabSpec, model: ModelEntry, models: list[ModelEntry]) -> SimpleNamespace:
    """Builds the two sections, hidden until there is an analysis; the components by name.

    `outputs` are those that an analysis fills, as `views.asking` gives them.

    Args:
        model: the one that the tab opens with.
        models: all of the tab.
    """
    with gr.Column(visible=False) as shown, gr.Row(equal_height=False):
        with gr.Column(min_width=320):
            section("What if …", _WHAT_IF[kind.has_grid])
            brushed = gr.ImageEditor(
                label="Brush over what is to go",
                type="numpy",
                layers=False,
                sources=(),
                transforms=(),
                brush=gr.Brush(default_size=24, colors=["#d55e00"], color_mode="fixed"),
                eraser=gr.Eraser(default_size=24),
                height=320,
                visible=kind.has_grid,
                elem_classes="brushed",
            )
            units = gr.Dropdown(
                [], multiselect=True, label="Cells that are to go" if kind.has_grid else "Words that are to go"
            )
            with gr.Row():
                perturbation = gr.Radio([], label="What stands in their place")
                word = gr.Textbox(
                    label="Or another word instead", max_lines=1, visible=not kind.has_grid, min_width=140
                )
            with gr.Row():
                ask = gr.Button("See what changes", size="md", min_width=120)
                minimal_counterfactual = gr.Button("Find the fewest that change the label", size="md", min_width=120)
            answer = gr.HTML()
        with gr.Column(min_width=320, visible=has_rivals(model, models)) as rivals:
            section("Beside its rivals", "The same input through networks that lack some of its parts.")
            compare = gr.Button("Compare", size="md")
            comparison = [gr.HTML(), *figure("Beliefs side by side", f"{kind.modality}-comparison")]
    return SimpleNamespace(
        shown=shown,
        outputs=[brushed, units, perturbation, word, answer, *comparison],
        rivals=rivals,
        brushed=brushed,
        units=units,
        perturbation=perturbation,
        word=word,
        ask=ask,
        minimal_counterfactual=minimal_counterfactual,
        answer=answer,
        compare=compare,
        comparison=comparison,
    )


def has_rivals(model: ModelEntry, models: list[ModelEntry]) -> bool:
    """Whether there is something to compare a model with."""
    hybrid = model.rival_of or model.name
    return any(other.rival_of == hybrid for other in models)


_WHAT_IF = {
    False: "Take words out or put another in: the change that the attribution forecasts, beside the one that comes.",
    True: "Cover parts of the photo: the change that the attribution forecasts, beside the one that comes.",
}


def connect(asked: SimpleNamespace, state: gr.State) -> None:
    """Connects the buttons with what they ask."""
    question = [state, asked.units, asked.brushed, asked.perturbation, asked.word]
    asked.ask.click(handlers.ablate_units, question, asked.answer, **MODEL)
    asked.word.submit(handlers.ablate_units, question, asked.answer, **MODEL)
    asked.minimal_counterfactual.click(
        handlers.find_fewest, [state, asked.perturbation], [asked.units, asked.answer], **MODEL
    )
    asked.compare.click(handlers.compare_rivals, state, asked.comparison, **MODEL)
