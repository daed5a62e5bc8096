"""Records of reliability and of paired comparisons: what is written, what is refused, and those that are shipped."""

import json
from pathlib import Path

import pytest
import tiny

from rnnformer_demo.checkpoints import cards, store
from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation import records
from rnnformer_demo.evaluation.classification import evaluate
from rnnformer_demo.evaluation.records import RESULTS, read_record, write_record

ROWS = [f"{sentence},{label}" for sentence in ("good", "bad", "a film", "the plot") for label in ("yes", "no")]
SHIPPED = sorted(path.stem for path in RESULTS.glob("*.json"))


@pytest.fixture
def models(saved, tmp_path, monkeypatch) -> Path:
    """Checkpoints "one" and "other" with a test "films rows" of 8 texts, and the file of these."""
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path / "checkpoints"))
    monkeypatch.setattr(records, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(write_record, "__defaults__", (tmp_path / "results",))
    reader = tiny.text_reader()
    for name, cells in (("one", ("lstm", "gru")), ("other", ("gru",))):
        about = {"metrics": {"films rows": {"n": 8}}, "data": {"file": "none"}, "command": "none"}
        model = tiny.model("text", vocabulary=reader.tokenizer.get_vocab_size(), recurrence=cells)
        store.save(name, model, reader, about, recorded_text="good", folder=tmp_path / "checkpoints")
    rows = tmp_path / "films" / "rows.csv"
    rows.parent.mkdir()
    rows.write_text("\n".join(["text,label", *ROWS]))
    return rows


def test_models_are_tested_in_pairs(models):
    one, other = (store.load(name) for name in ("one", "other"))
    figures = evaluate(one, models, beside=[other])
    (beside,) = figures["beside"]
    assert {**beside, "paired": None} == {**evaluate(other, models), "paired": None}
    paired = beside["paired"]
    assert paired["with"] == "one"
    assert (paired["only_this"] - paired["only_first"]) / 8 == pytest.approx(beside["accuracy"] - figures["accuracy"])
    assert 0 < paired["p"] == paired["p_holm"] <= 1


def test_a_model_of_other_classes_stands_beside_none(models):
    with pytest.raises(InputError, match="one has other classes than sentiment-en: compare models of one task"):
        evaluate(store.load("sentiment-en", tiny.ROOT / "checkpoints"), models, beside=[store.load("one")])


def test_a_record_is_written_and_read_again(models, tmp_path, capsys):
    assert main(["evaluate", "one", "--data", str(models), "--beside", "other", "--write"]) == 0
    out = capsys.readouterr().out
    assert "other alone is right in" in out
    assert "other.json is written." in out
    record = read_record("other", tmp_path / "results")
    assert record["sha256"] == store.load("other").sha256
    figures = record["tests"]["films rows"]
    assert set(figures) == {"n", "accuracy", "ece", "reliability", "paired"}
    assert sum(figures["reliability"]["counts"]) == 8
    assert main(["evaluate", "other", "--data", str(models), "--write"]) == 0
    assert read_record("other", tmp_path / "results") == record  # the pair stays
    assert read_record("nobody", tmp_path / "results") == {}


def test_parts_that_are_switched_off_are_measured_kept_and_told(models, tmp_path, capsys):
    assert main(["evaluate", "one", "--data", str(models), "--ablate", "--beside", "other", "--write"]) == 0
    out = capsys.readouterr().out
    assert out.count("without recurrence: ") == out.count("uniform attention: ") == 2
    figures = read_record("one", tmp_path / "results")["tests"]["films rows"]
    without = figures["ablations"]["without_recurrence"]
    scored = evaluate(store.load("one"), models)
    assert figures["accuracy"] == scored["accuracy"]
    assert abs(without["accuracy"] - figures["accuracy"]) <= without["changed"] <= 1
    assert 0 < without["moved"] < 1
    assert 0 < without["p"] <= 1
    assert main(["evaluate", "one", "--data", str(models), "--write"]) == 0
    assert read_record("one", tmp_path / "results")["tests"]["films rows"]["ablations"] == figures["ablations"]  # stay


def test_what_other_weights_were_measured_goes(models, tmp_path):
    figures = evaluate(store.load("one"), models)
    write_record(figures, "old", tmp_path / "results")
    write_record(figures | {"accuracy": 0.5}, "new", tmp_path / "results")
    record = json.loads((tmp_path / "results/one.json").read_text())
    assert (record["sha256"], record["tests"]["films rows"]["accuracy"]) == ("new", 0.5)


def test_a_test_that_the_card_does_not_know_is_not_written(models, tmp_path):
    figures = evaluate(store.load("one"), models)
    for changes in ({"data": "others"}, {"n": 7}):
        with pytest.raises(InputError, match=r"The card of one has no test '.*' of [78] inputs: nothing is written"):
            write_record(figures | changes, "x", tmp_path / "results")
    assert not (tmp_path / "results").exists()


def test_every_shipped_model_has_a_record():
    assert cards.names(tiny.ROOT / "checkpoints") == SHIPPED


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_record_is_of_the_shipped_weights_and_agrees_with_their_card(name):
    record, card = read_record(name), cards.read_card(name, tiny.ROOT / "checkpoints")
    assert record["sha256"] == cards.weights_digest(name, tiny.ROOT / "checkpoints")
    assert record["tests"]
    for test, figures in record["tests"].items():
        of_card = card["metrics"][test]
        assert figures["n"] == of_card["n"] == sum(figures["reliability"]["counts"])
        assert figures["accuracy"] == pytest.approx(of_card["accuracy"], abs=1 / figures["n"])
        assert figures["ece"] == pytest.approx(of_card["ece"], abs=1e-3)
        if card.get("baseline_of"):
            paired = figures["paired"]
            assert paired["with"] == card["baseline_of"]
            other = read_record(paired["with"])["tests"][test]["accuracy"]
            difference = (paired["only_this"] - paired["only_first"]) / figures["n"]
            assert figures["accuracy"] - other == pytest.approx(difference)
