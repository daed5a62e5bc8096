"""Panel of the questions to an analysis: edits of the input, and a comparison with baselines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import gradio as gr

from ..views import VIEWS
from .panels import Panel, Updates, build_panel, section

if TYPE_CHECKING:
    from ..document import Document
    from .model_list import ModelEntry

_HELP = {
    "sequence": "Remove words or put another in: the change of the logit that the attribution forecasts, beside the "
    "one that comes.",
    "grid": "Cover parts of the photo: the change of the logit that the attribution forecasts, beside the one that "
    "comes.",
}


@dataclass
class WhatIf:
    """Components of the panel.

    Attributes:
        column: its outermost component.
        brushed: brush over a photo.
        units: the words or cells to change.
        perturbation: the way in which they are removed.
        word: the word to put in instead.
        ask, find: buttons for an edit and for a minimal counterfactual.
        baselines: column of the comparison.
        compare: its button.
        panels: panels of the views `edits` and `comparison`.
    """

    column: gr.Column
    brushed: gr.ImageEditor
    units: gr.Dropdown
    perturbation: gr.Radio
    word: gr.Textbox
    ask: gr.Button
    find: gr.Button
    baselines: gr.Column
    compare: gr.Button
    panels: dict[str, Panel]

    def offer(self, document: Document) -> Updates:
        """Show the questions that an input admits, without their answers."""
        from ..analysis.edits import perturbations

        ways = perturbations(document.model.name)
        titles = [(f"{1 + unit}: {name}", unit) for unit, name in enumerate(document.input.unit_names)]
        updates: Updates = {
            self.column: gr.Column(visible=True),
            self.units: gr.Dropdown(choices=titles, value=[], multiselect=True),
            self.perturbation: gr.Radio(choices=list(ways), value=ways[0]),
            self.word: "",
        }
        if document.input.image is not None:
            from ..analysis.sections.core import decode_image

            photo = decode_image(document.input.image)
            updates[self.brushed] = gr.ImageEditor(value={"background": photo, "layers": [], "composite": None})
        for panel in self.panels.values():
            updates |= panel.clear()
        return updates

    @property
    def components(self) -> list[Any]:
        """Components that an analysis may change, without those of the panels."""
        return [self.column, self.brushed, self.units, self.perturbation, self.word, self.baselines]


def build_whatif(layout: str, prefix: str, model: ModelEntry, models: list[ModelEntry]) -> WhatIf:
    """Build the panel, hidden until there is an analysis.

    Args:
        layout: layout of the tab's inputs.
        prefix: prefix of the elements' ids.
        model: the model that the tab opens with.
        models: all models of the tab.
    """
    has_grid = layout == "grid"
    with gr.Column(visible=False) as column, gr.Row(equal_height=False):
        with gr.Column(min_width=320):
            section("What if …", _HELP[layout])
            brushed = gr.ImageEditor(
                label="Brush over what is to go",
                type="numpy",
                layers=False,
                sources=(),
                transforms=(),
                brush=gr.Brush(default_size=24, colors=["#d55e00"], color_mode="fixed"),
                eraser=gr.Eraser(default_size=24),
                height=320,
                visible=has_grid,
                elem_classes="brushed",
            )
            units = gr.Dropdown(
                [], multiselect=True, label="Cells that are to go" if has_grid else "Words that are to go"
            )
            with gr.Row():
                perturbation = gr.Radio([], label="Perturbation: what stands in their place")
                word = gr.Textbox(label="Or another word instead", max_lines=1, visible=not has_grid, min_width=140)
            with gr.Row():
                ask = gr.Button("See what changes", size="md", min_width=120)
                find = gr.Button("Minimal counterfactual", size="md", min_width=120)
            edits = build_panel(VIEWS["edits"], layout, prefix, heading=False)
        with gr.Column(min_width=320, visible=has_baselines(model, models)) as baselines:
            section("Compare with baselines", "The same input through networks that lack some of its parts.")
            compare = gr.Button("Compare", size="md")
            comparison = build_panel(VIEWS["comparison"], layout, prefix, heading=False)
    panels = {"edits": edits, "comparison": comparison}
    return WhatIf(column, brushed, units, perturbation, word, ask, find, baselines, compare, panels)


def has_baselines(model: ModelEntry, models: list[ModelEntry]) -> bool:
    """Return whether there is something to compare a model with."""
    hybrid = model.baseline_of or model.name
    return any(other.baseline_of == hybrid for other in models)
