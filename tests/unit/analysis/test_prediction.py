"""Predictions without torch are those of the service."""

import dataclasses

import pytest
import tiny

from rnnformer_demo.analysis import prediction, service
from rnnformer_demo.checkpoints.cards import names
from rnnformer_demo.checkpoints.engines import VARIABLE
from rnnformer_demo.data import InputError
from rnnformer_demo.ui.gallery import EXAMPLES

TEXT = "A clumsy film, but never dull. 这部电影不好看。"


def source_of(name: str):
    photo = name.startswith(("caltech101", "objects"))
    return (EXAMPLES / "raccoon.jpg").read_bytes() if photo else TEXT


@pytest.mark.parametrize("name", names())
def test_a_prediction_without_torch_is_that_of_the_service(name):
    one, other = prediction.predict(name, source_of(name)), service.predict(name, source_of(name))
    assert one.model == other.model
    assert one.input == other.input
    first, second = one.prediction, other.prediction
    assert first.probabilities == pytest.approx(second.probabilities, abs=1e-6)
    assert first.logits == pytest.approx(second.logits, abs=1e-5)
    assert first.temperature == pytest.approx(second.temperature)
    assert first.ood.score == pytest.approx(second.ood.score, rel=1e-3)
    assert dataclasses.replace(first.ood, score=0.0) == dataclasses.replace(second.ood, score=0.0)
    assert first.label == second.label
    assert one.provenance == other.provenance


def test_torch_is_not_imported_where_graphs_answer():
    code = "import sys\nfrom rnnformer_demo.cli import main\n{}print('torch' in sys.modules)"
    calls = (
        "main(['predict', 'sentiment-en', 'A gem.'])\n",
        f"main(['predict', 'objects', {str(EXAMPLES / 'coffee.jpg')!r}])\n",
    )
    for call in calls:
        assert tiny.run_python(code.format(call)).splitlines()[-1] == "False"


def test_the_engine_of_torch_answers_where_it_is_asked_for(monkeypatch):
    monkeypatch.setenv(VARIABLE, "torch")
    monkeypatch.setattr(prediction, "load_bare", lambda name: pytest.fail("graphs answered"))
    assert prediction.predict("sentiment-en", "A gem.").prediction.label == "positive"


def test_bad_input_gets_the_same_sentence():
    for source in ("", "   ", 3):
        with pytest.raises(InputError) as one:
            prediction.predict("sentiment-en", source)
        with pytest.raises(InputError) as other:
            service.predict("sentiment-en", source)
        assert str(one.value) == str(other.value)
