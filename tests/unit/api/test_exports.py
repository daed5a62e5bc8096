"""Files that the page makes of a document: figures as it shows them, the report, and names that say what they are."""

import base64
from dataclasses import replace

import documents
import pytest

from rnnformer_demo.api.exports import file_name, page_export
from rnnformer_demo.data import InputError
from rnnformer_demo.document import to_dict

TEXT = documents.text_document()


def exported(**request) -> tuple[str, str, bytes]:
    (file,) = page_export({"document": to_dict(TEXT)} | request)
    return file["name"], file["mime"], base64.b64decode(file["data"])


@pytest.mark.parametrize(
    ("kind", "mime", "head"),
    [("png", "image/png", b"\x89PNG"), ("svg", "image/svg+xml", b"<?xml"), ("pdf", "application/pdf", b"%PDF")],
)
def test_a_view_is_drawn_with_its_choices(kind, mime, head):
    choices = {"layer": "layer 2", "head": "1", "through": "on", "shown": "through"}
    name, was, content = exported(kind=kind, view="attention", choices=choices)
    assert (name, was) == (f"by-hand_integrated-gradients_attention_a-witty-tender-film.{kind}", mime)
    assert content.startswith(head)
    if kind == "svg":
        assert b"attention, layer 2, head 1, through the recurrence" in content


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"kind": "exe", "view": "words"}, "There is no kind of file 'exe'"),
        ({"kind": "svg", "view": "nothing"}, "There is no view 'nothing' of this analysis"),
        ({"kind": "svg"}, "There is no view '' of this analysis"),
        ({"kind": "svg", "view": ["words"]}, "view must be a text"),
        ({"kind": "svg", "view": "words", "document": {"schema": 2}}, "The document is damaged"),
        ({"kind": "svg", "view": "words", "document": None}, "document is missing"),
    ],
)
def test_what_cannot_be_made_gets_a_sentence(request_, sentence):
    with pytest.raises(InputError, match=sentence):
        exported(**request_)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("It's, well: a film!", "it-s-well-a"),
        ("../../etc/passwd", "etc-passwd"),
        ("房间很干净，服务员也热情。", "房间很干净-服务员也热情"),
        ("हिन्दी फ़िल्म", "हिन्दी-फ़िल्म"),
        ("🎬 ?!", ""),
        ("a" * 39 + " b c", "a" * 39),
    ],
)
def test_names_hold_the_first_words(text, start):
    document = replace(TEXT, input=replace(TEXT.input, text=text))
    assert file_name(document, "", "json") == "_".join(filter(None, ["by-hand_integrated-gradients", start])) + ".json"


def test_the_name_of_a_prediction_alone_says_no_method():
    assert (
        file_name(replace(documents.photo_document(), attribution=None), "report", "html")
        == "by-hand_report_photo.html"
    )
