"""Every attribution method, with its trust card, on every kind of model and of input."""

import pytest
import tiny
import torch

from rnnformer_demo.data import InputError
from rnnformer_demo.interpret.attribution import explain, methods_for
from rnnformer_demo.interpret.trust import assess
from rnnformer_demo.interpret.trust.verdict import VERDICTS
from rnnformer_demo.models import freeze

KINDS = {
    "hybrid": {"recurrence": ("lstm", "gru"), "attention_layers": 1},
    "interleaved": {"blocks": ("recurrent", "attention", "recurrent")},
    "LSTM": {"recurrence": ("lstm",), "attention_layers": 0},
    "GRU": {"recurrence": ("gru",), "attention_layers": 0},
    "Transformer": {"recurrence": (), "attention_layers": 2},
    "neither": {"recurrence": (), "attention_layers": 0},
}
FITTING = [
    (modality, method.name)
    for modality, layout in (("text", "sequence"), ("image", "grid"))
    for method in methods_for(layout)
]


def small_input(modality: str):
    """Four to nine words or cells."""
    if modality == "text":
        return tiny.text_reader()("isn't FUNNY, never dull")
    return tiny.image_reader(64)(tiny.photo())


@pytest.mark.parametrize(("modality", "method"), FITTING)
def test_each_kind_of_model_is_explained_and_the_explanation_assessed(modality, method, monkeypatch):
    monkeypatch.setattr("rnnformer_demo.interpret.trust.faithfulness.STAGES", (2, 3))  # few random orders do here
    sample = small_input(modality)
    refusals: dict[str, str] = {}
    for kind, config in KINDS.items():
        model = freeze(tiny.model(modality, **config, **({"image_size": 64} if modality == "image" else {})))
        try:
            explanation = explain(model, sample, 1, method)
        except InputError as refusal:  # of a model without the part that the method looks at
            refusals[kind] = str(refusal)
            continue
        assert torch.isfinite(explanation.scores).all(), kind
        card = assess(model, sample, explanation)
        assert card.verdict in VERDICTS, kind
        assert set(card.perturbations) == set(model.perturbations), kind
    needs = {"attention": {"LSTM", "GRU", "neither"}, "recurrence": {"Transformer", "neither"}}
    assert set(refusals) in (set(), *needs.values()), refusals
