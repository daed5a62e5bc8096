"""One tab: input, panels of all views, and their events. The same for words and for photos."""

from __future__ import annotations

import gradio as gr

from ..api.concurrency import LAST_WINS, MODEL, QUIET, TRUST
from ..api.errors import as_gradio_error
from ..data import InputError
from ..interpret.attribution import methods_for
from ..views import ordered
from . import handlers
from .glossary import GLOSSARY
from .model_facts import model_facts
from .model_list import ModelEntry
from .panels import Panel, Updates, build_panel
from .tab_state import ASKED_FOR, Tab, TabSpec
from .whatif_panel import build_whatif, has_baselines

_STATE_SECONDS = 1800
_BESIDE_INPUT = ("prediction", "words")  # views that stand beside the input; the others follow below


def build_tab(spec: TabSpec, models: list[ModelEntry]) -> Tab | None:
    """Build the tab of one modality inside the page that is being built.

    Args:
        models: those of that modality; the tab opens with the first.

    Returns:
        The tab's components; None where there is no model.
    """
    with gr.Tab(spec.title, id=spec.modality):
        if not models:
            gr.Markdown(f"There is no {spec.modality} model in the folder of checkpoints.")
            return None
        tab = Tab(
            spec,
            state=gr.State(time_to_live=_STATE_SECONDS),
            measured=gr.State(time_to_live=_STATE_SECONDS),
            shown_model=gr.State(models[0].name),
        )
        with gr.Row(equal_height=False):
            with gr.Column(min_width=320):
                _build_input(tab, models)
            with gr.Column(min_width=320):
                _build_results(tab)
        with gr.Column(visible=False) as tab.below:
            _build_views(tab, models[0])
        tab.whatif = build_whatif(spec.layout, spec.modality, models[0], models)
        tab.panels |= tab.whatif.panels
        _connect(tab, models)
        return tab


def _build_input(tab: Tab, models: list[ModelEntry]) -> None:
    tab.source = tab.spec.make_input()
    tab.button = gr.Button("Analyse", variant="primary", size="lg")
    titles = [(model.title, model.name) for model in models]
    tab.model = gr.Dropdown(titles, value=models[0].name, label="Model", filterable=False, elem_classes="model")
    tab.facts = gr.HTML(model_facts(models[0]))
    tab.examples = gr.Dataset(
        label="Examples: click one to analyse it",
        components=[tab.source],
        samples=tab.spec.samples(models[0]),
        type="index",
    )


def _build_results(tab: Tab) -> None:
    with gr.Column(visible=True) as tab.hint:
        gr.HTML(f'<div class="hint"><p>{tab.spec.hint}</p></div>')
    with gr.Column(visible=False) as tab.results:
        tab.label = gr.Label(label="Prediction", num_top_classes=5)
        for view in ordered():
            if view.name in _BESIDE_INPUT and tab.spec.layout in view.layouts:
                tab.panels[view.name] = build_panel(view, tab.spec.layout, tab.spec.modality)


def _build_views(tab: Tab, model: ModelEntry) -> None:
    """Build the panels of all other views, two in a row."""

    def attribution_choices() -> None:
        titles = [
            (method.title + (" (slow)" if tab.spec.layout == "grid" and method.slow_on_grid else ""), method.name)
            for method in methods_for(tab.spec.layout)
        ]
        with gr.Row():
            tab.method = gr.Dropdown(titles, value=titles[0][1], label="Method", min_width=200)
            tab.target = gr.Dropdown(targets(model), value=handlers.PREDICTED, label="Class to explain", min_width=200)

    views = [
        view for view in ordered() if view.name not in (*_BESIDE_INPUT, *ASKED_FOR) and tab.spec.layout in view.layouts
    ]
    for pair in (views[start : start + 2] for start in range(0, len(views), 2)):
        with gr.Row(equal_height=False):
            for view in pair:
                before = attribution_choices if view.name == "attribution" else lambda: None
                with gr.Column(min_width=320):
                    tab.panels[view.name] = build_panel(view, tab.spec.layout, tab.spec.modality, before)
                    if view.name == "trust":
                        tab.stop = gr.Button("Stop measuring", size="sm", visible=False)
    with gr.Accordion("How to read this: what each view can tell, and what it cannot", open=False):
        gr.HTML(GLOSSARY)


def targets(model: ModelEntry) -> list[tuple[str, str]]:
    """Return the classes that can be explained, as a dropdown takes them."""
    return [("the predicted class", handlers.PREDICTED), *((label, label) for label in model.labels)]


def _connect(tab: Tab, models: list[ModelEntry]) -> None:
    def page_analyse(request: gr.Request, model, source, method, target, *chosen, progress=gr.Progress()):  # noqa: B008
        return handlers.analyse(tab, request, model, source, method, target, *chosen, progress=progress)

    def re_explain(document, request: gr.Request, method, target, *chosen, progress=gr.Progress()):  # noqa: B008
        return handlers.re_explain(tab, document, request, method, target, *chosen, progress=progress)

    def assess(document, measured, request: gr.Request, progress=gr.Progress()):  # noqa: B008
        return handlers.assess(tab, document, measured, request, progress)

    analysing = {
        "fn": page_analyse,
        "inputs": [tab.model, tab.source, tab.method, tab.target, *tab.controls],
        "outputs": tab.outputs,
        # Gradio would open photos itself, with errors and conversions of its own: the service gets the raw file.
        "preprocess": False,
        "show_progress_on": [tab.hint, tab.label],
        **MODEL,
    }
    triggers = [tab.button.click, *([tab.source.submit] if tab.spec.submits else [])]
    analysed = [gr.on(triggers, **analysing), _connect_examples(tab, models).success(**analysing)]
    explained = gr.on(
        [tab.method.input, tab.target.input],
        re_explain,
        [tab.state, tab.method, tab.target, *tab.controls],
        tab.outputs,
        show_progress_on=tab.panels["attribution"].picture,
        **MODEL,
    )
    trust = tab.panels["trust"]
    for event in (*analysed, explained):
        event.success(
            assess,
            [tab.state, tab.measured],
            [tab.measured, tab.stop, *trust.components],
            show_progress_on=trust.caption,
            **TRUST,
        )
    # It changes nothing on the page: the measurement that it ends says so itself.
    tab.stop.click(handlers.stop_assessing, show_progress="hidden", queue=False, **LAST_WINS)
    for panel in tab.panels.values():
        _connect_panel(tab, panel)
    _connect_models(tab, models)
    _connect_whatif(tab)


def _connect_panel(tab: Tab, panel: Panel) -> None:
    """Connect the choices of a view: the model runs only for a missing section, so nothing waits for its lock."""
    if not panel.controls:
        return
    controls, outputs = list(panel.controls.values()), [tab.state, *panel.components]

    def redraw(document, *values):
        return handlers.redraw(tab, panel, document, *values)

    def pick(document, event: gr.SelectData, *values):
        return handlers.pick(tab, panel, document, event, *values)

    gr.on([control.input for control in controls], redraw, [tab.state, *controls], outputs, **QUIET)
    if panel.view.pick is not None and tab.spec.layout == "grid":
        panel.picture.select(pick, [tab.state, *controls], outputs, **QUIET)


def _connect_models(tab: Tab, models: list[ModelEntry]) -> None:
    """Connect the choice of a model: the input stays, examples and classes change, and the results go."""
    by_name = {model.name: model for model in models}

    def choose_model(name: str, shown: str, request: gr.Request) -> Updates:
        if name == shown:  # the choice was only left, or made again
            return {tab.shown_model: gr.skip()}
        handlers.end_assessing(request)
        chosen = by_name[name]
        return {
            tab.shown_model: name,
            tab.facts: model_facts(chosen),
            tab.examples: gr.Dataset(samples=tab.spec.samples(chosen)),
            tab.target: gr.Dropdown(choices=targets(chosen), value=handlers.PREDICTED),
            tab.whatif.baselines: gr.Column(visible=has_baselines(chosen, models)),
            **tab.leave(),
        }

    changed = [tab.shown_model, tab.facts, tab.examples, tab.target, tab.whatif.baselines]
    columns = [tab.hint, tab.results, tab.below, tab.whatif.column]
    tab.model.input(
        choose_model, [tab.model, tab.shown_model], [*changed, *columns], show_progress="hidden", **LAST_WINS
    )


def _connect_examples(tab: Tab, models: list[ModelEntry]) -> gr.events.Dependency:
    """Connect the examples: a click puts one into the input. Return the event, to which the analysis is attached."""
    by_name = {model.name: model for model in models}

    @as_gradio_error
    def load_example(name: str, number: int) -> str:
        samples = tab.spec.samples(by_name[name])
        if number >= len(samples):  # clicked just before those of another model came
            raise InputError("These examples have changed with the model: click one of the new ones.")
        return samples[number][0]

    return tab.examples.click(
        load_example, [tab.model, tab.examples], tab.source, show_progress="hidden", queue=False, **LAST_WINS
    )


def _connect_whatif(tab: Tab) -> None:
    whatif = tab.whatif

    def edit(document, units, brushed, perturbation, word):
        return handlers.edit(tab, document, units, brushed, perturbation, word)

    def find(document, perturbation, progress=gr.Progress()):  # noqa: B008
        return handlers.find_counterfactual(tab, document, perturbation, progress)

    def page_compare(document, progress=gr.Progress()):  # noqa: B008
        return handlers.compare_baselines(tab, document, progress)

    question = [tab.state, whatif.units, whatif.brushed, whatif.perturbation, whatif.word]
    answered = [tab.state, *whatif.panels["edits"].components]
    gr.on([whatif.ask.click, whatif.word.submit], edit, question, answered, **MODEL)
    whatif.find.click(find, [tab.state, whatif.perturbation], [*answered, whatif.units], **MODEL)
    compared = [tab.state, *whatif.panels["comparison"].components]
    whatif.compare.click(page_compare, tab.state, compared, **MODEL)
