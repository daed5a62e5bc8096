"""The page's handlers: what they change, by component, and how a measurement ends."""

import re
import threading
from dataclasses import replace
from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest
from browser import CHINESE, EXAMPLES, save_family
from matplotlib import rcParams

from rnnformer_demo.analysis import comparison, service
from rnnformer_demo.checkpoints import cards
from rnnformer_demo.document import Document, OutOfDistribution
from rnnformer_demo.models import Hybrid
from rnnformer_demo.ui import cancellation, handlers, whatif_panel
from rnnformer_demo.ui.model_list import list_entries
from rnnformer_demo.ui.page import SPECS
from rnnformer_demo.ui.tab import build_tab
from rnnformer_demo.ui.tab_state import Tab
from rnnformer_demo.views import VIEWS, views_for
from rnnformer_demo.views.attention import ALL_CELLS
from rnnformer_demo.views.canvas import to_image
from rnnformer_demo.views.registry import View, register

TEXT = "A witty, tender film with two wonderful performances, but the ending is a mess."
SESSION = SimpleNamespace(session_hash="of a test")
SHOWN = ("attribution", *service.INTERNALS)


@pytest.fixture(scope="module")
def of_text() -> Document:
    return service.analyse("sentiment-en", TEXT, SHOWN)


@pytest.fixture(scope="module")
def of_photo() -> Document:
    return service.analyse("caltech101", str(EXAMPLES / "elephant.jpg"), SHOWN)


def made_tab(modality: str) -> Tab:
    """The tab of a modality on a page of its own."""
    (spec,) = (spec for spec in SPECS if spec.modality == modality)
    with gr.Blocks(), gr.Tabs():
        return build_tab(spec, [entry for entry in list_entries() if entry.modality == modality])


@pytest.fixture(scope="module")
def text_tab() -> Tab:
    return made_tab("text")


@pytest.fixture(scope="module")
def photo_tab() -> Tab:
    return made_tab("image")


@pytest.fixture(params=["text", "image"])
def both(request, text_tab, photo_tab, of_text, of_photo) -> tuple[Tab, Document]:
    return (text_tab, of_text) if request.param == "text" else (photo_tab, of_photo)


def defaults(tab: Tab) -> list:
    """Values of all controls before anything was chosen."""
    return [None for _ in tab.controls]


def test_an_analysis_shows_every_view_that_fits(both):
    tab, document = both
    updates = tab.show(document, defaults(tab))
    assert updates[tab.state] is document
    assert updates[tab.label] == document.prediction.probabilities
    assert (updates[tab.hint].visible, updates[tab.below].visible) == (False, True)
    for view in views_for(document):
        if view.name in ("edits", "comparison"):
            continue
        panel = tab.panels[view.name]
        assert updates[panel.column].visible is True
        if view.figure:
            assert updates[panel.picture].alt_text == view.caption(document, view.settle(document, {}))
    assert set(updates) <= set(tab.outputs)
    assert "Measuring" in updates[tab.panels["trust"].caption]


def test_a_toy_view_appears_on_the_page(of_text):
    toy = View(
        name="toy",
        title="Toy view",
        help="Counts the words.",
        sections=("input",),
        caption=lambda document, choices: f"{len(document.input.units)} words.",
    )
    register(toy)
    try:
        tab = made_tab("text")
        updates = tab.show(of_text, defaults(tab))
        assert updates[tab.panels["toy"].caption] == f'<p class="caption">{len(of_text.input.units)} words.</p>'
        assert updates[tab.panels["toy"].column].visible is True
    finally:
        del VIEWS["toy"]


def test_an_analysis_runs_through_the_handler(text_tab):
    updates = handlers.analyse(
        text_tab, SESSION, "sentiment-en", TEXT, "occlusion", handlers.PREDICTED, *defaults(text_tab)
    )
    document = updates[text_tab.state]
    assert document.attribution.method == "occlusion"
    assert document.input.source == TEXT
    assert all(map(document.has, SHOWN))


def test_redrawing_runs_no_model(monkeypatch, both):
    tab, document = both
    monkeypatch.setattr(Hybrid, "classify_tokens", forbidden)
    monkeypatch.setattr(service, "extend", forbidden)
    panel = tab.panels["attention"]
    for layer in (*document.attention.layers, "pooling"):
        updates = handlers.redraw(tab, panel, document, *chosen(panel, layer=layer))
        assert layer in updates[panel.picture].alt_text.lower()
        assert tab.state not in updates
    panel = tab.panels["recurrence"]
    for recurrence in document.recurrence:
        updates = handlers.redraw(
            tab, panel, document, *chosen(panel, recurrence=recurrence.name, direction="backward")
        )
        assert updates[panel.picture].alt_text.startswith(f"Hidden state of {recurrence.name}, backward")


def chosen(panel, **values) -> list:
    """Values of a panel's controls, of which some are given."""
    return [values.get(name) for name in panel.controls]


def forbidden(*arguments, **named):
    """Stands for what must not be called."""
    raise AssertionError("a model was run")


def test_a_section_that_is_not_there_is_filled_once(text_tab, of_text):
    panel = text_tab.panels["attention"]
    updates = handlers.redraw(text_tab, panel, of_text, *chosen(panel, through=True))
    grown = updates[text_tab.state]
    assert grown.has("jacobian")
    assert "through the recurrence" in updates[panel.picture].alt_text
    again = handlers.redraw(text_tab, panel, grown, *chosen(panel, through=True, layer="layer 2"))
    assert text_tab.state not in again


def test_a_quantity_that_the_other_recurrence_lacks_gives_way(text_tab, of_text):
    panel = text_tab.panels["recurrence"]
    updates = handlers.redraw(
        text_tab, panel, of_text, *chosen(panel, recurrence="gru tokens 1", quantity="forget gate")
    )
    assert updates[panel.controls["quantity"]].value == "hidden state"


def test_another_target_does_not_predict_again(photo_tab, of_photo):
    updates = handlers.re_explain(photo_tab, of_photo, SESSION, "grad-cam", "rhino", *defaults(photo_tab))
    document = updates[photo_tab.state]
    assert (document.attribution.method, document.target) == ("grad-cam", "rhino")
    assert (document.prediction, document.attention) == (of_photo.prediction, of_photo.attention)
    assert photo_tab.label not in updates
    updates = handlers.re_explain(photo_tab, document, SESSION, "grad-cam", handlers.PREDICTED, *defaults(photo_tab))
    assert updates[photo_tab.state].target == of_photo.prediction.label


def test_a_choice_that_was_only_left_changes_nothing(text_tab, of_text, monkeypatch):
    monkeypatch.setattr(service, "extend", forbidden)
    shown = of_text.attribution
    for target in (shown.target, handlers.PREDICTED):
        updates = handlers.re_explain(text_tab, of_text, SESSION, shown.method, target, *defaults(text_tab))
        assert list(updates) == [text_tab.state]


def test_a_result_that_has_gone_is_missed_with_a_sentence(text_tab):
    attention = text_tab.panels["attention"]
    for ask in (
        lambda: handlers.redraw(text_tab, attention, None, *chosen(attention)),
        lambda: handlers.assess(text_tab, None, None, SESSION),
        lambda: handlers.edit(text_tab, None, [0], None, "unknown", ""),
        lambda: handlers.find_counterfactual(text_tab, None, "unknown"),
        lambda: handlers.compare_baselines(text_tab, None),
        lambda: handlers.re_explain(text_tab, None, SESSION, "occlusion", ""),
    ):
        with pytest.raises(gr.Error, match="press Analyse again"):
            ask()


def test_a_click_on_the_photo_chooses_the_cell_that_looks(photo_tab, of_photo):
    panel = photo_tab.panels["attention"]
    figure = panel.view.figure(of_photo, panel.view.settle(of_photo, {}))
    width, height = to_image(figure).size
    for place, viewpoint in (((0.05, 0.15), "row 1, column 1"), ((0.99, 0.5), ALL_CELLS)):
        event = SimpleNamespace(index=(place[0] * width, place[1] * height))
        updates = handlers.pick(photo_tab, panel, of_photo, event, *chosen(panel))
        assert updates[panel.controls["viewpoint"]].value == viewpoint
    updates = handlers.redraw(photo_tab, panel, of_photo, *chosen(panel, viewpoint="row 3, column 5"))
    assert "from row 3, column 5" in updates[panel.picture].alt_text


def test_a_measurement_fills_the_panel(text_tab, of_text):
    updates = handlers.assess(text_tab, of_text, None, SESSION)
    panel = text_tab.panels["trust"]
    assert 'class="verdict' in updates[panel.html]
    assert "Comprehensiveness (higher is better)" in updates[panel.html]
    assert updates[panel.picture].alt_text.startswith("Verdict:")
    assert updates[text_tab.stop].visible is False
    assert text_tab.state not in updates  # what was asked meanwhile stays in the document
    assert updates[text_tab.measured] == of_text.attribution
    again = handlers.assess(text_tab, of_text, of_text.attribution, SESSION)
    assert list(again) == [text_tab.stop]


def test_a_stop_ends_the_measurement(text_tab, of_text):
    def stop(share, desc):
        handlers.stop_assessing(SESSION)

    updates = handlers.assess(text_tab, of_text, None, SESSION, stop)
    panel = text_tab.panels["trust"]
    assert "stopped" in updates[panel.caption]
    assert (updates[panel.picture].visible, updates[text_tab.stop].visible) == (False, False)


def test_one_word_has_a_verdict_without_curves(text_tab):
    document = service.analyse("sentiment-en", "good", ("attribution", "trust"))
    panel = text_tab.panels["trust"]
    updates = panel.fill(document, {})
    assert updates[panel.picture].visible is False
    assert "too few orders" in updates[panel.html]


def test_a_newer_measurement_ends_an_older_one_of_the_same_session():
    ended, begun, go = [], threading.Event(), threading.Event()

    def older():
        with cancellation.latest("one") as go_on:
            report = go_on(lambda share: None)
            begun.set()
            go.wait(10)
            report(0.5)
            ended.append("not at all")
        ended.append("left")

    thread = threading.Thread(target=older)
    thread.start()
    assert begun.wait(10)
    with cancellation.latest("one") as go_on, cancellation.latest("another") as other:
        go.set()
        thread.join(10)
        go_on(lambda share: None)(0.5)
        other(lambda share: None)(0.5)
    assert ended == ["left"]
    assert cancellation._current == {}


def test_a_stop_before_the_measurement_counts_once():
    cancellation.stop("early")
    for expected in ([], [0.5]):
        shares: list[float] = []
        with cancellation.latest("early") as go_on:
            go_on(shares.append)(0.5)
        assert shares == expected
    cancellation.stop("early")
    cancellation.end("early")  # something newer is asked for
    with cancellation.latest("early") as go_on:
        go_on(shares.append)(0.7)
    assert shares == [0.5, 0.7]
    assert (cancellation._current, cancellation._unwanted) == ({}, set())


def test_other_errors_are_not_swallowed():
    with pytest.raises(ValueError, match="real"), cancellation.latest("one"):
        raise ValueError("real")


def test_edits_of_words(text_tab, of_text):
    mess, answer = of_text.input.unit_names.index("mess"), text_tab.panels["edits"]
    updates = handlers.edit(text_tab, of_text, [mess], None, "deletion", "")
    assert "positive" in said(updates, answer)
    updates = handlers.edit(text_tab, updates[text_tab.state], [mess], None, "unknown", "delight")
    assert "delight" in said(updates, answer)
    assert len(updates[text_tab.state].edits) == 2
    with pytest.raises(gr.Error, match="choose a single word, not 2"):
        handlers.edit(text_tab, of_text, [0, 1], None, "unknown", "delight")
    with pytest.raises(gr.Error, match="Nothing is chosen yet"):
        handlers.edit(text_tab, of_text, [], None, "unknown", "")


def said(updates, panel) -> str:
    """What a panel says, in HTML or in its caption."""
    return updates.get(panel.html, "") + updates[panel.caption]


def test_a_minimal_counterfactual_is_chosen(text_tab, of_text):
    updates = handlers.find_counterfactual(text_tab, of_text, "unknown")
    assert updates[text_tab.whatif.units] == [of_text.input.unit_names.index("mess")]
    assert "“mess”" in said(updates, text_tab.panels["edits"])


def brushed(document, *boxes) -> dict:
    """The value of an image editor, with boxes (top, left, bottom, right) in shares of the side brushed over."""
    layer = np.zeros((224, 224, 4), np.uint8)
    for top, left, bottom, right in boxes:
        layer[top:bottom, left:right] = 255
    return {"background": None, "layers": [layer], "composite": None}


def test_brushed_cells_are_those_that_are_covered(photo_tab, of_photo):
    columns = of_photo.input.grid[1]
    side = 224 // columns
    one = brushed(of_photo, (0, side, side, 2 * side))
    assert handlers.brushed_units(of_photo, one) == [1]
    assert handlers.brushed_units(of_photo, brushed(of_photo, (side, 0, side + 3, 3))) == []
    two = brushed(of_photo, (side, 0, 2 * side, side), (2 * side, 0, 3 * side, side))
    assert handlers.brushed_units(of_photo, two) == [columns, 2 * columns]
    assert handlers.brushed_units(of_photo, None) == []
    updates = handlers.edit(photo_tab, of_photo, [], one, "mean", "")
    assert "row 1, column 2" in said(updates, photo_tab.panels["edits"])


def test_words_are_not_brushed(of_text):
    assert handlers.brushed_units(of_text, {"layers": [np.ones((4, 4, 4))]}) == []


def test_the_questions_fit_the_input(text_tab, photo_tab, of_text, of_photo):
    updates, whatif = photo_tab.whatif.offer(of_photo), photo_tab.whatif
    assert updates[whatif.brushed].value["background"] is not None
    assert len(updates[whatif.units].choices) == len(of_photo.input.units)
    assert updates[whatif.perturbation].choices == [("blur", "blur"), ("mean", "mean")]
    updates, whatif = text_tab.whatif.offer(of_text), text_tab.whatif
    assert updates[whatif.units].choices[1] == ("2: witty", 1)
    assert updates[whatif.perturbation].value == "unknown"


def test_a_model_with_baselines_is_known_by_the_cards():
    models = list_entries()
    known = {model.name: whatif_panel.has_baselines(model, models) for model in models}
    assert known == {model.name: len(comparison.family(model.name)) > 1 for model in models}


def test_a_damaged_card_takes_no_family_along(tmp_path, monkeypatch):
    for name in ("news-en", "news-en-lstm", "news-en-gru"):
        for path in cards.default_folder().glob(f"{name}.*"):
            (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "news-en-gru.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path))
    assert comparison.family("news-en") == ("news-en", "news-en-lstm")


def test_baselines_stand_side_by_side(text_tab, of_text):
    updates = handlers.compare_baselines(text_tab, of_text)
    panel = text_tab.panels["comparison"]
    for name in comparison.family("sentiment-en"):
        assert name in updates[panel.html]
        assert name in updates[panel.picture].alt_text


def test_what_a_visitor_typed_is_escaped_in_every_answer(text_tab):
    document = service.analyse("sentiment-en", "A <b>good</b> film.", SHOWN)
    good = document.input.unit_names.index("good")
    updates = handlers.edit(text_tab, document, [good], None, "unknown", "<i>bad</i>")
    updates |= text_tab.show(document, defaults(text_tab))
    html = " ".join(value for value in updates.values() if isinstance(value, str))
    assert "<i>" not in html
    assert "<b>" not in html
    assert "&lt;b&gt;" in html or "&lt;" in html


FOREIGN = "This looks like nothing that the model knows."


@pytest.mark.parametrize(
    ("ood", "sentence"),
    [
        (OutOfDistribution(1.8, False, "the distance", FOREIGN), f"OOD score 1.80 (1 = threshold). {FOREIGN}"),
        (OutOfDistribution(0.4, True, "the distance"), "OOD score 0.40 (1 = threshold)"),
        (None, ""),
    ],
)
def test_the_prediction_says_how_foreign_its_input_is(both, ood, sentence):
    tab, document = both
    document = replace(document, prediction=replace(document.prediction, ood=ood))
    html = tab.show(document, defaults(tab))[tab.panels["prediction"].html]
    assert sentence in re.sub(r"<[^>]*>", "", html)
    assert ('role="status"' in html) == (ood is not None and not ood.in_domain)
    assert ("OOD score" in html) == (ood is not None)


def test_boxes_in_the_pictures_are_announced(tmp_path, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(save_family(tmp_path)))
    document = service.analyse("sentiment-zh", CHINESE[1])
    monkeypatch.setitem(rcParams, "font.family", ["DejaVu Sans"])
    assert "This machine has no font for 屏幕有坏点" in VIEWS["prediction"].html(document, {})
