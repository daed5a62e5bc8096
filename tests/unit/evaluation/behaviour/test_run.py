"""Behavioural tests of the shipped models: the command, and the results that are kept."""

import json
from types import SimpleNamespace

import pytest
import torch

from rnnformer_demo.checkpoints.cards import weights_digest
from rnnformer_demo.cli import main
from rnnformer_demo.evaluation.behaviour import store
from rnnformer_demo.evaluation.behaviour.run import evaluate_behaviour, sentiment_models
from rnnformer_demo.evaluation.behaviour.suite import read_suite


def test_every_sentiment_model_has_results_of_its_weights_and_of_the_tests_of_today():
    for name in sentiment_models():
        result = store.read(name)
        assert result["model_sha256"] == weights_digest(name), name
        assert result["suite_sha256"] == read_suite(result["language"]).sha256, name
        assert [figures["n"] for figures in result["capabilities"].values()] == [200] * 13


def test_the_command_repeats_what_is_kept_and_names_failing_cases(capsys):
    assert main(["evaluate-behaviour", "sentiment-zh", "--capability", "negation-of-a-negative", "--json"]) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    kept = store.read("sentiment-zh")["capabilities"]["negation of a negative"]
    again = result["capabilities"]["negation of a negative"]
    assert again["failure_rate"] == pytest.approx(kept["failure_rate"], abs=0.02)  # other processors round elsewhere
    assert len(result["failing"]["negation of a negative"]) == again["failures"]


def test_the_command_prints_a_table_and_examples_and_writes_the_table(tmp_path, capsys):
    file = tmp_path / "table.md"
    arguments = ["evaluate-behaviour", "sentiment-en-gru", "--capability", "idioms", "--examples", "1"]
    assert main([*arguments, "--cases", "20", "--out", str(file)]) == 0
    out = capsys.readouterr().out
    assert out.startswith("| failures, % | test | n | `sentiment-en-gru` |")
    assert "sentiment-en-gru, idioms: " in out
    assert file.read_text(encoding="utf-8").strip() == out.split("\nsentiment-en-gru, idioms")[0]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name models, or --all"),
        (["sentiment-en", "--all"], "Name models, or --all"),
        (["news-en"], "news-en does not tell negative from positive texts"),
        (["sentiment-en", "--capability", "irony"], "There is no capability 'irony' to test: there is vocabulary, "),
        (["sentiment-en", "--cases", "0"], "--cases must be 1 or more, got 0."),
        (["sentiment-en", "--write", "--seed", "1"], "--write keeps all capabilities"),
        (["--teachers", "nobody"], "Say with --language which language nobody reads."),
        (["--teachers", "nobody", "--runs", "nowhere", "--language", "en"], "There is no teacher nobody in nowhere"),
    ],
)
def test_what_cannot_be_tested_is_refused_in_a_sentence(arguments, sentence, capsys):
    assert main(["evaluate-behaviour", *arguments]) == 2
    assert capsys.readouterr().err.startswith(sentence)


def test_results_are_kept_without_the_failing_cases(tmp_path):
    from rnnformer_demo.analysis.service import get

    result = evaluate_behaviour(get("sentiment-zh-lstm"), ["negation"], count=10)
    store.write(result, tmp_path)
    (kept,) = store.load_results(tmp_path)
    assert kept == {key: value for key, value in result.items() if key != "failing"}
    assert store.markdown([kept]).splitlines()[2].startswith("| negation | MFT | 10 | ")
    assert store.markdown([]) == "Nothing has been measured yet."


def test_a_teacher_is_tested_like_a_model(monkeypatch, capsys):
    teacher = SimpleNamespace(labels=("negative", "positive"), weights=store.RESULTS / "sentiment-en.json")
    teacher.logits = lambda texts: torch.tensor([[0.0, 1.0 if "!" in text else -1.0] for text in texts])
    monkeypatch.setattr("rnnformer_demo.training.teachers.answers.load_teachers", lambda name, runs: [teacher, teacher])
    command = [
        "evaluate-behaviour",
        "--teachers",
        "shouting",
        "--language",
        "en",
        "--capability",
        "vocabulary",
        "--json",
    ]
    assert main(command) == 0
    (result,) = json.loads(capsys.readouterr().out)["results"]
    failures = {each["template"]: each["failures"] for each in result["capabilities"]["vocabulary"]["templates"]}
    assert result["model"] == "shouting"
    assert failures["What a(n) {great} {thing}!"] == failures["The {thing} was {awful}."] == 0
    assert failures["What a(n) {awful} {thing}!"] > 0 < failures["The {thing} was {great}."]
    teacher.labels = ("no", "yes")
    assert main(command) == 2
    assert "shouting knows no, yes, not negative and positive." in capsys.readouterr().out
