"""Panels: a view of the registry as Gradio components. The page has one for each view, and each fills itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import gradio as gr

from ..views.registry import OFF, ON, Choices, Control, View

if TYPE_CHECKING:
    from ..document import Document

Updates = dict[Any, Any]  # by component: what an event changes there


@dataclass
class Panel:
    """One view on the page.

    Attributes:
        view: the view that it shows.
        column: its outermost component.
        controls: a component for each of the view's controls, by name.
        html: HTML above the figure; None where the view has no such part.
        picture: picture of the figure; None where the view has none.
        caption: text alternative, below.
    """

    view: View
    column: gr.Column
    controls: dict[str, gr.Dropdown | gr.Checkbox] = field(default_factory=dict)
    html: gr.HTML | None = None
    picture: gr.Image | None = None
    caption: gr.HTML | None = None

    @property
    def components(self) -> list[Any]:
        """Components that `fill` and `clear` may change."""
        parts = (self.column, *self.controls.values(), self.html, self.picture, self.caption)
        return [part for part in parts if part is not None]

    def choices(self, values: Sequence[Any]) -> Choices:
        """Return the choices that the controls' values mean, as an event hands them over."""
        pairs = zip(self.controls, values, strict=True)
        return {
            name: (ON if value else OFF) if isinstance(value, bool) else value
            for name, value in pairs
            if value is not None
        }

    def fill(self, document: Document, choices: Choices) -> Updates:
        """Show the view of a document; choices stay as they are where the document has them."""
        if not self.view.fits(document):
            return {self.column: gr.Column(visible=False)}
        settled = self.view.settle(document, choices)
        caption = self.view.caption(document, settled)
        # Where there is HTML it says the same: the caption is then the picture's text alternative alone.
        text = "" if self.html is not None else as_caption(caption)
        updates: Updates = {self.column: gr.Column(visible=True), self.caption: text}
        for control in self.view.controls:
            if control.name in self.controls:
                updates[self.controls[control.name]] = _control_update(control, document, settled)
        if self.html is not None and self.view.html is not None:
            updates[self.html] = self.view.html(document, settled)
        if self.picture is not None:
            updates[self.picture] = picture(self.view.draw(document, settled), caption)
        return updates

    def clear(self, message: str = "") -> Updates:
        """Show a message in place of the view."""
        # Tall enough for Gradio's sign of progress, which would else lie over what follows.
        said = f'<div class="pending">{as_caption(message)}</div>' if message else ""
        updates: Updates = {self.column: gr.Column(visible=bool(message)), self.caption: said}
        if self.html is not None:
            updates[self.html] = ""
        if self.picture is not None:
            updates[self.picture] = gr.Image(value=None, visible=False)
        return updates


def build_panel(
    view: View, layout: str, prefix: str, before: Callable[[], None] = lambda: None, heading: bool = True
) -> Panel:
    """Build the components of a view, hidden until there is something to show.

    Args:
        layout: layout of the tab's inputs, "sequence" or "grid".
        prefix: prefix of the elements' ids.
        before: builds the components between heading and controls.
        heading: False where the panel stands under a heading of the same words.
    """
    with gr.Column(min_width=320, visible=False) as column:
        if heading:
            section(view.title, view.help)
        before()
        panel = Panel(view, column)
        shown = [control for control in view.controls if layout in control.layouts]
        built: dict[str, gr.Dropdown | gr.Checkbox] = {}
        if any(control.kind == "choice" for control in shown):
            with gr.Row():
                built = {control.name: _control(control) for control in shown if control.kind == "choice"}
        built |= {control.name: _control(control) for control in shown if control.kind == "toggle"}
        panel.controls = {control.name: built[control.name] for control in shown}
        if view.html is not None:
            panel.html = gr.HTML()
        if view.figure is not None:
            panel.picture = gr.Image(
                label=view.title,
                format="png",
                interactive=False,
                show_label=False,
                buttons=["download", "fullscreen"],
                elem_id=f"{prefix}-{view.name}",
                elem_classes="figure",
                visible=False,
            )
        panel.caption = gr.HTML()
    return panel


def section(title: str, text: str) -> None:
    """Build a heading and a sentence."""
    gr.HTML(f'<div class="section"><h2>{title}</h2><p>{text}</p></div>')


def as_caption(text: str) -> str:
    """Return a text alternative as escaped HTML."""
    from html import escape

    return f'<p class="caption">{escape(text)}</p>' if text else ""


def picture(figure: Any, description: str) -> gr.Image:
    """Return the component that shows a figure; no empty frame where there is none."""
    if figure is None:
        return gr.Image(value=None, visible=False)
    from ..views.canvas import to_image

    return gr.Image(value=to_image(figure), alt_text=description, visible=True)


def _control(control: Control) -> gr.Dropdown | gr.Checkbox:
    if control.kind == "toggle":
        return gr.Checkbox(label=control.label, container=False)
    return gr.Dropdown([], label=control.label, min_width=110)


def _control_update(control: Control, document: Document, settled: Choices) -> gr.Dropdown | gr.Checkbox:
    value = settled.get(control.name)
    if control.kind == "toggle":
        return gr.Checkbox(value=value == ON, visible=value is not None)
    options = control.options(document, settled) if value is not None else ()
    return gr.Dropdown(choices=list(options), value=value, visible=bool(options))
