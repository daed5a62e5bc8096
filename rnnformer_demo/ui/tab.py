"""One tab: input, choices, outputs, and what happens between them. The same for texts and for photos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import gradio as gr

from ..api.concurrency import LAST_WINS, MODEL, QUIET, TRUST
from ..api.errors import as_gradio_error
from ..data import InputError
from . import handlers, markup, panels, whatif_panel
from .model_list import ModelEntry

_STATE_SECONDS = 1800


@dataclass(frozen=True)
class TabSpec:
    """What sets the tab of one modality apart.

    Attributes:
        modality: "text" or "image".
        title: of the tab.
        make_input: makes the input component.
        examples: inputs to choose from, in the order shown, for a model whose card names none.
        submits: whether the Enter key in the input starts the analysis.
        hint: one sentence that stands where the results will be.
    """

    modality: str
    title: str
    make_input: Callable[[], gr.components.Component]
    examples: tuple[str, ...]
    submits: bool
    hint: str

    @property
    def has_grid(self) -> bool:
        """Whether the units are cells of a photo."""
        return self.modality == "image"


def build_tab(kind: TabSpec, models: list[ModelEntry]) -> None:
    """Builds the tab of one modality inside the page that is being built.

    Args:
        models: those of that modality; the tab opens with the first.
    """
    with gr.Tab(kind.title, id=kind.modality):
        if not models:
            gr.Markdown(f"There is no {kind.modality} model in the folder of checkpoints.")
            return
        state = gr.State(time_to_live=_STATE_SECONDS)
        with gr.Row(equal_height=False):
            with gr.Column(min_width=320):
                inputs = _inputs(kind, models)
            with gr.Column(min_width=320):
                results = _results(kind)
        inside = panels.inside(kind, models[0])
        asked = whatif_panel.build(kind, models[0], models)
        _connect(kind, models, state, inputs, results, inside, asked)


def _inputs(kind: TabSpec, models: list[ModelEntry]) -> SimpleNamespace:
    source = kind.make_input()
    button = gr.Button("Analyse", variant="primary", size="lg")
    titles = [(model.title, model.name) for model in models]
    model = gr.Dropdown(titles, value=models[0].name, label="Model", filterable=False, elem_classes="model")
    facts = gr.HTML(markup.model_facts(models[0]))
    examples = gr.Dataset(
        label="Examples: click one to analyse it",
        components=[source],
        samples=_samples(kind, models[0]),
        type="index",
    )
    return SimpleNamespace(source=source, examples=examples, button=button, model=model, facts=facts)


def _samples(kind: TabSpec, model: ModelEntry) -> list[list[str]]:
    return [[example] for example in model.examples or kind.examples]


def _results(kind: TabSpec) -> SimpleNamespace:
    with gr.Column(visible=True) as hint:
        gr.HTML(f'<div class="hint"><p>{kind.hint}</p></div>')
    with gr.Column(visible=False) as shown:
        label = gr.Label(label="Prediction", num_top_classes=5)
        summary = gr.HTML()
        with gr.Column(visible=not kind.has_grid):
            panels.section(
                "Word by word", "Blue speaks for the class, orange against it; rest on a word to read its score."
            )
            words = gr.HTML()
    return SimpleNamespace(hint=hint, shown=shown, label=label, summary=summary, words=words)


def _connect(kind, models, state, inputs, results, inside, asked) -> None:
    attribution = [results.words, *inside.attribution]
    measured = [*inside.trust, inside.stop]
    selectors = [
        *(inside.layer, inside.head, inside.viewpoint, inside.through),
        *(inside.recurrence, inside.direction, inside.quantity),
    ]
    analysing = {
        "fn": handlers.analyse,
        "inputs": [inputs.model, inputs.source, inside.method, inside.target, *selectors],
        "outputs": [
            *(
                state,
                *measured,
                results.hint,
                results.shown,
                inside.shown,
                results.label,
                results.summary,
                *attribution,
            ),
            *(inside.layer, inside.head, inside.viewpoint, *inside.attention, inside.attention_matter),
            *(inside.recurrence, inside.quantity, *inside.states, inside.memory_matter, *inside.beliefs),
            *(asked.shown, *asked.outputs),
        ],
        # Gradio would open photos itself, with errors and conversions of its own: the pipeline gets the raw file.
        "preprocess": False,
        "show_progress_on": [results.hint, results.label],
        **MODEL,
    }
    triggers = [inputs.button.click, *([inputs.source.submit] if kind.submits else [])]
    by_name = {model.name: model for model in models}
    chosen = _connect_examples(kind, by_name, inputs)
    analysed = [gr.on(triggers, **analysing), chosen.success(**analysing)]
    explained = gr.on(
        [inside.method.input, inside.target.input],
        handlers.re_explain,
        [state, inside.method, inside.target],
        [state, *measured, *attribution],
        show_progress_on=inside.attribution[0],
        **MODEL,
    )
    for event in (*analysed, explained):
        event.success(handlers.assess, state, measured, show_progress_on=inside.trust[0], **TRUST)
    # It changes nothing on the page: the measurement that it ends says so itself.
    inside.stop.click(handlers.stop_assessing, show_progress="hidden", queue=False, **LAST_WINS)
    _connect_selectors(kind, state, inside)
    _connect_models(kind, by_name, inputs, results, inside, asked)
    whatif_panel.connect(asked, state)


def _connect_selectors(kind, state, inside) -> None:
    """Redrawing: but for what goes through the recurrence no model runs, so nothing waits for one."""
    # "change" of the viewpoint too: a click on the picture sets it.
    gr.on(
        [inside.layer.input, inside.head.input, inside.viewpoint.change, inside.through.input],
        handlers.redraw_attention,
        [state, inside.layer, inside.head, inside.viewpoint, inside.through],
        inside.attention,
        **QUIET,
    )
    gr.on(
        [inside.recurrence.input, inside.direction.input, inside.quantity.input],
        handlers.redraw_states,
        [state, inside.recurrence, inside.direction, inside.quantity],
        [inside.quantity, *inside.states],
        **QUIET,
    )
    if kind.has_grid:
        inside.attention[0].select(
            handlers.choose_viewpoint, [state, inside.layer, inside.head], inside.viewpoint, **QUIET
        )


def _connect_models(kind, by_name, inputs, results, inside, asked) -> None:
    """Another model: what was typed stays; its examples and classes come, and the results of the other one go."""

    def choose_model(name: str, request: gr.Request) -> list:
        handlers.end_assessing(request)
        chosen = by_name[name]
        return [
            markup.model_facts(chosen),
            gr.Dataset(samples=_samples(kind, chosen)),
            gr.Dropdown(choices=panels.targets(chosen), value=handlers.PREDICTED),
            *(gr.Column(visible=True), gr.Column(visible=False), gr.Column(visible=False), gr.Column(visible=False)),
            gr.Column(visible=whatif_panel.has_rivals(chosen, [*by_name.values()])),
        ]

    inputs.model.input(
        choose_model,
        inputs.model,
        [
            *(inputs.facts, inputs.examples, inside.target),
            *(results.hint, results.shown, inside.shown, asked.shown, asked.rivals),
        ],
        show_progress="hidden",
        **LAST_WINS,
    )


def _connect_examples(kind, by_name, inputs) -> gr.events.Dependency:
    """A click on an example puts it into the input; what is to follow is attached to what this gives."""

    @as_gradio_error
    def load_example(name: str, number: int) -> str:
        samples = _samples(kind, by_name[name])
        if number >= len(samples):  # clicked just before those of another model came
            raise InputError("These examples have changed with the model: click one of the new ones.")
        return samples[number][0]

    return inputs.examples.click(
        load_example,
        [inputs.model, inputs.examples],
        inputs.source,
        show_progress="hidden",
        queue=False,
        **LAST_WINS,
    )
