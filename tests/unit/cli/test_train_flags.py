"""Help of the flags of `train`."""

import re

import pytest

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
