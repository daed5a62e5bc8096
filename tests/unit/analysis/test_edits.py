"""Edits of an input, minimal counterfactuals, and interventions, on shipped models."""

import json

import pytest
import tiny
import torch

from rnnformer_demo.analysis import edits, service
from rnnformer_demo.analysis.sections.interventions import KINDS, ORIGINAL
from rnnformer_demo.data import InputError
from rnnformer_demo.data.image import reference_image
from rnnformer_demo.document import Document, to_dict

TEXT = "A witty, tender film with two wonderful performances, but the ending is a mess."
MODELS = ("sentiment-en", "caltech101")
WANTED = ("attribution", "prefixes", "interventions")


@pytest.fixture(scope="module")
def of_text() -> Document:
    return service.analyse("sentiment-en", TEXT, WANTED)


@pytest.fixture(scope="module")
def of_photo() -> Document:
    return service.analyse("caltech101", reference_image(224), WANTED)


@pytest.fixture(params=MODELS)
def document(request, of_text, of_photo) -> Document:
    return of_text if request.param == "sentiment-en" else of_photo


def test_a_review_that_turns_is_predicted_to_turn(of_text):
    start = of_text.prefixes[0]
    positive = start.probabilities.numpy()[:, of_text.model.labels.index("positive")]
    praise, end = start.names.index("performances"), len(positive) - 1
    assert positive[praise] > 0.9 > 0.5 > positive[end]
    assert start.names[start.stable_from] == "mess"


def test_interventions_follow_the_explained_class(document):
    section = document.interventions
    assert section.probability[ORIGINAL] == pytest.approx(document.prediction.confidence, abs=1e-4)
    assert set(section.total_variation) == set(KINDS)
    assert all(0 <= moved <= 1 for moved in section.total_variation.values())
    assert service.extend(document, "interventions").interventions == section


def test_interventions_on_parts_that_a_model_lacks_are_left_out():
    section = service.analyse("sentiment-en-transformer", TEXT, ("interventions", "recurrence"))
    assert "without recurrence" not in section.interventions.probability
    assert section.recurrence == ()
    assert section.has("recurrence")
    section = service.analyse("sentiment-en-lstm", TEXT, ("interventions",)).interventions
    assert set(section.total_variation) == {"uniform pooling", "permuted pooling", "without recurrence"}


def test_a_document_names_the_perturbations_of_its_model(document):
    assert document.model.perturbations == edits.perturbations(document.model.name)
    assert document.model.perturbations[0] == {"sequence": "unknown", "grid": "blur"}[document.input.layout]


def test_without_a_word(of_text):
    edited = edits.ablate_units(of_text, edits.units_named(of_text, "mess"), "deletion")
    (edit,) = edited.edits
    names = of_text.input.unit_names
    assert ([names[unit] for unit in edit.units], edit.operation) == (["mess"], "deletion")
    assert (edit.before, edit.after) == ("negative", "positive")
    scores = dict(zip(names, of_text.attribution.scores, strict=True))
    assert edit.forecast == pytest.approx(-scores["mess"], abs=1e-5)
    assert edit.measured < 0
    assert sum(edit.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert json.loads(json.dumps(to_dict(edited)))["edits"][0]["kind"] == "ablation"
    assert len(edits.ablate_units(edited, [0]).edits) == 2


def test_with_another_word(of_text):
    edit = edits.replace_word(of_text, edits.unit_named(of_text, "mess"), " delight ").edits[-1]
    typed = service.predict("sentiment-en", TEXT.replace("mess", "delight")).prediction
    assert edit.probabilities == pytest.approx(typed.probabilities)
    assert (edit.kind, edit.operation, edit.after) == ("replacement", "delight", "positive")
    index = of_text.model.labels.index(of_text.target)
    assert edit.measured == pytest.approx(typed.logits[index] - of_text.prediction.logits[index], abs=1e-5)


def test_the_minimal_counterfactual(of_text):
    edit = edits.minimal_counterfactual(of_text).edits[-1]
    assert [of_text.input.unit_names[unit] for unit in edit.units] == ["mess"]
    assert (edit.kind, edit.after, edit.exact) == ("counterfactual", "positive", True)
    assert edit.evaluations > 1


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda document: edits.ablate_units(document, []), "Nothing is chosen yet"),
        (lambda document: edits.ablate_units(document, [10_000]), "there is none beyond"),
        (lambda document: edits.ablate_units(document, [0], "blast"), "There is no perturbation 'blast'"),
        (lambda document: edits.minimal_counterfactual(document, "blast"), "There is no perturbation 'blast'"),
        (lambda document: edits.units_named(document, "#0"), "There is no #0 in this input"),
        (lambda document: edits.units_named(document, "nosuchword"), "There is no nosuchword in this input"),
    ],
)
def test_edits_that_make_no_sense_get_a_sentence(document, ask, sentence):
    with pytest.raises(InputError, match=sentence):
        ask(document)


@pytest.mark.parametrize(
    ("unit", "word", "sentence"), [(0, " ", "no new word"), (99, "good", "none beyond"), (-1, "good", "none beyond")]
)
def test_words_that_cannot_be_replaced(of_text, unit, word, sentence):
    with pytest.raises(InputError, match=sentence):
        edits.replace_word(of_text, unit, word)


def test_a_cell_is_no_word(of_photo):
    with pytest.raises(InputError, match="Only words can be replaced"):
        edits.replace_word(of_photo, 0, "good")


def test_cells_can_be_covered(of_photo):
    assert edits.units_named(of_photo, "2,3") == [of_photo.input.grid[1] + 2]
    for perturbation in edits.perturbations("caltech101"):
        edit = edits.ablate_units(of_photo, range(10), perturbation).edits[-1]
        assert edit.units == tuple(range(10))
        assert edit.measured != 0


def test_a_word_that_stands_there_twice_must_be_numbered():
    document = service.analyse("sentiment-en", "a good film and a good plot")
    with pytest.raises(InputError, match="good stands there 2 times: say which by its number, such as #2"):
        edits.unit_named(document, "good")
    assert edits.unit_named(document, "#6") == 5


def test_logits_of_a_prediction_are_those_of_the_trace(of_text):
    logits = service.context_of(of_text).trace.logits
    torch.testing.assert_close(torch.tensor(of_text.prediction.logits), logits)
    assert tiny.hooks(service.get("sentiment-en").model) == 0
