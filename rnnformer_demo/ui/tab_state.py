"""Traits and components of a tab, which its events read and change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr

from .model_list import ModelEntry
from .panels import Panel, Updates
from .whatif_panel import WhatIf

if TYPE_CHECKING:
    from ..document import Document

ASKED_FOR = ("edits", "comparison")  # views that a question fills


@dataclass(frozen=True)
class TabSpec:
    """The traits of a tab.

    Attributes:
        modality: modality of its models, "text" or "image".
        layout: layout of their inputs, "sequence" or "grid".
        title: its title.
        make_input: makes the input component.
        examples: inputs to choose from, in the order shown, for a model whose card names none.
        submits: true where the Enter key in the input starts the analysis.
        hint: one sentence that stands where the results will be.
    """

    modality: str
    layout: str
    title: str
    make_input: Callable[[], gr.components.Component]
    examples: tuple[str, ...]
    submits: bool
    hint: str

    def samples(self, model: ModelEntry) -> list[list[str]]:
        """Return the examples for a model, as a dataset takes them."""
        return [[example] for example in model.examples or self.examples]


@dataclass
class Tab:
    """The components of a tab that events read or change.

    Attributes:
        state: the document.
        measured: the attribution whose trust is shown; None where there is none.
        shown_model: name of the model whose facts are shown.
        source, button, model, facts, examples: input and choices.
        hint, results, below: columns: before there is an analysis, and with one.
        label: the prediction's bars.
        method, target: choices of the attribution.
        stop: ends the measurement of trust.
        panels: its panels by the name of their view.
        whatif: the questions.
    """

    spec: TabSpec
    state: gr.State
    measured: gr.State
    shown_model: gr.State
    source: Any = field(init=False)
    button: gr.Button = field(init=False)
    model: gr.Dropdown = field(init=False)
    facts: gr.HTML = field(init=False)
    examples: gr.Dataset = field(init=False)
    hint: gr.Column = field(init=False)
    results: gr.Column = field(init=False)
    below: gr.Column = field(init=False)
    label: gr.Label = field(init=False)
    method: gr.Dropdown = field(init=False)
    target: gr.Dropdown = field(init=False)
    stop: gr.Button = field(init=False)
    panels: dict[str, Panel] = field(default_factory=dict)
    whatif: WhatIf = field(init=False)

    @property
    def controls(self) -> list[Any]:
        """Controls of all panels, in their order."""
        return [control for panel in self.panels.values() for control in panel.controls.values()]

    @property
    def outputs(self) -> list[Any]:
        """Components that an analysis may change."""
        own = [self.state, self.measured, self.hint, self.results, self.below, self.label, self.stop]
        panels = [part for panel in self.panels.values() for part in panel.components]
        return [*own, *panels, *self.whatif.components]

    def show(self, document: Document, chosen: Sequence[Any], sections: Sequence[str] | None = None) -> Updates:
        """Return the updates that show a document.

        Args:
            chosen: values of `controls`.
            sections: only views that read one of these are drawn anew; None for a new document, which all show.
        """
        updates: Updates = {self.state: document, self.measured: None, self.stop: gr.Button(visible=True)}
        values = iter(chosen)
        for panel in self.panels.values():
            own = [next(values) for _ in panel.controls]
            if panel.view.name not in ASKED_FOR and (sections is None or set(panel.view.sections) & set(sections)):
                updates |= panel.fill(document, panel.choices(own))
        updates |= self.panels["trust"].clear("Measuring …")
        if sections is None:
            updates |= {
                self.hint: gr.Column(visible=False),
                self.results: gr.Column(visible=True),
                self.below: gr.Column(visible=True),
                self.label: document.prediction.probabilities,
                **self.whatif.offer(document),
            }
        return updates

    def leave(self) -> Updates:
        """Return the updates that take an analysis away: another model is chosen."""
        columns: Updates = {self.hint: gr.Column(visible=True)}
        return columns | {part: gr.Column(visible=False) for part in (self.results, self.below, self.whatif.column)}
