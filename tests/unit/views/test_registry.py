"""The registry of views: what it holds, what fits a document, and what importing it costs."""

from dataclasses import fields, replace

import documents
import pytest
import tiny

from rnnformer_demo.document import SECTIONS
from rnnformer_demo.views import VIEWS, View, ordered, register, views_for
from rnnformer_demo.views.registry import OFF

NAMES = (
    *("prediction", "words", "attribution", "trust", "attention", "recurrence", "prefixes", "interventions"),
    "architecture",
)
TEXT, PHOTO = documents.text_document(), documents.photo_document()


def test_the_views_are_in_the_order_of_the_page():
    assert [view.name for view in ordered()] == [*NAMES, "edits", "comparison"]


def test_importing_the_views_imports_nothing_that_draws_or_computes():
    out = tiny.run_python(
        "import sys\nimport rnnformer_demo.views, rnnformer_demo.report\n"
        "print(sorted({'torch', 'matplotlib', 'captum', 'gradio', 'rnnformer_demo.analysis'} & set(sys.modules)))"
    )
    assert out == "[]"


def test_drawing_never_imports_pyplot_or_torch():
    out = tiny.run_python(
        "import sys\nsys.path.append('tests/support')\nimport documents\n"
        "from rnnformer_demo.views import VIEWS\n"
        "VIEWS['attention'].figure(documents.text_document(), {'through': 'on'})\n"
        "print(sorted({'torch', 'matplotlib', 'matplotlib.pyplot'} & set(sys.modules)))"
    )
    assert out == "['matplotlib']"


@pytest.mark.parametrize("view", ordered(), ids=lambda view: view.name)
def test_views_say_what_they_need(view):
    assert set(view.sections) <= set(SECTIONS)
    assert view.help.endswith(".")
    for document in (TEXT, PHOTO):
        assert view.fits(document) == (document.input.layout in view.layouts)
        if view.fits(document):
            for choices in view.variants(document):
                assert view.settle(document, choices) | choices == view.settle(document, choices)
                assert view.caption(document, choices)


@pytest.mark.parametrize("section", ["attribution", "attention", "recurrence", "prefixes", "interventions", "trust"])
def test_views_are_left_out_where_their_section_is(section):
    document = replace(TEXT, **{section: None})
    absent = {view.name for view in views_for(TEXT)} - {view.name for view in views_for(document)}
    assert absent == ({"attribution", "words"} if section == "attribution" else {section})


def test_empty_lists_have_no_view():
    names = [view.name for view in views_for(replace(TEXT, edits=(), comparison=()))]
    assert names == list(NAMES)


def test_views_need_no_section_beyond_those_that_they_name():
    for view in views_for(TEXT):
        needed = {"schema", "model", "input", "prediction", "provenance", *view.sections}
        bare = replace(TEXT, **{field.name: field.default for field in fields(TEXT) if field.name not in needed})
        assert view.caption(bare, {})
        if view.figure:
            view.figure(bare, {})
        if view.html:
            assert view.html(bare, {})


def test_invalid_choices_settle_on_defaults_and_are_refused_by_check():
    view = VIEWS["attention"]
    assert view.settle(TEXT, {"layer": "layer 9"})["layer"] == "layer 1"
    with pytest.raises(ValueError, match=r"layer must be one of .*, got 'layer 9'"):
        view.check(TEXT, {"layer": "layer 9"})
    assert view.check(TEXT, {"layer": "layer 2"}) == {"layer": "layer 2", "head": "mean of heads", "through": OFF}


def test_a_name_is_taken_once():
    toy = View("words", "Toy", "A toy.", ("input",), lambda document, choices: "toy")
    with pytest.raises(ValueError, match="name must be new, got 'words' twice"):
        register(toy)
