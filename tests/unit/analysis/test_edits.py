"""Edits of an input, minimal counterfactuals, and interventions, on shipped models."""

import json

import pytest
import tiny
import torch

from rnnformer_demo.analysis import edits, service
from rnnformer_demo.analysis.sections.interventions import KINDS, ORIGINAL
from rnnformer_demo.api import legacy
from rnnformer_demo.data import InputError
from rnnformer_demo.data.image import reference_image
from rnnformer_demo.document import Document, from_dict, to_dict

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


@pytest.mark.parametrize("typed", ["cafe\u0301", "caf\u00e9"])
@pytest.mark.parametrize("named", ["cafe\u0301", "caf\u00e9", "ca\u00adf\u00e9"])
def test_a_word_is_found_however_its_accents_are_typed(typed, named):
    document = service.analyse("sentiment-en", f"The {typed} was bad")
    assert edits.units_named(document, named) == [1]
    with pytest.raises(InputError, match="There is no Caf\u00e9 in this input"):
        edits.units_named(document, "Caf\u00e9")


@pytest.mark.parametrize(("typed", "named"), [("isn&#39;t", "n't"), ("isn\u2019t", "n't"), ("isn't", "n\u02bct")])
def test_a_word_is_found_however_its_apostrophe_is_typed(typed, named):
    assert edits.units_named(service.analyse("sentiment-en", f"It {typed} bad"), named) == [2]


def test_a_replaced_word_leaves_no_accent_behind():
    document = service.analyse("sentiment-en", "The cafe\u0301 was te\u00adrrible")
    for unit, changed in ((1, "The food was te\u00adrrible"), (3, "The cafe\u0301 was food")):
        edited = edits.replace_word(document, unit, "food").edits[-1]
        expected = service.predict("sentiment-en", changed).prediction
        assert edited.probabilities == pytest.approx(expected.probabilities)


@pytest.mark.parametrize("seed", [-1, 2**63, 1.5, "1", True, None])
def test_a_seed_that_is_none_gets_a_sentence(of_text, seed):
    with pytest.raises(InputError, match="The seed must be a whole number from 0 to 9223372036854775807, got"):
        service.analyse("sentiment-en", TEXT, seed=seed)
    if seed is not None:
        with pytest.raises(InputError, match="The seed must be a whole number"):
            service.extend(of_text, "attribution", seed=seed)


def test_a_whole_number_of_json_is_a_seed():
    assert service.analyse("sentiment-en", TEXT, seed=7.0).provenance.seed == 7


def test_spans_and_label_of_an_explanation_stand_in_every_form_of_it():
    typed = "\n The ter\u00adrible cafe\u0301 \U0001f468\u200d\U0001f469"
    document = service.analyse("sentiment-en", typed)
    written, former = to_dict(document), legacy.explanation(document)
    assert written["prediction"]["label"] == former["label"] == "negative"
    spans = [unit["span"] for unit in written["input"]["units"]]
    assert [typed[start:end] for start, end in spans] == list(document.input.unit_names) == former["units"]
    assert [list(span) for span in former["spans"]] == spans


def test_a_document_of_half_a_character_can_be_sent_back():
    document = service.analyse("sentiment-en", "a good \ud83d film", wanted=())
    assert service.extend(from_dict(to_dict(document)), "attribution").attribution is not None
