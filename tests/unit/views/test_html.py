"""HTML of the views: everything in it is escaped, and can be read."""

import html as markup
import re
from dataclasses import replace

import documents
import pytest
from matplotlib import rcParams

from rnnformer_demo.document import Document
from rnnformer_demo.views import VIEWS
from rnnformer_demo.views.colours import AGAINST, FOR
from rnnformer_demo.views.words import STRONGEST

NASTY = ("<script>alert(1)</script>", '"><img', "src=x", "onerror=alert(1)>", "a&amp;b", "{{", "7*7", "}}", "'")


def words(document: Document) -> str:
    return VIEWS["words"].html(document, {})


def plain(html: str) -> str:
    """Return the text of HTML."""
    return markup.unescape(re.sub(r"<[^>]*>", "", html))


def test_words_are_the_text_as_read():
    document = documents.text_document(NASTY)
    html = words(document)
    assert "<script" not in html
    assert "<img" not in html
    assert plain(html.split("</div>")[0]) == document.input.text


def test_text_around_the_words_stays():
    document = documents.text_document(("good", "film"))
    units = tuple(replace(unit, span=(unit.span[0] + 2, unit.span[1] + 2)) for unit in document.input.units)
    given = replace(document.input, text="  good film\n!", units=units)
    assert plain(words(replace(document, input=given)).split("</div>")[0]) == "  good film\n!"


def test_words_bear_their_scores_and_colours():
    html = words(documents.text_document(("good", "film", "bad"), [0.5, 0.01, -1.0]))
    assert '<span title="good: +0.500" style="background:rgba(33,102,172,0.275)">good</span>' in html
    assert '<span title="film: +0.010">film</span>' in html
    assert '<span title="bad: -1.000" style="background:rgba(224,120,30,0.550)">bad</span>' in html
    assert "<span>against “yes”</span>" in html
    assert "<span>strongest colour: share in the logit ±1.00</span>" in html


def test_the_legend_of_unsigned_scores_knows_no_against():
    document = documents.text_document(("good", "film"), [0.5, 0.0])
    html = words(replace(document, attribution=replace(document.attribution, signed=False)))
    assert "against" not in html
    assert "strongest colour: share in the logit 0.50" in html


def test_scores_of_zero_have_no_colour():
    assert "style" not in words(documents.text_document(("a", "b"), [0.0, 0.0])).split("</div>")[0]


@pytest.mark.parametrize("colour", [FOR, AGAINST])
@pytest.mark.parametrize(("ground", "ink"), [((255, 255, 255), (15, 23, 42)), ((15, 23, 42), (241, 245, 249))])
def test_words_can_be_read_on_every_colour(colour, ground, ink):
    mixed = [STRONGEST * top + (1 - STRONGEST) * below for top, below in zip(colour, ground, strict=True)]
    lighter, darker = sorted((luminance(mixed), luminance(ink)), reverse=True)
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(colour) -> float:
    """Return the relative luminance as WCAG 2 defines it, of a colour in 0-255."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (part / 255 for part in colour)]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("view", [view for view in VIEWS.values() if view.html], ids=lambda view: view.name)
def test_whatever_comes_from_outside_is_escaped(view):
    bad = '<b onclick="x">$&'
    document = documents.text_document((bad, "film"))
    document = replace(
        document,
        model=replace(document.model, name=bad),
        input=replace(document.input, warnings=(bad,)),
        prediction=documents.prediction(label=bad),
        attribution=replace(document.attribution, target=bad, scale=bad, method=bad),
        trust=documents.trust(reasons=(bad,), perturbations={bad: document.trust.perturbations["unknown"]}),
        comparison=(replace(document.comparison[0], model=replace(document.model, name=bad)),),
        edits=(replace(document.edits[0], operation=bad),),
    )
    html = view.html(document, {})
    assert "<b" not in html.replace("<br>", "")
    assert "onclick=&#34;x&#34;" in html
    assert "&amp;" in html


def test_boxes_in_the_figures_are_announced(monkeypatch):
    monkeypatch.setitem(rcParams, "font.family", ["DejaVu Sans"])
    html = VIEWS["prediction"].html(documents.text_document(("good", "电影")), {})
    assert "<li>This machine has no font for 电影: in the pictures, boxes stand in their place.</li>" in html
    assert "no font" not in VIEWS["prediction"].html(documents.text_document(("good", "film")), {})


def test_trust_is_a_table_of_the_measures():
    html = VIEWS["trust"].html(documents.text_document(), {})
    for title in (
        "Comprehensiveness (higher is better)",
        "Sufficiency (lower is better)",
        "Deletion AUC (lower is better)",
        "Insertion AUC (higher is better)",
    ):
        assert f'<th scope="row">{title}<br>' in html
    assert '<p class="verdict doubted"><strong>with care</strong></p>' in html
    assert "<td>+0.50 <small>97 %, 0.90</small></td>" in html
    assert "<td>+0.60 <small>88 %</small></td>" in html  # no normalised value where all orders are the same
    for sentence in ("Max-sensitivity 12%", "Infidelity 30%", "occlusion +0.75", "seed 0.", "Measured: 0.62 on 40"):
        assert sentence in html


def test_trust_of_a_single_unit_has_no_table():
    alone = documents.trust(perturbations={}, max_sensitivity=None, infidelity=None, agreement={}, benchmark="")
    html = VIEWS["trust"].html(documents.text_document(trust=alone), {})
    assert "<table" not in html
    assert "with care" in html


def test_the_comparison_has_a_row_for_each_model_and_its_words():
    html = VIEWS["comparison"].html(documents.text_document(), {})
    assert '<th scope="row">by-hand-gru</th><td>yes 70.0%</td><td>3.2 ms</td><td>trust</td>' in html
    assert html.count('<div class="words"') == 2
    photo = VIEWS["comparison"].html(documents.photo_document(), {})
    assert "by-hand-gru" in photo
    assert "words" not in photo
