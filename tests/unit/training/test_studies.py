"""Ablations and search: tables that go on where they were interrupted, and say what was measured."""

import json
from dataclasses import replace

import pytest
import tiny

from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation.reporting import study_tables
from rnnformer_demo.models import TextConfig
from rnnformer_demo.training.config import (
    AblationsConfig,
    PretrainingDataConfig,
    RunConfig,
    SearchConfig,
    SeededTrainingConfig,
    TextModelOptions,
    TrainingConfig,
)
from rnnformer_demo.training.studies import search, text_ablations

CONFIG = TextConfig(labels=("a", "b"), **tiny.SMALLEST["text"])
MODEL = TextModelOptions(**tiny.SMALLEST["text"])
HYPERPARAMETERS = {"epochs": 6, "batch_size": 16, "learning_rate": 2e-2}


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "cakes.csv"
    lines = [f"cake {number} is {word} today,{word}" for number in range(60) for word in ("sweet", "burnt")]
    path.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    return str(path)


def run(table: str, tmp_path, **options):
    config = AblationsConfig(
        data=PretrainingDataConfig(data=(table,)),
        test=table,
        long=table,
        seeds=(0, 1),
        table=str(tmp_path / "ablations.json"),
        model=MODEL,
        training=TrainingConfig(**HYPERPARAMETERS),
        **options,
    )
    return text_ablations.run_ablations(config, RunConfig(runs=tmp_path / "runs"))


def test_ablations_are_measured_once_and_tabulated(table, tmp_path, monkeypatch):
    rows = run(table, tmp_path, only=("hybrid", "LSTM alone"))
    assert [(row["condition"].split()[0], row["seed"]) for row in rows] == [
        ("hybrid:", 0),
        ("hybrid:", 1),
        ("LSTM", 0),
        ("LSTM", 1),
    ]
    assert rows[2]["parameters"] == pytest.approx(rows[0]["parameters"], rel=0.03)
    assert all(row["n"] == 120 and row["accuracy"] > 0.9 and 0 <= row["shuffled"] <= 1 for row in rows)
    assert sum(part["n"] for part in rows[0]["by_length"].values()) == 240  # test set and long texts

    monkeypatch.setattr(text_ablations, "fit_text", None)  # nothing is trained again
    assert run(table, tmp_path, only=("hybrid", "LSTM alone")) == rows
    text = study_tables.ablations_tables(tmp_path / "ablations.json")
    assert "| LSTM alone, matched | " in text
    assert text.count("±") == 6  # held out, test and shuffled words, of two conditions


def test_every_condition_makes_a_config():
    names = [condition.name for condition in text_ablations.CONDITIONS]
    assert len(set(names)) == len(names)
    for condition in text_ablations.CONDITIONS:
        replace(CONFIG, **condition.changes)


def test_ablations_that_cannot_be_run_are_refused(table, tmp_path):
    with pytest.raises(InputError, match="There is no such condition: there is hybrid"):
        run(table, tmp_path, only=("nothing",))
    with pytest.raises(InputError, match="The distilled conditions need a teacher"):
        run(table, tmp_path)


def test_the_interval_is_that_of_students_t():
    # Mean 0.85, standard deviation 0.01, three seeds: 4.303 * 0.01 / sqrt(3).
    assert study_tables.mean_with_interval([0.84, 0.85, 0.86]) == "85.0 ± 2.5"
    assert study_tables.mean_with_interval([0.5]) == "50.0"
    # Nine seeds: standard deviation 0.02739, 2.306 * 0.02739 / 3.
    assert study_tables.mean_with_interval([0.80 + 0.01 * seed for seed in range(9)]) == "84.0 ± 2.1"


def test_a_search_goes_on_until_it_has_its_trials(table, tmp_path):
    pytest.importorskip("optuna", reason="the training extras are not installed")

    def searched(trials: int) -> dict:
        config = SearchConfig(
            name="study",
            data=PretrainingDataConfig(data=(table,)),
            trials=trials,
            table=str(tmp_path / "search.json"),
            model=MODEL,
            training=SeededTrainingConfig(**HYPERPARAMETERS),
        )
        return search.search(config, RunConfig(runs=tmp_path / "runs"))

    searched(2)
    best = searched(3)
    written = json.loads((tmp_path / "search.json").read_text(encoding="utf-8"))
    assert [trial["trial"] for trial in written["trials"]] == [0, 1, 2]
    assert best["held_out"] == max(trial["held_out"] for trial in written["trials"])
    for trial in written["trials"]:
        assert trial["units"] in search.UNITS
        assert search.DROPOUT[0] <= trial["dropout"] <= search.DROPOUT[1]
        assert search.LEARNING_RATE[0] <= trial["learning_rate"] <= search.LEARNING_RATE[1]
    assert study_tables.search_table(tmp_path / "search.json").count("\n") == 6
