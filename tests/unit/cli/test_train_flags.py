"""Flags of `train`: their help, and the sentences that refuse what does not parse."""

import re

import pytest

from rnnformer_demo.cli import main
from rnnformer_demo.cli.train_flags import parse_task
from rnnformer_demo.training.config import TASKS
from rnnformer_demo.training.recipes.stages import keys_of

HIDDEN = {"--seed", "--label-smoothing"}  # where a task fixes them
_FLAG = re.compile(r"(--[a-z-]+)( (\[?(STR|INT|FLOAT|PATH)\b)+[\[\]A-Z .]*)?")
_DEFAULT = re.compile(r"\(required\)|\(default:[^)]*\)")


def flag_helps(printed: str) -> dict[str, str]:
    """Return the help text of each flag in the panels of a printed help, without its default."""
    helps = {}
    for panel in printed.split("╰"):
        for entry in re.split(r"\n[│ ]*(?=--[a-z])", panel)[1:]:
            text = " ".join(re.sub("[│─╮╯]", " ", entry).split())
            flag = _FLAG.match(text)
            helps[flag[1]] = _DEFAULT.sub("", text[flag.end() :]).strip()
    return helps


@pytest.mark.parametrize("task", TASKS)
def test_every_flag_of_a_task_has_a_help_text(task, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")  # one column of panels
    with pytest.raises(SystemExit):
        parse_task(task, ["--help"])
    helps = flag_helps(capsys.readouterr().out)
    assert {"--" + key.replace("_", "-") for key in keys_of(task)} - HIDDEN <= set(helps)
    assert [flag for flag, text in helps.items() if not text] == []


def test_flags_of_a_task_become_its_config():
    config, run = parse_task("nbsvm", ["--name", "counted", "--data", "a.csv", "--longest", "2", "--threads", "1"])
    assert config == TASKS["nbsvm"](name="counted", data=type(config.data)(data=("a.csv",)), longest=2)
    assert run.threads == 1


REQUIRED = ["--data", "x.csv", "--name", "y"]
REFUSALS = [
    ("text", [*REQUIRED, "--max-window", "q"], "--max-window must be an integer, got 'q'"),
    ("text", [*REQUIRED, "--max_window=q"], "--max-window must be an integer, got 'q'"),
    ("text", [*REQUIRED, "--epochs", "1.5"], "--epochs must be an integer, got '1.5'"),
    ("text", [*REQUIRED, "--learning-rate", "q"], "--learning-rate must be a number, got 'q'"),
    ("text", [*REQUIRED, "--seeds", "1", "q"], "--seeds must be integers, got 'q'"),
    ("text", [*REQUIRED, "--precision", "half"], "--precision must be one of ['bfloat16', 'float32'], got 'half'"),
    ("imagenet-distill", [*REQUIRED, "--consistency", "4"], "--consistency must be from 0 to 1, got 4.0"),
    ("text", [*REQUIRED, "--epochs"], "--epochs must be an integer, got nothing"),
    ("text", [*REQUIRED, "--epochs", "--threads", "1"], "--epochs must be an integer, got nothing"),
    ("text", [*REQUIRED, "--runs"], "--runs must be a path, got nothing"),
    ("text", ["--data", "x.csv", "--name"], "--name must be a text, got nothing"),
    ("text", ["--name", "y", "--data"], "--data must name at least one file, got none"),
    ("text", [*REQUIRED, "--nope=3"], "There is no flag --nope"),
    ("nbsvm", [*REQUIRED, "--seed", "3"], "There is no flag --seed"),
    ("text", [*REQUIRED, "stray"], "There is no flag that takes 'stray'"),
    ("text", ["--data", "x.csv"], "--name must be given"),
    ("text", [], "--name and --data must be given"),
]


@pytest.mark.parametrize(("task", "arguments", "sentence"), REFUSALS)
def test_flags_that_do_not_parse_are_refused_in_one_sentence(task, arguments, sentence, capsys):
    assert main(["train", task, *arguments]) == 2
    assert capsys.readouterr().err == f"{sentence}. See python -m rnnformer_demo train {task} --help.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--recipe"], "--recipe must be a text, got nothing"),
        (["--recipe", "x", "--threads", "q"], "--threads must be an integer, got 'q'"),
    ],
)
def test_flags_of_a_recipe_that_do_not_parse_are_refused_in_one_sentence(arguments, sentence, capsys):
    assert main(["train", *arguments]) == 2
    assert capsys.readouterr().err == f"{sentence}. See python -m rnnformer_demo train --help.\n"
