"""Captions: what views say in words."""

from dataclasses import replace

import documents
import numpy as np
import pytest

from rnnformer_demo.document import Array, Document, Edit, Interventions, OutOfDistribution
from rnnformer_demo.views import VIEWS

TEXT, PHOTO = documents.text_document(split=3), documents.photo_document()


def caption(name: str, document: Document, **choices: str) -> str:
    return VIEWS[name].caption(document, choices)


def foreign(document: Document) -> Document:
    ood = OutOfDistribution(1.5, False, "distance", "This looks like nothing it was trained on.")
    return replace(document, prediction=replace(document.prediction, ood=ood))


def test_the_attribution_names_its_strongest_scores():
    document = documents.text_document(("good", "film", "bad"), [0.25, 0.0, -2.0])
    assert caption("attribution", document) == (
        "integrated-gradients for yes. Strongest: bad (-2.00), good (+0.25), film (+0.00). "
        "Scores add up to the change of the logit from a baseline. "
        "Completeness gap 0.10%, the share of that change that the scores miss."
    )
    incomplete = replace(document.attribution, completeness_gap=None)
    assert "Completeness" not in caption("attribution", replace(document, attribution=incomplete))


def test_the_attribution_says_what_biases_take():
    document = documents.text_document(("good", "film", "bad"), [0.25, 0.0, -2.0])
    shared = replace(document.attribution, completeness_gap=None, bias_relevance=0.5)
    assert caption("attribution", replace(document, attribution=shared)).endswith(
        "Scores -1.75 and biases +0.50 add up to the logit, -1.25."
    )


def test_the_attribution_warns_of_an_answer_that_may_mean_nothing():
    assert "OOD" not in caption("attribution", TEXT)
    warning = "OOD score 1.50 (1 = threshold). This looks like nothing it was trained on."
    assert warning in caption("attribution", foreign(TEXT))


def test_pixels_are_named_by_their_place():
    scores = np.zeros(64 * 96)
    scores[3 * 96 + 5] = 2
    fine = documents.attribution(PHOTO.input, scores, grid=(64, 96))
    assert "Strongest: pixel at 5, 3 (+2.00)" in caption("attribution", replace(PHOTO, attribution=fine))


def test_the_prediction_comes_with_its_score_and_all_warnings():
    warned = replace(foreign(TEXT), input=replace(TEXT.input, warnings=("It was cut.",)))
    document = replace(warned, attribution=replace(TEXT.attribution, warnings=("It did not converge.",)))
    assert caption("prediction", document) == (
        "yes, calibrated probability 70.0%. Reading it and one pass through by-hand took 3 ms, the whole analysis "
        "0.50 s. OOD score 1.50 (1 = threshold). This looks like nothing it was trained on. It was cut. "
        "It did not converge."
    )
    assert "This looks like what the model was trained on." in caption("prediction", TEXT)
    assert "OOD" not in caption("prediction", replace(TEXT, prediction=documents.prediction(ood=None)))


@pytest.mark.parametrize(
    ("ood", "there", "absent"),
    [
        (OutOfDistribution(1.8, False, "", "Odd!"), ['<p class="ood" role="status">OOD score 1.80 (1 = thr'], []),
        (OutOfDistribution(0.4, True, ""), ["OOD score 0.40 (1 = threshold). This looks like"], ['class="ood"']),
        (None, [], ["OOD", 'class="ood"']),
    ],
)
def test_a_foreign_input_is_warned_of_before_all_else(ood, there, absent):
    html = VIEWS["prediction"].html(replace(TEXT, prediction=documents.prediction(ood=ood)), {})
    assert all(part in html for part in there)
    assert not any(part in html for part in absent)
    assert html.count("Odd!") == (1 if ood and ood.message else 0)


def test_the_recurrence_names_the_step_of_the_largest_change():
    hidden = np.zeros((3, 2, documents.UNITS))
    hidden[2, 0] = hidden[0, 1] = 1
    changed = documents.recurrence("gru", 3, hidden=Array.of(hidden))
    document = documents.text_document(("good", "film", "bad"), recurrence=(changed,))
    forward = caption("recurrence", document)
    assert forward.startswith("Hidden state of gru, forward: 3 steps, 4 units. The largest change comes at bad.")
    assert "Half-life 1.0 steps (median over units)" in forward
    backward = caption("recurrence", document, direction="backward")
    assert "The largest change comes at good." in backward
    assert "Half-life without end" in backward


def test_the_recurrence_says_what_belongs_to_the_quantity():
    assert "Saturation: 25% of its values lie at the lower end of the scale, 12% at the upper." in caption(
        "recurrence", TEXT, quantity="forget gate"
    )
    assert "Saturation" not in caption("recurrence", TEXT)
    contributions = caption("recurrence", TEXT, quantity="memory contributions", direction="backward")
    assert "Unit 2 holds most in the end; its top contributors: A (+60%), mess. (-40%)." in contributions
    short = documents.recurrence("lstm tokens 1", 11, left_out=("Candidates are left out.",))
    assert caption("recurrence", replace(TEXT, recurrence=(short,))).endswith("Candidates are left out.")


def test_a_model_without_recurrence_says_so():
    document = replace(TEXT, recurrence=())
    assert caption("recurrence", document) == ("This model has no recurrence, so there are no hidden states to show.")
    assert VIEWS["recurrence"].figure(document, {}) is None
    assert VIEWS["recurrence"].settle(document, {}) == {}
    assert list(VIEWS["recurrence"].variants(document)) == [{}]


@pytest.mark.parametrize(
    ("choices", "sentence"),
    [
        ({"recurrence": "rnn"}, "recurrence must be one of ('lstm tokens 1', 'gru tokens 1'), got 'rnn'"),
        ({"direction": "sideways"}, "direction must be one of ('forward', 'backward'), got 'sideways'"),
        ({"recurrence": "gru tokens 1", "quantity": "cell state"}, "quantity must be one of ('hidden state', 'reset"),
    ],
)
def test_what_a_recurrence_does_not_have_is_refused(choices, sentence):
    for draw in (VIEWS["recurrence"].figure, VIEWS["recurrence"].caption):
        with pytest.raises(ValueError) as caught:  # noqa: PT011  (the message is compared below)
            draw(TEXT, choices)
        assert str(caught.value).startswith(sentence)


def test_trust_leads_with_the_verdict():
    assert caption("trust", TEXT).startswith(
        "Verdict: with care. 91 % of random orders do worse. Measured: unknown: comprehensiveness +0.50 and "
        "sufficiency +0.10, better than 97 % and 91 % of 100 random orders; deletion: "
    )
    assert caption("trust", replace(TEXT, trust=documents.trust(perturbations={}))) == (
        "Verdict: with care. 91 % of random orders do worse."
    )


def test_prefixes_tell_of_flips():
    assert caption("prefixes", TEXT) == (
        "Predictions on prefixes and suffixes. Read from the start: the label flips once; it is yes from witty, on, in "
        "the end with a probability of 70.0%. Read from the end: the label flips once; it is yes from a on, in the end "
        "with a probability of 70.0%."
    )
    course = replace(TEXT.prefixes[0], flips=(), stable_from=0, left_out="64 of 99 were run.")
    assert caption("prefixes", replace(TEXT, prefixes=(course,))).endswith(
        "Read from the start: yes from A on, in the end with a probability of 70.0%. 64 of 99 were run."
    )
    course = replace(course, flips=(1, 2), stable_from=2)
    assert "the label flips 2 times; it is yes from tender on" in caption("prefixes", replace(TEXT, prefixes=(course,)))


def test_interventions_ask_about_attention_and_memory():
    said = caption("interventions", TEXT)
    assert "Does attention matter here? yes has 70.0% as it is, with uniform attention 60.0% (total" in said
    assert "Conicity of the states 0.85." in said
    assert "Does memory matter here? yes has 70.0% as it is and 40.0% with the recurrence switched off." in said
    assert "no difference" not in said


def test_interventions_note_what_makes_no_difference():
    hardly = {**TEXT.interventions.total_variation, "without recurrence": 0.004}
    said = caption("interventions", replace(TEXT, interventions=replace(TEXT.interventions, total_variation=hardly)))
    assert said.endswith("switched off. It makes no difference here: the output moves by 1% at most.")
    nothing = replace(TEXT.interventions, total_variation=dict.fromkeys(TEXT.interventions.total_variation, 0.0))
    assert caption("interventions", replace(TEXT, interventions=nothing)).count("makes no difference") == 2


@pytest.mark.parametrize(
    ("distances", "there", "absent"),
    [
        ({"uniform pooling": 0.1}, "uniform pooling", "memory"),
        ({"without recurrence": 0.1}, "memory", "attention"),
        ({}, "neither attention nor a recurrence", "matter"),
    ],
)
def test_a_model_without_a_part_is_not_asked_about_it(distances, there, absent):
    effects = Interventions("yes", {"as it is": 0.7, **dict.fromkeys(distances, 0.5)}, distances, 0)
    said = caption("interventions", replace(TEXT, interventions=effects))
    assert there in said
    assert absent not in said.replace(there, "")


def test_edits_put_the_forecast_beside_what_came():
    lines = caption("edits", TEXT)
    assert lines.startswith(
        "Ablation of “A” (deletion): the logit of yes was forecast to change by -0.50 and changed by -1.50; "
        "yes (70.0%) became no (60.0%). Replacement of “mess.” by “delight”: the logit of yes"
    )
    assert lines.endswith(
        "Counterfactual: without “A” (deletion) it is no instead of yes; no smaller set does (12 sets tried)."
    )
    html = VIEWS["edits"].html(TEXT, {})
    assert html.index("Counterfactual") < html.index("Replacement") < html.index("Ablation")


def test_counterfactuals_say_how_sure_they_are():
    some = replace(TEXT, edits=(Edit("counterfactual", (0, 1), "unknown", "yes", "no", exact=False, evaluations=9),))
    assert caption("edits", some) == (
        "Counterfactual: without “A”, “witty,” (unknown) it is no instead of yes; a smaller set may do, too "
        "(9 sets tried)."
    )
    none = replace(TEXT, edits=(Edit("counterfactual", (), "unknown", "yes", None, exact=False, evaluations=9),))
    assert caption("edits", none).startswith("No counterfactual: no words or parts were found whose removal (unknown)")


def test_many_units_are_counted():
    document = documents.text_document([f"word{n}" for n in range(20)])
    many = Edit("ablation", tuple(range(20)), "deletion", "yes", "no", {"no": 0.6}, "yes", 0.0, 0.0)
    assert "“word11” and 8 more (deletion)" in caption("edits", replace(document, edits=(many,)))


def test_the_comparison_has_a_line_for_each_model():
    first, second = caption("comparison", TEXT).split("\n")
    assert first.startswith("by-hand: yes (70.0%), 3.2 ms. integrated-gradients for yes. Strongest: mess. (-1.00)")
    assert "Verdict: trust. Read from the start: the label flips once" in second
