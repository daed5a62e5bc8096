"""Maps of attention and recurrence on tasks that two tokens decide."""

import pytest
import torch

from rnnformer_demo.evaluation.explanations import planted_maps
from rnnformer_demo.evaluation.explanations.planted import TOKENS

BY_TASK = {"copied": 1, "near": planted_maps.NEAR, "far": planted_maps.FAR}


@pytest.mark.parametrize("task", planted_maps.TASKS)
def test_the_label_follows_from_two_tokens(task):
    drawn = planted_maps.TASKS[task](200, torch.Generator().manual_seed(1))
    assert drawn.ids.shape == (200, TOKENS)
    assert (drawn.second - drawn.first == BY_TASK[task]).all()
    rows = torch.arange(200)
    words = drawn.ids[rows, drawn.second]
    assert set(words.tolist()) == {planted_maps.GOOD, planted_maps.BAD}
    first = drawn.ids[rows, drawn.first]
    kind = planted_maps.CUE if task == "copied" else planted_maps.NOT
    assert (first[drawn.joined] == kind).all()
    assert ((drawn.ids == kind).sum(1) == drawn.joined).all()  # nowhere else
    turned = drawn.joined & (task != "copied")
    assert (drawn.labels == (words == planted_maps.BAD).long() ^ turned.long()).all()


def test_a_map_finds_what_is_highest():
    vector = torch.tensor([0.1, 0.9, 0.0, 0.8])
    assert planted_maps.finds(vector, 1, 3, "near")
    assert not planted_maps.finds(vector, 0, 3, "near")
    assert planted_maps.finds(vector, 0, 1, "copied")
    assert not planted_maps.finds(vector, 0, 3, "copied")
    rows = torch.tensor([[0.9, 0.1, 0.0], [0.5, 0.4, 0.1], [0.6, 0.0, 0.9]])
    assert planted_maps.finds(rows, 0, 2, "far")  # what a row gives itself does not count
    assert not planted_maps.finds(rows, 1, 2, "far")
    assert planted_maps.finds(rows, 2, 0, "copied")  # the key that queries look at most in the mean


def test_all_maps_are_measured_on_models_that_know_their_task(monkeypatch):
    monkeypatch.setattr(planted_maps, "MODELS", 1)
    monkeypatch.setattr(planted_maps, "INPUTS_PER_MODEL", 8)
    shares = []
    found = planted_maps.measure_maps(0, shares.append)
    assert shares[-1] == 1
    assert set(found) == set(planted_maps.MAPS)
    for figures in found.values():
        assert {name: each["n"] for name, each in figures["measures"].items()} == dict.fromkeys(BY_TASK, 8)
    value = {name: figures["measures"]["near"]["value"] for name, figures in found.items()}
    assert value["occlusion, absolute"] > value["random"]


def test_a_model_that_did_not_learn_proves_nothing(monkeypatch):
    monkeypatch.setattr(planted_maps, "_UPDATES", 1)
    monkeypatch.setattr(planted_maps, "_ROUNDS", 1)
    with pytest.raises(RuntimeError, match="knows its rule in"):
        planted_maps.planted_task("near", 0)
