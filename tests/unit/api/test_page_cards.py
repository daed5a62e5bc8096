"""The facts of models that the page asks for."""

import pytest
from family import write_family

from rnnformer_demo.api.streams import page_cards
from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation.reporting.card_facts import facts


@pytest.fixture(autouse=True)
def _family(tmp_path, monkeypatch):
    write_family(tmp_path)
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path))


def test_each_model_is_told_once_in_the_order_asked_for():
    assert list(page_cards({"models": ["tea-gru", "tea", "tea-gru"]})) == [facts("tea-gru"), facts("tea")]


def test_an_unknown_model_ends_the_stream_with_a_sentence():
    stream = page_cards({"models": ["tea", "../tea"]})
    assert next(stream)["name"] == "tea"
    with pytest.raises(InputError, match=r"There is no model '\.\./tea'"):
        next(stream)


@pytest.mark.parametrize(
    ("models", "sentence"),
    [
        ("tea", 'models must be a list of at most 1,000 names, got "tea"'),
        ([1], "models must be a list of at most 1,000 names"),
    ],
)
def test_anything_but_a_list_of_names_is_refused(models, sentence):
    with pytest.raises(InputError, match=sentence):
        list(page_cards({"models": models}))
