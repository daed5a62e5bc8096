"""One tab: input, choices, outputs, and what happens between them. The same for texts and for photos."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import gradio as gr

from ..data import InputError
from ..explain import methods_for
from . import handlers, markup
from .catalogue import Offer
from .errors import shows_input_errors
from .views import ALL_CELLS, DIRECTIONS

# Left alone, Gradio drops a choice that is made while the answer to another is on its way.
_LAST_WINS = {"trigger_mode": "always_last", "api_visibility": "private"}
# One lock guards the models: more at a time would only wait there.
_MODEL = {"concurrency_id": "model", "concurrency_limit": 1, **_LAST_WINS}
_STATE_SECONDS = 1800


@dataclass(frozen=True)
class TabKind:
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


def build_tab(kind: TabKind, models: list[Offer]) -> None:
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
        inside = _inside(kind, models[0])
        _connect(kind, models, state, inputs, results, inside)


def _inputs(kind: TabKind, models: list[Offer]) -> SimpleNamespace:
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


def _samples(kind: TabKind, model: Offer) -> list[list[str]]:
    return [[example] for example in model.examples or kind.examples]


def _results(kind: TabKind) -> SimpleNamespace:
    with gr.Column(visible=True) as hint:
        gr.HTML(f'<div class="hint"><p>{kind.hint}</p></div>')
    with gr.Column(visible=False) as shown:
        label = gr.Label(label="Prediction", num_top_classes=5)
        summary = gr.HTML()
        with gr.Column(visible=not kind.has_grid):
            _section("Word by word", "Blue speaks for the class, orange against it; rest on a word to read its score.")
            words = gr.HTML()
    return SimpleNamespace(hint=hint, shown=shown, label=label, summary=summary, words=words)


def _inside(kind: TabKind, model: Offer) -> SimpleNamespace:
    with gr.Column(visible=False) as shown:
        with gr.Row(equal_height=False):
            with gr.Column(min_width=320):
                _section("What the decision rests on", "Blue speaks for the class, orange against it.")
                method, target = _explanation_choices(kind, model)
                attribution = [*_figure("Attribution", f"{kind.modality}-attribution"), gr.HTML()]
            with gr.Column(min_width=320):
                looks = "cell of the photo looks at which" if kind.has_grid else "word looks at which"
                _section("Where the attention looks", f"Which {looks}, in each layer and head of the Transformer.")
                layer, head, viewpoint = _attention_choices(kind)
                attention = _figure("Attention", f"{kind.modality}-attention")
        with gr.Row(equal_height=False):
            with gr.Column(min_width=320):
                _section("What the recurrence remembers", "Hidden states of the LSTM and the GRU, step by step.")
                recurrence, direction = _states_choices()
                states = _figure("Hidden states", f"{kind.modality}-states")
            with gr.Column(min_width=320):
                _section("How to read this", "What each picture can tell, and what it cannot.")
                gr.HTML(markup.READING)
    return SimpleNamespace(
        shown=shown,
        method=method,
        target=target,
        attribution=attribution,
        layer=layer,
        head=head,
        viewpoint=viewpoint,
        attention=attention,
        recurrence=recurrence,
        direction=direction,
        states=states,
    )


def _explanation_choices(kind: TabKind, model: Offer) -> tuple[gr.Dropdown, gr.Dropdown]:
    titles = [
        (known.title + (" (slow)" if kind.has_grid and known.slow_on_photos else ""), known.name)
        for known in methods_for(kind.has_grid)
    ]
    with gr.Row():
        method = gr.Dropdown(titles, value=titles[0][1], label="Method", min_width=200)
        target = gr.Dropdown(_targets(model), value=handlers.PREDICTED, label="Class to explain", min_width=200)
    return method, target


def _attention_choices(kind: TabKind) -> tuple[gr.Dropdown, gr.Dropdown, gr.Dropdown]:
    with gr.Row():
        layer = gr.Dropdown([], label="Layer", min_width=100)
        head = gr.Dropdown([], label="Head", min_width=100)
        viewpoint = gr.Dropdown(
            [ALL_CELLS], value=ALL_CELLS, label="From (or click a cell)", visible=kind.has_grid, min_width=140
        )
    return layer, head, viewpoint


def _states_choices() -> tuple[gr.Dropdown, gr.Radio]:
    with gr.Row():
        recurrence = gr.Dropdown([], label="Recurrence", min_width=140)
        direction = gr.Radio(list(DIRECTIONS), value=DIRECTIONS[0], label="Direction", min_width=140)
    return recurrence, direction


def _connect(kind, models, state, inputs, results, inside) -> None:
    attribution = [results.words, *inside.attribution]
    selectors = [inside.layer, inside.head, inside.viewpoint, inside.recurrence, inside.direction]
    analysing = {
        "fn": handlers.analyse,
        "inputs": [inputs.model, inputs.source, inside.method, inside.target, *selectors],
        "outputs": [
            *(state, results.hint, results.shown, inside.shown, results.label, results.summary, *attribution),
            *(inside.layer, inside.head, inside.viewpoint, *inside.attention, inside.recurrence, *inside.states),
        ],
        # Gradio would open photos itself, with errors and conversions of its own: the pipeline gets the raw file.
        "preprocess": False,
        "show_progress_on": [results.hint, results.label],
        **_MODEL,
    }
    inputs.button.click(**analysing)
    if kind.submits:
        inputs.source.submit(**analysing)
    gr.on(
        [inside.method.input, inside.target.input],
        handlers.re_explain,
        [state, inside.method, inside.target],
        [state, *attribution],
        show_progress_on=inside.attribution[0],
        **_MODEL,
    )
    _connect_selectors(kind, state, inside)
    by_name = {model.name: model for model in models}
    _connect_models(kind, by_name, inputs, results, inside)
    _connect_examples(kind, by_name, inputs).success(**analysing)


def _connect_selectors(kind, state, inside) -> None:
    """Redrawing: no model runs, so nothing waits for one."""
    quiet = {"show_progress": "hidden", "concurrency_limit": 4, **_LAST_WINS}
    # "change" of the viewpoint too: a click on the picture sets it.
    gr.on(
        [inside.layer.input, inside.head.input, inside.viewpoint.change],
        handlers.redraw_attention,
        [state, inside.layer, inside.head, inside.viewpoint],
        inside.attention,
        **quiet,
    )
    gr.on(
        [inside.recurrence.input, inside.direction.input],
        handlers.redraw_states,
        [state, inside.recurrence, inside.direction],
        inside.states,
        **quiet,
    )
    if kind.has_grid:
        inside.attention[0].select(
            handlers.choose_viewpoint, [state, inside.layer, inside.head], inside.viewpoint, **quiet
        )


def _connect_models(kind, by_name, inputs, results, inside) -> None:
    """Another model: what was typed stays; its examples and classes come, and the results of the other one go."""

    def choose_model(name: str) -> list:
        chosen = by_name[name]
        return [
            markup.model_facts(chosen),
            gr.Dataset(samples=_samples(kind, chosen)),
            gr.Dropdown(choices=_targets(chosen), value=handlers.PREDICTED),
            *(gr.Column(visible=True), gr.Column(visible=False), gr.Column(visible=False)),
        ]

    inputs.model.input(
        choose_model,
        inputs.model,
        [inputs.facts, inputs.examples, inside.target, results.hint, results.shown, inside.shown],
        show_progress="hidden",
        **_LAST_WINS,
    )


def _connect_examples(kind, by_name, inputs) -> gr.events.Dependency:
    """A click on an example puts it into the input; what is to follow is attached to what this gives."""

    @shows_input_errors
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
        **_LAST_WINS,
    )


def _targets(model: Offer) -> list[tuple[str, str]]:
    return [("the predicted class", handlers.PREDICTED), *((label, label) for label in model.labels)]


def _section(title: str, text: str) -> None:
    gr.HTML(f'<div class="section"><h2>{title}</h2><p>{text}</p></div>')


def _figure(label: str, elem_id: str) -> list[gr.Image | gr.HTML]:
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
