"""What can be asked about an analysis: trust, beliefs, what-if, comparison, and the page that keeps it all."""

import json
import re

import pytest
import tiny
import torch

from rnnformer_demo.analysis import comparison, inquiry, service
from rnnformer_demo.data import InputError
from rnnformer_demo.data.image import reference_image as picture
from rnnformer_demo.report.page import page
from rnnformer_demo.views import descriptions
from rnnformer_demo.views.attention import attention_figure

TEXT = "A witty, tender film with two wonderful performances, but the ending is a mess."
MODELS = ("sentiment-en", "caltech101")


@pytest.fixture(scope="module", params=MODELS)
def analysis(request) -> service.Analysis:
    return service.analyse(request.param, TEXT if request.param == "sentiment-en" else picture(224))


@pytest.fixture(scope="module")
def of_text() -> service.Analysis:
    return service.analyse("sentiment-en", TEXT)


@pytest.fixture(scope="module")
def assessed(of_text) -> service.Analysis:
    return inquiry.assess(of_text)


def test_the_card_joins_the_explanation(of_text, assessed):
    assert of_text.trust is None
    assert "trust" not in of_text.as_dict()
    told = json.loads(json.dumps(assessed.as_dict(), allow_nan=False))["trust"]
    assert told["comprehensiveness"]["percentile"] >= 95
    assert told["verdict"] in ("trust", "with care", "don't")
    assert assessed.trust.verdict in descriptions.describe_trust(assessed.trust)


def test_another_explanation_has_no_card_yet(assessed):
    again = service.re_explain(assessed, "positive", "gradient-x-input")
    assert (again.trust, again.target) == (None, "positive")


def test_beliefs_end_with_the_prediction(analysis):
    courses = inquiry.prefix_predictions(analysis)
    assert len(courses) == (4 if analysis.sample.grid else 2)
    for course in courses:
        final = dict(zip(course.labels, course.probabilities[-1].tolist(), strict=True))
        assert final == pytest.approx(analysis.prediction.probabilities, abs=1e-4)
        told = json.loads(json.dumps(course.as_dict()))
        assert len(told["read_last"]) == len(told["parts_read"]) == len(told["probabilities"][course.labels[0]])
        labels = course.probabilities.argmax(1)
        assert list(course.flips) == [place for place in range(1, len(labels)) if labels[place] != labels[place - 1]]
        assert (labels[course.stable_from :] == labels[-1]).all()
        assert analysis.prediction.label in descriptions.describe_course(course)


def test_a_review_that_turns_is_believed_to_turn(of_text):
    start = inquiry.prefix_predictions(of_text)[0]
    positive = start.probabilities[:, start.labels.index("positive")]
    praise, end = start.belief.names.index("performances"), len(positive) - 1
    assert positive[praise] > 0.9 > 0.5 > positive[end]
    assert start.as_dict()["decided_at"] == "mess"


def test_whether_attention_and_memory_matter(analysis):
    found = inquiry.measure_interventions(analysis)
    assert found.shares[inquiry.ORIGINAL] == pytest.approx(analysis.prediction.confidence, abs=1e-4)
    assert set(found.distances) == {*inquiry.ATTENTION, inquiry.MEMORY}
    assert all(0 <= distance <= 1 for distance in found.distances.values())
    assert found == inquiry.measure_interventions(analysis)
    assert found != inquiry.measure_interventions(analysis, seed=1)
    assert json.loads(json.dumps(found.as_dict()))["probability"] == found.shares
    assert "with uniform attention" in descriptions.describe_attention_matter(found)
    assert "recurrence switched off" in descriptions.describe_memory_matter(found)


def test_a_model_without_a_part_is_not_asked_about_it():
    found = inquiry.measure_interventions(service.analyse("sentiment-en-transformer", TEXT))
    assert inquiry.MEMORY not in found.shares
    assert descriptions.describe_memory_matter(found) == ""
    found = inquiry.measure_interventions(service.analyse("sentiment-en-lstm", TEXT))
    assert set(found.distances) == {"uniform pooling", "permuted pooling", inquiry.MEMORY}


def test_attention_through_the_recurrence_points_at_tokens(analysis):
    reached, layer = inquiry.dependence(analysis), next(iter(analysis.trace.attention))
    for name in (layer, descriptions.POOLING):
        states = descriptions.head_weights(analysis, name, "1")
        tokens = descriptions.head_weights(analysis, name, "1", reached)
        assert tokens.shape == states.shape
        torch.testing.assert_close(tokens.sum(-1), torch.ones(len(tokens)), atol=1e-4, rtol=0)
        assert not torch.allclose(tokens, states, atol=1e-3)
    assert "through the recurrence" in attention_figure(analysis, layer, "1", None, reached).texts[0].get_text()


def test_without_a_word(of_text):
    answer = inquiry.ablate_units(of_text, [of_text.sample.unit_names.index("mess")], "deletion")
    assert (answer.changed, answer.how, answer.label) == (("mess",), "deletion", "positive")
    scores = dict(zip(of_text.sample.unit_names, of_text.explanation.scores.tolist(), strict=True))
    assert answer.forecast == pytest.approx(-scores["mess"], abs=1e-5)
    assert answer.measured < 0
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
    told = json.loads(json.dumps(answer.as_dict()))
    assert (told["before"]["label"], told["after"]["label"]) == ("negative", "positive")
    sentence = descriptions.describe_variant(answer)
    assert all(part in sentence for part in ("“mess”", "deletion", "negative", "positive"))


def test_with_another_word(of_text):
    unit = of_text.sample.unit_names.index("mess")
    answer = inquiry.replace_word(of_text, unit, " delight ")
    typed = service.predict("sentiment-en", TEXT.replace("mess", "delight"))
    assert answer.probabilities == pytest.approx(typed.probabilities)
    assert (answer.how, answer.label) == ("delight", "positive")
    target = list(typed.probabilities).index(of_text.target)
    assert answer.measured == pytest.approx((typed.logits - of_text.trace.logits)[target].item(), abs=1e-5)


def test_the_fewest(of_text):
    turn = inquiry.minimal_counterfactual(of_text)
    names = [of_text.sample.unit_names[unit] for unit in turn.units]
    assert (names, turn.label, turn.exact) == (["mess"], "positive", True)
    assert json.loads(json.dumps(turn.as_dict()))["changed"] == ["mess"]
    sentence = descriptions.describe_turn(turn)
    assert "“mess”" in sentence
    assert "no smaller set" in sentence


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda analysis: inquiry.ablate_units(analysis, []), "Nothing is chosen yet"),
        (lambda analysis: inquiry.ablate_units(analysis, [10_000]), "there is none beyond"),
        (lambda analysis: inquiry.ablate_units(analysis, [0], "blast"), "There is no removal 'blast'"),
        (lambda analysis: inquiry.minimal_counterfactual(analysis, "blast"), "There is no removal 'blast'"),
    ],
)
def test_questions_that_make_no_sense_get_a_sentence(analysis, ask, sentence):
    with pytest.raises(InputError, match=sentence):
        ask(analysis)


@pytest.mark.parametrize(
    ("unit", "word", "sentence"), [(0, " ", "no new word"), (99, "good", "none beyond"), (-1, "good", "none beyond")]
)
def test_words_that_cannot_be_replaced(of_text, unit, word, sentence):
    with pytest.raises(InputError, match=sentence):
        inquiry.replace_word(of_text, unit, word)


def test_a_cell_is_no_word():
    analysis = service.analyse("caltech101", picture(224))
    with pytest.raises(InputError, match="Only words can be replaced"):
        inquiry.replace_word(analysis, 0, "good")


def test_cells_can_be_covered():
    analysis = service.analyse("caltech101", picture(224))
    for perturbation in inquiry.perturbations("caltech101"):
        answer = inquiry.ablate_units(analysis, range(10), perturbation)
        assert len(answer.changed) == 10
        assert answer.measured != 0


def test_a_family_is_found_by_any_of_its_models():
    family = comparison.family("news-en")
    assert family == ("news-en", "news-en-lstm", "news-en-gru", "news-en-transformer")
    assert comparison.family("news-en-gru") == family
    with pytest.raises(InputError, match="There is no model"):
        comparison.family("nothing")


def test_all_of_a_family_answer_the_same_question():
    shares = []
    sides = comparison.compare("news-en", "The striker scored twice in the cup final.", report=shares.append)
    assert [side.analysis.prediction.model for side in sides] == list(comparison.family("news-en"))
    assert {side.analysis.target for side in sides} == {sides[0].analysis.prediction.label}
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    for side in sides:
        told = json.loads(json.dumps(side.as_dict(), allow_nan=False))
        assert set(told) == {"prediction", "explanation", "beliefs"}
        assert told["prediction"]["latency_ms"] > 0
        assert told["explanation"]["trust"]["verdict"] in descriptions.describe_side(side)


def test_a_model_without_rivals():
    with pytest.raises(InputError, match="no rivals"):
        comparison.compare("objects", picture(224))


def test_the_report_is_whole_and_asks_nothing_of_the_net(assessed):
    made = page(
        assessed,
        inquiry.prefix_predictions(assessed),
        inquiry.measure_interventions(assessed),
        TEXT + " <script>",
        {"baseline": "zero"},
        3,
    )
    sources = re.findall(r'(?:src|href)="([^"]{0,30})', made)
    assert len(sources) > 20
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert "<script" not in made
    assert "url(" not in made
    assert assessed.model_sha256 in made
    assert "--option baseline=zero --seed 3" in made
    for name in ("forget gate", "cell state", "update gate", "written", "layer 2", "pooling"):
        assert name in made.lower()
    assert made.count("<img") == made.count('alt="')


def test_a_report_of_a_photo():
    analysis = service.analyse("caltech101", picture(224))
    made = page(
        analysis,
        inquiry.prefix_predictions(analysis),
        inquiry.measure_interventions(analysis),
        "photo of <me>.jpg",
        {},
        0,
    )
    assert "photo of &lt;me&gt;.jpg" in made
    assert "lstm rows" in made


def test_logits_of_a_prediction_are_those_of_the_analysis(of_text):
    torch.testing.assert_close(of_text.prediction.logits, of_text.trace.logits)
    assert tiny.hooks(service.get("sentiment-en").model) == 0
