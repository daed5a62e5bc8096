"""The document as JSON: there and back, against its schema, and damaged."""

import json
from dataclasses import replace
from pathlib import Path

import documents
import jsonschema
import pytest
import tiny

from rnnformer_demo.document import SECTIONS, Document, from_dict, from_json, json_schema, to_dict, to_json

SCHEMA_FILE = Path(tiny.ROOT) / "rnnformer_demo/document/schema.json"
ALWAYS = {"model", "input", "prediction", "provenance"}
BARE = {
    **dict.fromkeys(("attribution", "attention", "jacobian", "recurrence", "prefixes", "interventions", "trust")),
    **dict.fromkeys(("other_attributions", "edits", "comparison"), ()),
}
DOCUMENTS = {
    "text": documents.text_document(split=3),
    "photo": documents.photo_document(),
    "bare": documents.text_document(**BARE),
    "no recurrence": documents.text_document(recurrence=()),
    "hard words": documents.text_document(('"', "\\", "\u2028", "</script>", "好", "\x00")),
}


@pytest.fixture(params=sorted(DOCUMENTS))
def document(request) -> Document:
    return DOCUMENTS[request.param]


def test_documents_survive_the_round_trip(document):
    assert from_json(to_json(document)) == document
    assert from_json(to_json(document).encode()) == document
    assert from_dict(to_dict(document)) == document


def test_documents_validate_against_the_schema(document):
    jsonschema.Draft202012Validator.check_schema(json_schema())
    jsonschema.validate(json.loads(to_json(document)), json_schema(), jsonschema.Draft202012Validator)


def test_the_schema_refuses_a_damaged_document(document):
    values = json.loads(to_json(document))
    values["prediction"]["confidence"] = "high"
    with pytest.raises(jsonschema.ValidationError, match="'high' is not of type 'number'"):
        jsonschema.validate(values, json_schema(), jsonschema.Draft202012Validator)


def test_the_schema_file_is_up_to_date():
    expected = json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n"
    assert SCHEMA_FILE.read_text(encoding="utf-8") == expected, (
        "schema.json must be json.dumps(json_schema(), indent=1)"
    )


def test_sections_that_were_not_asked_for_are_left_out():
    assert set(to_dict(DOCUMENTS["text"])) == {"schema", *SECTIONS}
    assert set(to_dict(DOCUMENTS["bare"])) == {"schema", *ALWAYS}
    assert [section for section in SECTIONS if DOCUMENTS["bare"].has(section)] == sorted(ALWAYS, key=SECTIONS.index)


def test_a_model_without_recurrence_differs_from_a_section_that_was_not_asked_for():
    document = DOCUMENTS["no recurrence"]
    assert document.has("recurrence")
    assert from_json(to_json(document)).recurrence == ()
    assert not from_json(to_json(replace(document, recurrence=None))).has("recurrence")


def test_a_wrong_section_is_refused():
    with pytest.raises(ValueError, match=r"section must be one of .*, got 'memory'"):
        DOCUMENTS["bare"].has("memory")


def damaged(*path: str, value: object) -> str:
    """Return a document in JSON in which one value is another one."""
    values = json.loads(to_json(DOCUMENTS["text"]))
    place = values
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(values)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "This is not JSON: "),
        ("{", "This is not JSON: "),
        ("[" * 100_000, "This is not JSON: "),
        (b"\xff\xfe\x00", "This is not JSON: "),
        ("[]", "This is no analysis document: it has no key schema."),
        ('{"model": 1}', "This is no analysis document: it has no key schema."),
        ('{"schema": 1}', "The document must have schema 2, got 1."),
        ('{"schema": 2}', "The document is damaged at model: "),
        (damaged("input", "layout", value="video"), "The document is damaged at input.layout: "),
        (damaged("attention", "pooling", "data", value="AAA"), "The document is damaged at attention.pooling: "),
        (damaged("attention", "pooling", "shape", value=[3]), "The document is damaged at attention.pooling: "),
        (damaged("attention", "pooling", "shape", value=[-1]), "The document is damaged at attention.pooling: "),
        (
            damaged("attention", "pooling", "dtype", value="int8"),
            "The document is damaged at attention.pooling.dtype",
        ),
        (damaged("input", "text", value="\ud800"), "The document is damaged: it holds half of a character"),
        (damaged("memory", value=[]), "The document is damaged at memory: "),
        (damaged("prediction", "confidence", value=float("nan")), "The document is damaged: it holds half of a char"),
        (damaged("prediction", "label", value="gone"), "The document is damaged at prediction: it must be of the la"),
        (damaged("attribution", "target", value="gone"), "The document is damaged at attribution.target: it must"),
        (damaged("attribution", "scores", value=[1.0]), "The document is damaged at attribution.scores: there must"),
        (damaged("input", "token_to_unit", value=[99]), "The document is damaged at input.units: every token"),
        (damaged("input", "text", value=None), "The document is damaged at input.units: each must have its place"),
        (damaged("input", "layout", value="grid"), "The document is damaged at input.grid: it must have a cell"),
    ],
)
def test_a_damaged_document_gets_one_sentence(text, sentence):
    with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message is compared below)
        from_json(text)
    message = str(caught.value)
    assert message.startswith(sentence)
    assert message.endswith(".")
    assert "\n" not in message
    assert len(message) < 300


def test_reading_a_document_needs_no_torch(tmp_path):
    path = tmp_path / "a.json"
    path.write_text(to_json(DOCUMENTS["photo"]), encoding="utf-8")
    out = tiny.run_python(
        "import sys\nfrom pathlib import Path\nfrom rnnformer_demo.document import from_json\n"
        f"print(from_json(Path({str(path)!r}).read_bytes()).target, 'torch' in sys.modules)"
    )
    assert out == "yes False"
