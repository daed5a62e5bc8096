"""The plan of `evaluate-explanations --all`."""

import json

import pytest
import tiny

from rnnformer_demo.checkpoints.cards import in_families
from rnnformer_demo.cli import main
from rnnformer_demo.evaluation.explanations import plan
from rnnformer_demo.evaluation.explanations.run import PLANTED, recognise


def test_every_shipped_model_is_measured_on_sets_that_fit(tmp_path):
    for path in {path for paths in (*plan._FAITHFUL.values(), *plan._MARKED.values()) for path in paths}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    steps = [*plan.plan(tmp_path)]
    assert {name for name, _ in steps} == set(in_families())
    assert sum(path == PLANTED for _, path in steps) == 2
    assert len(steps) == len(set(steps))


@pytest.mark.skipif(not tiny.SHARED_DATA.is_dir(), reason="the data sets are not here")
def test_the_sets_are_recognised():
    from rnnformer_demo.analysis.service import get

    for name, path in plan.plan(tiny.SHARED_DATA):
        if path != PLANTED and name in ("sentiment-en", "news-en-gru", "sentiment-zh"):
            recognise(path, get(name))


def test_a_set_that_is_missing_is_named(tmp_path, capsys):
    assert main(["evaluate-explanations", "--all", "--data", str(tmp_path)]) == 2
    assert "--all needs every set that its plan names" in capsys.readouterr().err
    assert main(["evaluate-explanations", "--all", "--data", str(tmp_path), str(tmp_path)]) == 2
    assert "--all takes one folder with --data" in capsys.readouterr().err


@pytest.mark.parametrize("model", [[], ["text", "--all"]])
def test_a_model_or_all_of_them(model, tmp_path, capsys):
    assert main(["evaluate-explanations", *model, "--data", str(tmp_path)]) == 2
    assert "Name a model, or --all for every one of them." in capsys.readouterr().err


def test_every_model_of_a_folder_is_measured(saved, tmp_path, monkeypatch, capsys):
    (tmp_path / "rows.tsv").write_text("text\tlabel\n" + "the plot is bad but fun\tgood\n" * 3, encoding="utf-8")
    monkeypatch.setattr(plan, "_FAITHFUL", {"text": ("rows.tsv",)})
    monkeypatch.setattr(plan, "_PLANTED", ())
    command = ["evaluate-explanations", "--all", "--data", str(tmp_path), "--checkpoints", str(saved), "--json"]
    assert main([*command, "--methods", "occlusion", "random", "--randomised", "0", "--limit", "2"]) == 0
    (measured,) = json.loads(capsys.readouterr().out)["results"]
    assert (measured["model"], measured["n"], set(measured["methods"])) == ("text", 2, {"occlusion", "random"})
