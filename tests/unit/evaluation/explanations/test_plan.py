"""The plan of `evaluate-explanations --all`."""

import json

import pytest
import tiny

from rnnformer_demo.checkpoints.cards import in_families
from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation.explanations import benchmark, plan
from rnnformer_demo.evaluation.explanations.run import PLANTED, recognise


def test_every_shipped_model_is_measured_on_sets_that_fit(tmp_path):
    for path in {path for paths in (*plan._FAITHFUL.values(), *plan._MARKED.values()) for path in paths}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).touch()
    steps = plan.plan(tmp_path)
    assert {step.model for step in steps} == set(in_families())
    assert sum(step.path == PLANTED for step in steps) == 2
    assert len(steps) == len(set(steps))
    hybrids = ["-" not in step.model.removesuffix("-en").removesuffix("-zh") for step in steps]
    assert hybrids == sorted(hybrids, reverse=True)
    of_hybrids = {step.model for step in steps[: hybrids.index(False)]}
    assert {step.model for step in steps if step.randomised} == of_hybrids
    assert {step.model for step in steps if step.seeds} == of_hybrids
    assert plan.plan(tmp_path, ["objects"]) == [step for step in steps if step.model == "objects"]
    with pytest.raises(InputError, match="There is no model 'nobody'"):
        plan.plan(tmp_path, ["nobody"])


@pytest.mark.skipif(not tiny.SHARED_DATA.is_dir(), reason="the data sets are not here")
def test_the_sets_are_recognised():
    from rnnformer_demo.analysis.service import get

    for step in plan.plan(tiny.SHARED_DATA, ["sentiment-en", "news-en-gru", "sentiment-zh"]):
        if step.path != PLANTED:
            recognise(step.path, get(step.model))


def test_a_set_that_is_missing_is_named(tmp_path, capsys):
    assert main(["evaluate-explanations", "--all", "--data", str(tmp_path)]) == 2
    assert "--all needs every set that its plan names" in capsys.readouterr().err
    assert main(["evaluate-explanations", "--all", "--data", str(tmp_path), str(tmp_path)]) == 2
    assert "--all takes one folder with --data" in capsys.readouterr().err


@pytest.mark.parametrize("model", [[], ["text", "--all"]])
def test_a_model_or_all_of_them(model, tmp_path, capsys):
    assert main(["evaluate-explanations", *model, "--data", str(tmp_path)]) == 2
    assert "Name a model, or --all for every one of them." in capsys.readouterr().err


@pytest.fixture
def command(saved, tmp_path, monkeypatch) -> list[str]:
    """The command that measures two methods on the only model and set of a plan, and keeps a journal."""
    (tmp_path / "rows.tsv").write_text(
        "text\tlabel\n" + "".join(f"the plot {word} is bad but fun\tgood\n" for word in ("a", "film", "bad")),
        encoding="utf-8",
    )
    monkeypatch.setattr(plan, "_FAITHFUL", {"text": ("rows.tsv",)})
    monkeypatch.setattr(plan, "_PLANTED", ())
    monkeypatch.setattr(plan, "_SEEDS", 2)
    command = ["evaluate-explanations", "--all", "--data", str(tmp_path), "--checkpoints", str(saved), "--json"]
    return [*command, "--methods", "occlusion", "random", "--journal", str(tmp_path / "journal")]


def test_every_model_of_a_folder_is_measured(command, capsys):
    assert main([*command, "--randomised", "0", "--limit", "2"]) == 0
    measured, by_seeds = json.loads(capsys.readouterr().out)["results"]
    assert (by_seeds["kind"], by_seeds["explained"]) == ("stability", "the predicted class, by 2 seeds")
    assert (measured["model"], measured["n"], set(measured["methods"])) == ("text", 2, {"occlusion", "random"})
    assert "thread" in measured["machine"]


def test_a_run_that_was_cut_off_goes_on(command, tmp_path, monkeypatch, capsys):
    assert main([*command, "--randomised", "2"]) == 0
    whole = json.loads(capsys.readouterr().out)["results"]
    (journal,) = (tmp_path / "journal").glob("text-faithfulness-*.jsonl")
    lines = journal.read_text(encoding="utf-8").splitlines(keepends=True)
    assert len(lines) == 3 * 2 + 1  # inputs by methods, and the weights drawn anew
    journal.write_text("".join(lines[:3]) + lines[3][:20], encoding="utf-8")

    explained = []
    explain = benchmark.explain

    def counted(*arguments, **options):
        explained.append(arguments[3])
        return explain(*arguments, **options)

    monkeypatch.setattr(benchmark, "explain", counted)
    assert main([*command, "--dry-run"]) == 0
    step, by_seeds = json.loads(capsys.readouterr().out)["steps"]
    assert (by_seeds["data"].endswith(", 2 seeds"), by_seeds["done"], by_seeds["seconds"]) == (True, 6, 0)
    assert (step["model"], step["inputs"], step["methods"], step["done"]) == ("text", 3, 2, 3)
    assert step["seconds"] > 0
    assert explained == []
    assert main([*command, "--randomised", "2"]) == 0
    assert explained[:3] == ["random", "occlusion", "random"]  # then with weights drawn anew
    again = json.loads(capsys.readouterr().out)["results"]
    assert without_seconds(again) == without_seconds(whole)
    assert main([*command, "--dry-run"]) == 0
    step, _ = json.loads(capsys.readouterr().out)["steps"]
    assert (step["done"], step["seconds"]) == (6, 0)


def without_seconds(results: list[dict]) -> list[dict]:
    for result in results:
        for figures in result["methods"].values():
            figures.pop("seconds", None)
    return results


def test_a_step_measures_what_is_wanted_or_else_what_it_does_not_leave_out():
    step = plan.Step("text", "rows.tsv", left_out=("kernel-shap",))
    assert step.methods(["kernel-shap", "random"], "sequence") == ["kernel-shap", "random"]
    everything = step.methods(None, "sequence")
    assert "kernel-shap" not in everything
    assert "occlusion" in everything
    assert plan.Step("text", "rows.tsv", seeds=20).methods(None, "sequence") == ["integrated-gradients"]


def test_another_seed_has_a_journal_of_its_own(command, tmp_path, capsys):
    for seed in ("0", "1"):
        assert main([*command, "--randomised", "0", "--limit", "1", "--seed", seed]) == 0
    assert len([*(tmp_path / "journal").glob("text-faithfulness-*.jsonl")]) == 2


def test_parts_of_a_plan_go_with_all(tmp_path, capsys):
    for option in (["--dry-run"], ["--only", "text"]):
        assert main(["evaluate-explanations", "text", "--data", str(tmp_path), *option]) == 2
        assert "--only and --dry-run go with --all." in capsys.readouterr().err
