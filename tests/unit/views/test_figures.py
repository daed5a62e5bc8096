"""Figures: their titles, their data, and hard inputs."""

import io
import re
from collections.abc import Iterator
from dataclasses import replace
from xml.etree import ElementTree

import documents
import numpy as np
import pytest
from matplotlib import rcParams
from matplotlib.figure import Figure
from PIL import Image

from rnnformer_demo.document import Array, Document
from rnnformer_demo.views import VIEWS, Choices, views_for
from rnnformer_demo.views.canvas import FORMATS, photo_of, to_bytes, to_image, undrawable
from rnnformer_demo.views.colours import AGAINST, FOR
from rnnformer_demo.views.words import STRONGEST

TEXT, PHOTO = documents.text_document(split=3), documents.photo_document()
DOCUMENTS = {"sequence": TEXT, "grid": PHOTO}


def draw(name: str, document: Document, **choices: str) -> Figure:
    return VIEWS[name].figure(document, choices)


def texts_of(figure: Figure) -> str:
    """Return all that is written as a title on a figure."""
    return " ".join([text.get_text() for text in figure.texts] + [ax.get_title() for ax in figure.axes])


def opened(png: bytes) -> Image.Image:
    assert png.startswith(b"\x89PNG")
    return Image.open(io.BytesIO(png)).convert("RGB")


def drawn(document: Document) -> Iterator[tuple[str, Choices, Figure]]:
    """Yield every figure that a report of the document shows."""
    for view in views_for(document):
        for choices in view.variants(document) if view.figure else ():
            figure = view.figure(document, choices)
            if figure is not None:
                yield view.name, choices, figure


@pytest.mark.parametrize("layout", DOCUMENTS)
def test_every_figure_names_the_model_and_its_content(layout):
    names = set()
    for name, choices, figure in drawn(DOCUMENTS[layout]):
        names.add(name)
        assert texts_of(figure).startswith("by-hand: ")
        for value in choices.values():
            assert (value if value != "on" else "through the recurrence") in texts_of(figure)
        picture = to_image(figure, dpi=40)
        assert len(picture.getcolors(10**6)) > 20  # something was drawn
    assert names == {view.name for view in views_for(DOCUMENTS[layout])}


def test_titles_name_layer_head_and_normalisation():
    assert "attention, layer 1, head 2; each row sums to 1" in texts_of(
        draw("attention", TEXT, layer="layer 1", head="2")
    )
    assert "attention, layer 2, mean of heads" in texts_of(draw("attention", TEXT, layer="layer 2"))
    assert "integrated-gradients for “yes”" in texts_of(draw("attribution", TEXT))
    title = texts_of(draw("recurrence", TEXT, recurrence="gru tokens 1", direction="backward", quantity="reset gate"))
    assert "reset gate, gru tokens 1, backward" in title


@pytest.mark.parametrize("layout", DOCUMENTS)
def test_every_figure_is_exported_in_every_format(layout):
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    for view in views_for(DOCUMENTS[layout]):
        if view.figure and view.name != "comparison":  # drawn as prefixes are
            files = [to_bytes(view.figure(DOCUMENTS[layout], {}), kind, dpi=40) for kind in FORMATS]
            assert [file[: len(starts[kind])] for kind, file in zip(FORMATS, files, strict=True)] == [*starts.values()]
            assert opened(files[0]).size == to_image(view.figure(DOCUMENTS[layout], {}), dpi=40).size
            ElementTree.fromstring(files[1])


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_figure_gives_the_same_file(kind):
    first, second = (to_bytes(draw("trust", TEXT), kind, dpi=40) for _ in range(2))
    assert first == second


def test_a_wrong_format_is_refused():
    with pytest.raises(ValueError, match=re.escape("kind must be one of ('png', 'svg', 'pdf'), got 'gif'")):
        to_bytes(draw("trust", TEXT), "gif")


HARD = {
    "dollars": ("costs", "$5", "or", "$x_{1}$", "$$", "\\frac", "%", "^_{"),
    "CJK": ("好", "电", "影", "とても", "良い"),
    "one step": ("alone",),
    "long word": ("w" * 500, "film"),
    "controls": ("\x00", "\x1f", "\u202e", "a"),
    "markup": ("<script>", "&amp;", "-->", "]]>"),
    "many": tuple(f"word{n}" for n in range(200)),
}


@pytest.mark.filterwarnings("ignore:Glyph")  # a font for Chinese may be absent
@pytest.mark.parametrize("kind", sorted(HARD))
def test_hard_words_are_drawn(kind):
    document = documents.text_document(HARD[kind])
    for view in views_for(document):
        if view.figure is None:
            continue
        figure = view.figure(document, {})
        assert max(opened(to_bytes(figure, dpi=50)).size) < 2000
        if view.name == "attribution":
            ElementTree.fromstring(to_bytes(figure, "svg"))
            assert to_bytes(figure, "pdf").startswith(b"%PDF")
        for axis in (figure.axes[0].xaxis, figure.axes[0].yaxis):
            assert len(axis.get_ticklocs()) <= 64
        assert view.caption(document, {})


def test_characters_without_a_font_are_known(monkeypatch):
    monkeypatch.setitem(rcParams, "font.family", ["DejaVu Sans"])
    assert undrawable("good 电影, 影 é → \x00\n") == "电影"


@pytest.mark.skipif(bool(undrawable("房间。とても")), reason="no font for Chinese is installed on this machine")
def test_chinese_characters_are_no_boxes():
    left, right = (to_bytes(draw("recurrence", documents.text_document((word, word))), dpi=80) for word in "房间")
    assert opened(left).tobytes() != opened(right).tobytes()  # boxes are all alike


def test_wide_words_have_room():
    latin, wide = (draw("attribution", documents.text_document((word, "a"))) for word in ("w" * 6, "好" * 6))
    assert wide.axes[0].get_position().x0 > latin.axes[0].get_position().x0
    labels = draw("attribution", documents.text_document(("好" * 20, "a"))).axes[0].get_yticklabels()
    assert labels[0].get_text() == "好" * 6 + "…"


@pytest.mark.parametrize("label", ["$\\bad{", "<script>", "\x00", "\n"])
def test_hard_labels_are_drawn(label):
    changed = replace(TEXT.attribution, target=label, scale=label)
    trust = documents.trust(target=label)
    document = replace(TEXT, attribution=changed, trust=trust, prefixes=None, comparison=())
    for name in ("attribution", "trust"):
        assert opened(to_bytes(draw(name, document), dpi=40))
        ElementTree.fromstring(to_bytes(draw(name, document), "svg"))


@pytest.mark.parametrize("layout", DOCUMENTS)
def test_scores_of_zero_are_drawn(layout):
    document = DOCUMENTS[layout]
    nothing = replace(document.attribution, scores=(0.0,) * len(document.attribution.scores))
    assert opened(to_bytes(draw("attribution", replace(document, attribution=nothing)), dpi=40))


@pytest.mark.parametrize("words", [2, 30])
def test_bars_show_the_scores_of_the_strongest_words_in_reading_order(words):
    scores = [(-1) ** n * (n + 1) / words for n in range(words)]
    ax = draw("attribution", documents.text_document([f"word{n}" for n in range(words)], scores)).axes[0]
    assert [bar.get_width() for bar in ax.patches] == pytest.approx(scores[-min(words, 24) :])
    assert [label.get_text() for label in ax.get_yticklabels()] == [f"word{n}" for n in range(words)][-24:]
    assert ("the 24 strongest of 30 words" in ax.get_xlabel()) == (words == 30)


def test_colours_are_on_the_scales_of_their_quantities():
    limits = {
        quantity: draw("recurrence", TEXT, quantity=quantity).axes[0].images[0].get_clim()
        for quantity in ("hidden state", "forget gate", "candidate", "cell state", "memory contributions")
    }
    assert limits["hidden state"] == limits["candidate"] == (-1, 1)
    assert limits["forget gate"] == (0, 1)
    assert limits["cell state"][1] == -limits["cell state"][0] > 1
    assert limits["memory contributions"][1] == -limits["memory contributions"][0] >= 1
    assert draw("attention", TEXT).axes[0].images[0].get_clim()[0] == 0
    bar = draw("attribution", PHOTO).axes[1]
    assert bar.get_ylim() == pytest.approx((-1, 1))  # symmetric around 0, to the largest score


def test_few_extreme_pixels_do_not_whiten_the_others():
    scores = np.full(64 * 96, 0.01)
    scores[:3] = 5
    fine = documents.attribution(PHOTO.input, scores, grid=(64, 96))
    bar = draw("attribution", replace(PHOTO, attribution=fine)).axes[1]
    assert bar.get_ylim()[1] == pytest.approx(0.01)


def test_the_recurrence_figure_holds_the_values():
    image = draw("recurrence", TEXT, recurrence="gru tokens 1", direction="backward").axes[0].images[0]
    assert np.array_equal(image.get_array().data, TEXT.recurrence[1].hidden.numpy()[:, 1].T)


def test_the_trust_figure_holds_the_curves():
    lines = draw("trust", TEXT).axes[0].lines
    assert [line.get_label() for line in lines[:2]] == ["deletion (unknown)", "insertion (unknown)"]
    first = TEXT.trust.perturbations["unknown"]
    assert list(lines[0].get_xdata()) == [100 * share for share in first.shares]
    assert list(lines[0].get_ydata()) == list(first.deletion)
    assert VIEWS["trust"].figure(replace(TEXT, trust=documents.trust(perturbations={})), {}) is None


def bars_of(figure: Figure) -> list[float]:
    return [round(bar.get_width(), 6) for bar in figure.axes[0].patches]


def notes_of(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


def test_the_prediction_figure_has_the_ten_most_probable_classes():
    assert bars_of(draw("prediction", TEXT)) == [0.7, 0.2, 0.1]
    assert notes_of(draw("prediction", TEXT)) == ["70.0%", "20.0%", "10.0%"]
    many = {f"class {n}": n / 190 for n in range(20)}
    figure = draw("prediction", replace(TEXT, prediction=documents.prediction(label="class 19", probabilities=many)))
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [f"class {n}" for n in range(19, 9, -1)]
    assert "of the ten most probable classes" in texts_of(figure)


def test_the_interventions_figure_has_probabilities_and_distances():
    figure = draw("interventions", TEXT)
    assert bars_of(figure) == list(TEXT.interventions.probability.values())
    assert notes_of(figure)[0] == "70.0%"
    assert notes_of(figure)[-1] == "40.0%  total variation 0.30"
    alone = replace(TEXT.interventions, probability={"as it is": 0.7}, total_variation={})
    assert draw("interventions", replace(TEXT, interventions=alone)) is None


def test_the_edits_figure_has_two_bars_for_each_edit_the_last_first():
    figure = draw("edits", TEXT)
    assert bars_of(figure) == [0.1, 0.3, 0.7, 0.7]  # after the replacement and the ablation; before them
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["mess. → delight\n“yes”", "without A\n“yes”"]
    assert notes_of(figure) == ["70.0%, yes", "10.0%, no", "70.0%, yes", "30.0%, no"]
    sought = replace(TEXT, edits=TEXT.edits[-1:])
    assert sought.edits[0].kind == "counterfactual"
    assert draw("edits", sought) is None


def test_the_words_figure_is_the_text_on_its_colours():
    document = documents.text_document(("good", "film", "bad"), [0.5, 0.01, -1.0])
    ax = draw("words", document).axes[0]
    assert "".join(text.get_text() for text in ax.texts) == document.input.text
    blue, orange = (patch.get_facecolor() for patch in ax.patches)
    assert blue[:3] == pytest.approx([part / 255 for part in FOR])
    assert orange[:3] == pytest.approx([part / 255 for part in AGAINST])
    assert (blue[3], orange[3]) == pytest.approx((STRONGEST / 2, STRONGEST))
    assert ax.patches[0].get_x() == 0
    assert ax.patches[1].get_x() > ax.patches[0].get_width()


def test_the_words_figure_breaks_lines_and_cuts_what_is_longer_than_one():
    words = ("w" * 500, "good", "film")
    document = documents.text_document(words, [1.0, 0.5, 0.0])
    broken = replace(document, input=replace(document.input, text=document.input.text[:-5] + "\nfilm"))
    ax = draw("words", broken).axes[0]
    ends = [patch.get_x() + patch.get_width() for patch in ax.patches]
    assert max(ends) <= ax.get_xlim()[1] + 0.01
    lines = [text.get_position()[1] for text in ax.texts]
    assert lines == sorted(lines)
    assert lines[-1] == lines[-2] + 1  # the line break of the text
    assert "".join(text.get_text() for text in ax.texts) == f"{'w' * 500} goodfilm"


def test_the_prefixes_figure_has_a_ring_at_every_flip():
    ax = draw("prefixes", TEXT).axes[0]
    curves, rings = ax.lines[::2], ax.lines[1::2]
    assert [curve.get_label() for curve in curves] == ["from the start", "from the end"]
    count = len(TEXT.input.units)
    assert list(curves[0].get_xdata()) == list(range(count))
    assert list(curves[1].get_xdata()) == list(reversed(range(count)))
    assert [list(ring.get_xdata()) for ring in rings] == [[1], [count - 2]]
    assert curves[0].get_ydata()[-1] == pytest.approx(0.7, abs=1e-3)


def test_the_comparison_figure_follows_the_class_that_all_explain():
    figure = draw("comparison", TEXT)
    assert [line.get_label() for line in figure.axes[0].lines[::2]] == ["by-hand", "by-hand-gru"]
    assert "probability of “yes”, read from the start" in texts_of(figure)


def test_a_photo_without_its_picture_is_drawn_on_even_grey():
    document = replace(PHOTO, input=replace(PHOTO.input, image=None))
    assert photo_of(PHOTO).size == (96, 64)
    assert photo_of(document).size == (96, 64)
    assert photo_of(document).getextrema() == (128, 128)
    assert opened(to_bytes(draw("attribution", document), dpi=40))


def test_a_document_without_the_section_is_refused():
    for name in ("attribution", "trust", "attention", "recurrence", "prefixes"):
        with pytest.raises(ValueError, match=f"document must have the section {name}, got none"):
            draw(name, replace(TEXT, **{name: None}))


def test_weights_in_bytes_are_drawn_as_they_are_stored():
    stored = Array.of(np.eye(3)[None], "uint8", low=0, high=1)
    document = documents.text_document(("a", "b", "c"))
    attention = replace(document.attention, layers={"layer 1": stored})
    image = draw("attention", replace(document, attention=attention)).axes[0].images[0]
    assert np.array_equal(image.get_array().data, stored.numpy()[0])
