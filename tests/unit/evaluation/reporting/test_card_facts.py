"""Facts for the page of models: those of the card, and of the record where it is of the same weights."""

import json

import pytest
from family import results, write, write_family

from rnnformer_demo.checkpoints.cards import names, weights_digest
from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation import records
from rnnformer_demo.evaluation.reporting.card_facts import facts

BINS = {"counts": [0, 400, 600], "confidence": [None, 0.55, 0.9], "accuracy": [None, 0.5, 0.95]}
PAIRED = {"with": "tea", "only_this": 3, "only_first": 9, "p": 0.146}


@pytest.fixture
def family(tmp_path, monkeypatch):
    """A folder of cards; see `write_family`."""
    write_family(tmp_path)
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path))
    return tmp_path


@pytest.fixture
def record(family, monkeypatch):
    """Give every baseline a record of the weights with this digest."""

    def set_digest(sha256: str) -> None:
        tests = {"sst2 dev": {"n": 1000, "accuracy": 0.87, "ece": 0.012, "reliability": BINS, "paired": PAIRED}}
        known = {"sha256": sha256, "tests": tests}
        monkeypatch.setattr(records, "read_record", lambda name, folder: known if name.startswith("tea-") else {})

    return set_digest


def test_every_card_has_facts_that_are_json(family):
    for name in names():
        assert json.loads(json.dumps(facts(name)))["name"] == name
    with pytest.raises(InputError, match="There is no model 'nobody'"):
        facts("nobody")


def test_the_facts_are_those_of_the_card(family):
    told = facts("tea")
    held_out, dev = told["tests"]
    assert (held_out["title"], held_out["chosen_on"], dev["chosen_on"]) == ("held out", True, False)
    assert (dev["n"], dev["accuracy"], dev["interval"]) == (1000, 0.87, [0.85, 0.88])
    assert dev["seeds"] == {"count": 3, "mean": pytest.approx(0.87), "sd": pytest.approx(0.01)}
    assert (dev["labels"], dev["confusion"]) == (["class 0", "class 1"], [[700, 700], [701, 701]])
    assert "confusions" not in dev
    assert told["ood"] == {"signal": "energy", "recall": 0.95, "n": 800}
    assert told["data"] == {"rows": 2000, "trained_on": 1800, "held_out": 200, "rejected_rows": 3}
    assert told["data_sets"] == [{"title": "a", "citation": "", "licence": "not known"}]
    assert told["training"]["minutes"] == 12.5
    baseline = facts("tea-gru")
    assert baseline["baseline_of"] == "tea"
    assert "seeds" not in baseline["tests"][1]


def test_reliability_and_pairs_are_those_of_the_same_weights(record, family):
    record("others")
    assert not {"reliability", "paired"} & facts("tea-gru")["tests"][1].keys()
    record(weights_digest("tea-gru"))
    held_out, dev = facts("tea-gru")["tests"]
    assert not {"reliability", "paired"} & held_out.keys()
    assert dev["paired"] == PAIRED | {"p_holm": pytest.approx(3 * 0.146)}  # of three baselines alike
    assert [(each["count"], each["confidence"], each["accuracy"]) for each in dev["reliability"]] == [
        (400, 0.55, 0.5),
        (600, 0.9, 0.95),
    ]
    assert dev["reliability"][0]["interval"] == pytest.approx([0.451, 0.549], abs=1e-3)


def test_pairs_are_corrected_for_all_baselines_of_the_hybrid(family, monkeypatch):
    p_values = {"tea-gru": 0.03, "tea-lstm": 0.02}

    def read(name, folder):
        pair = {"paired": PAIRED | {"p": p_values[name]}} if name in p_values else {}
        return {"sha256": weights_digest(name), "tests": {"sst2 dev": {"n": 1000, "accuracy": 0.87, **pair}}}

    monkeypatch.setattr(records, "read_record", read)
    corrected = {name: facts(name)["tests"][1]["paired"]["p_holm"] for name in p_values}
    assert corrected == {"tea-gru": 0.04, "tea-lstm": 0.04}


def test_of_many_classes_the_most_frequent_mistakes_are_told(family):
    confusion = [[0] * 21 for _ in range(21)]
    confusion[2][2], confusion[2][5], confusion[7][3], confusion[0][1] = 20, 6, 9, 6
    write(family, "many", classes=21, metrics={"held_out": results(0.9, 21, confusion=confusion)})
    (test,) = facts("many")["tests"]
    assert "confusion" not in test
    assert test["confusions"] == [
        {"true": "class 7", "answer": "class 3", "count": 9, "of": 9},
        {"true": "class 0", "answer": "class 1", "count": 6, "of": 6},
        {"true": "class 2", "answer": "class 5", "count": 6, "of": 26},
    ]
    entries = results(0.9) | {"confusion_entries": [[4, 4, 2], [4, 6, 1]]}
    entries.pop("confusion")
    write(family, "many", classes=21, metrics={"held_out": entries})
    assert facts("many")["tests"][0]["confusions"] == [{"true": "class 4", "answer": "class 6", "count": 1, "of": 3}]
