"""The page's questions: what their handlers give, and how a measurement ends."""

import re
import threading
from types import SimpleNamespace

import numpy as np
import pytest

from rnnformer_demo.analysis import comparison, inquiry, service
from rnnformer_demo.checkpoints import cards
from rnnformer_demo.data.image import reference_image as picture
from rnnformer_demo.nn.layers import RECURRENT_KINDS
from rnnformer_demo.ui import cancellation, handlers, markup, render, whatif_panel
from rnnformer_demo.ui.model_list import list_entries
from rnnformer_demo.views import descriptions

TEXT = "A witty, tender film with two wonderful performances, but the ending is a mess."
SESSION = SimpleNamespace(session_hash="of a test")


@pytest.fixture(scope="module")
def of_text() -> service.Analysis:
    return service.analyse("sentiment-en", TEXT)


@pytest.fixture(scope="module")
def of_photo() -> service.Analysis:
    return service.analyse("caltech101", picture(224))


def untouched(progress_of=None):
    return lambda share, desc: None


def test_a_measurement_fills_the_card(of_text):
    html, picture_of_it, _, button = handlers.assess(of_text, SESSION, untouched())
    assert 'class="verdict' in html
    assert "falls when the strongest go" in html
    assert re.search(r"<small>\d+ %, [01]\.\d\d</small>", html)
    assert picture_of_it.alt_text.startswith("Verdict:")
    assert button.visible is False


def test_a_stop_ends_the_measurement(of_text):
    def stop(share, desc):
        handlers.stop_assessing(SESSION)

    html, picture_of_it, _, button = handlers.assess(of_text, SESSION, stop)
    assert "stopped" in html
    assert (picture_of_it.visible, button.visible) == (False, False)


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
        told = []
        with cancellation.latest("early") as go_on:
            go_on(told.append)(0.5)
        assert told == expected
    cancellation.stop("early")
    cancellation.end("early")  # something newer is asked for
    with cancellation.latest("early") as go_on:
        go_on(told.append)(0.7)
    assert told == [0.5, 0.7]
    assert (cancellation._current, cancellation._unwanted) == ({}, set())


def test_other_errors_are_not_swallowed():
    with pytest.raises(ValueError, match="real"), cancellation.latest("one"):
        raise ValueError("real")


def test_what_if_of_words(of_text):
    mess = of_text.sample.unit_names.index("mess")
    assert "became positive" in handlers.ablate_units(of_text, [mess], None, "deletion", "")
    assert "delight" in handlers.ablate_units(of_text, [mess], None, "unknown", "delight")
    with pytest.raises(Exception, match="choose a single word, not 2"):
        handlers.ablate_units(of_text, [0, 1], None, "unknown", "delight")
    with pytest.raises(Exception, match="Nothing is chosen yet"):
        handlers.ablate_units(of_text, [], None, "unknown", "")


def test_the_fewest_are_chosen(of_text):
    units, sentence = handlers.find_fewest(of_text, "unknown", untouched())
    assert units == [of_text.sample.unit_names.index("mess")]
    assert "“mess”" in sentence


def brushed(of_photo, *boxes) -> dict:
    layer = np.zeros((of_photo.sample.display.height, of_photo.sample.display.width, 4), np.uint8)
    for top, left, bottom, right in boxes:
        layer[top:bottom, left:right] = 255
    return {"background": None, "layers": [layer], "composite": None}


def test_brushed_cells_are_those_that_are_covered(of_photo):
    side = of_photo.sample.display.width // of_photo.sample.grid[1]
    columns = of_photo.sample.grid[1]
    one = brushed(of_photo, (0, side, side, 2 * side))
    assert render.brushed_units(of_photo, one) == [1]
    a_speck = brushed(of_photo, (side, 0, side + 3, 3))
    assert render.brushed_units(of_photo, a_speck) == []
    two = brushed(of_photo, (side, 0, 2 * side, side), (2 * side, 0, 3 * side, side))
    assert render.brushed_units(of_photo, two) == [columns, 2 * columns]
    assert render.brushed_units(of_photo, None) == []
    assert "row 1, column 2" in handlers.ablate_units(of_photo, [], one, "mean", "")


def test_words_are_not_brushed(of_text):
    assert render.brushed_units(of_text, {"layers": [np.ones((4, 4, 4))]}) == []


def test_the_questions_fit_the_input(of_text, of_photo):
    editor, units, perturbation, *_ = render.asking(of_photo)
    assert editor.value["background"] is not None
    assert len(units.choices) == len(of_photo.sample.unit_names)
    assert perturbation.choices == [("blur", "blur"), ("mean", "mean")]
    _, units, perturbation, *_ = render.asking(of_text)
    assert units.choices[1] == ("2: witty", 1)
    assert perturbation.value == "unknown"


def test_a_model_with_rivals_is_known_by_the_cards():
    models = list_entries()
    known = {model.name: whatif_panel.has_rivals(model, models) for model in models}
    assert known == {model.name: len(comparison.family(model.name)) > 1 for model in models}


def test_a_damaged_card_takes_no_family_along(tmp_path, monkeypatch):
    for name in ("news-en", "news-en-lstm", "news-en-gru"):
        for suffix in (".json", ".safetensors"):
            (tmp_path / f"{name}{suffix}").write_bytes((cards.default_folder() / f"{name}{suffix}").read_bytes())
    (tmp_path / "news-en-gru.json").write_text("{", encoding="utf-8")
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path))
    assert comparison.family("news-en") == ("news-en", "news-en-lstm")


def test_rivals_stand_side_by_side(of_text):
    html, curves, _ = handlers.compare_rivals(of_text, untouched())
    for name in comparison.family("sentiment-en"):
        assert name in html
        assert name in curves.alt_text


@pytest.mark.parametrize("direction", render.DIRECTIONS)
def test_every_quantity_of_a_recurrence_is_drawn(of_text, direction):
    assert render.DIRECTIONS == descriptions.DIRECTIONS
    for recurrence in of_text.trace.states:
        offered = descriptions.quantities(of_text, recurrence)
        assert len(offered) == (7 if recurrence.startswith("lstm") else 5)
        for quantity in offered:
            choice, heat_map, text = handlers.redraw_states(of_text, recurrence, direction, quantity)
            assert choice.value == quantity
            assert quantity in heat_map.alt_text.lower()
            assert "Half of what a unit holds" in text
            assert ("holds most in the end: written by" in text) == (quantity == "written")
    assert {name.split()[0] for name in of_text.trace.states} == set(RECURRENT_KINDS)


def test_a_quantity_that_the_other_recurrence_lacks_gives_way(of_text):
    choice, *_ = handlers.redraw_states(of_text, "gru tokens 1", "forward", "forget gate")
    assert choice.value == "hidden state"


def test_what_a_visitor_typed_is_escaped_in_every_answer():
    analysis = service.analyse("sentiment-en", "A <b>good</b> film.")
    answer = handlers.ablate_units(analysis, [analysis.sample.unit_names.index("good")], None, "unknown", "<i>bad</i>")
    assert "<i>" not in answer
    assert "<b>" not in markup.sides(comparison.compare("sentiment-en", "A <b>good</b> film."))


def test_a_card_without_curves(of_text):
    one_word = inquiry.assess(service.analyse("sentiment-en", "good"))
    html, curves, *_ = render.trust(one_word)
    assert curves.visible is False
    assert "too few orders" in html
