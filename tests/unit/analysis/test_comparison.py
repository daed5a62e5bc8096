"""The same input through a hybrid and its baselines."""

import pytest

from rnnformer_demo.analysis import comparison, service
from rnnformer_demo.data import InputError
from rnnformer_demo.data.image import reference_image
from rnnformer_demo.document import from_json, to_json


def test_a_family_is_found_by_any_of_its_models():
    family = comparison.family("news-en")
    assert family == ("news-en", "news-en-lstm", "news-en-gru", "news-en-transformer")
    assert comparison.family("news-en-gru") == family
    with pytest.raises(InputError, match="There is no model"):
        comparison.family("nothing")


def test_all_of_a_family_answer_the_same_question():
    shares: list[float] = []
    document = comparison.compare_input(
        "news-en-gru", "The striker scored twice in the cup final.", report=shares.append
    )
    assert document.model.name == "news-en"
    assert [each.model.name for each in document.comparison] == list(comparison.family("news-en"))
    assert {each.attribution.target for each in document.comparison} == {document.target}
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    assert all(each.prediction.latency_ms > 0 and each.trust.verdict for each in document.comparison)
    assert document.comparison[0].prediction.probabilities == pytest.approx(document.prediction.probabilities)
    assert from_json(to_json(document)) == document


def test_a_model_without_baselines():
    with pytest.raises(InputError, match="no baselines"):
        comparison.compare(service.predict("objects", reference_image(224)))
