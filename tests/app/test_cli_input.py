"""What commands take for their input: bytes of any encoding, texts that look like options, seeds, names of files."""

import io
import json
import os
import subprocess
import sys

import pytest
import tiny

from rnnformer_demo.cli import main

TEXT, CHINESE = "sentiment-en", "sentiment-zh"


def run(capsys: pytest.CaptureFixture, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def typed(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Let bytes come from standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def refused(capsys: pytest.CaptureFixture, *arguments: str) -> str:
    """The one sentence that a command says when it refuses."""
    code, out, error = run(capsys, *arguments)
    assert (code, out, error.count("\n")) == (2, "", 1)
    return error


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
def test_standard_input_in_another_encoding_reads_the_same(capsys, monkeypatch, encoding):
    text = "很好，房间干净"
    plain = json.loads(run(capsys, "predict", CHINESE, text, "--json")[1])
    typed(monkeypatch, text.encode(encoding))
    code, out, error = run(capsys, "predict", CHINESE, "-", "--json")
    read = json.loads(out)
    assert code == 0
    assert read["input"]["units"] == plain["input"]["units"]
    assert read["prediction"]["logits"] == plain["prediction"]["logits"]
    assert ("it was read as gb18030" in error) == (encoding == "gb18030")


def test_an_encoding_that_is_not_certain_is_named(capsys, monkeypatch):
    data = "The café was bad".encode("cp1252")
    typed(monkeypatch, data)
    assert "looks like cp1252 (Western European): add --encoding cp1252" in refused(capsys, "predict", TEXT, "-")
    typed(monkeypatch, data)
    code, out, _ = run(capsys, "explain", TEXT, "-", "--encoding", "cp1252", "--json")
    assert (code, json.loads(out)["input"]["text"]) == (0, "The café was bad")
    typed(monkeypatch, data)
    assert "There is no encoding 'rot13'" in refused(
        capsys, "whatif", TEXT, "-", "--remove", "bad", "--encoding", "rot13"
    )


@pytest.mark.parametrize("text", ["-terrible", "--terrible", "-horrible", "-terrible film", "--x=y", "-1", "-", "--no"])
def test_a_text_may_begin_with_a_hyphen(capsys, monkeypatch, text):
    typed(monkeypatch, b"-")
    code, out, _ = run(capsys, "predict", TEXT, text, "--json")
    assert (code, json.loads(out)["input"]["text"]) == (0, text)
    code, out, _ = run(capsys, "explain", "--method", "occlusion", TEXT, "--json", "--", text if text != "-" else "a -")
    assert code == 0


def test_a_unit_may_begin_with_a_hyphen(capsys):
    code, out, _ = run(capsys, "whatif", TEXT, "a -terrible film", "--replace", "terrible", "-good", "--json")
    assert (code, json.loads(out)["edits"][0]["operation"]) == (0, "-good")


@pytest.mark.parametrize("option", ["--jsn", "--traget", "--sead"])
def test_a_mistyped_option_is_no_text(capsys, option):
    assert "a text that looks like an option goes last, after --" in refused(capsys, "explain", TEXT, option)
    assert "unrecognized arguments: " + option in refused(capsys, "explain", TEXT, "a film", option)


@pytest.mark.parametrize("seed", ["18446744073709551616", "9223372036854775808", "-1", "1.5", "x", ""])
@pytest.mark.parametrize("command", ["explain", "whatif", "compare"])
def test_a_seed_out_of_range_gets_a_sentence(capsys, command, seed):
    more = ["--remove", "film"] if command == "whatif" else []
    sentence = refused(capsys, command, TEXT, "a film", *more, "--seed", seed)
    assert f"The seed must be a whole number from 0 to 9223372036854775807, got {seed}" in sentence


def test_the_largest_seed_draws(capsys):
    assert (
        run(capsys, "explain", TEXT, "a good film", "--seed", str(2**63 - 1), "--method", "random", "--trust")[0] == 0
    )


@pytest.mark.parametrize("task", [["text", "--seeds"], ["image", "--seeds"], ["teacher", "--seed"]])
@pytest.mark.parametrize("seed", ["-1", "18446744073709551616", "0.5"])
def test_training_refuses_such_seeds_too(capsys, task, seed):
    task, flag = task
    assert f"{flag} must be " in refused(capsys, "train", task, "--data", "x.csv", "--name", "n", flag, seed)


@pytest.mark.parametrize(
    "arguments",
    [
        ["explain", TEXT, "a film", "--out", ""],
        ["explain", TEXT, "a film", "--out", " "],
        ["explain", TEXT, "a film", "--checkpoints", ""],
        ["report", "", "--out", "a.html"],
        ["report", "a.json", "--out", ""],
        ["evaluate", TEXT, "--data", ""],
        ["evaluate-explanations", TEXT, "--data", ""],
        ["models", "--write", ""],
        ["bench", "--write", ""],
    ],
)
def test_an_empty_path_is_refused(capsys, arguments):
    assert "must name a file or a folder, got " in refused(capsys, *arguments)


@pytest.mark.parametrize("flag", ["--runs", "--checkpoints", "--test", "--card-text"])
def test_training_refuses_empty_values(capsys, flag):
    assert f"{flag} must not be empty" in refused(capsys, "train", "text", "--data", "x.csv", "--name", "n", flag, "")
    assert f"{flag} must not be empty" in refused(capsys, "train", "text", "--data", "x.csv", "--name", "n", f"{flag}=")


@pytest.mark.slow
@pytest.mark.parametrize(("encoding", "more"), [("ascii", []), ("gbk", ["--json"])])
def test_a_terminal_of_another_encoding_shows_what_it_can(encoding, more):
    environment = os.environ | {"PYTHONIOENCODING": encoding}
    command = [sys.executable, "-m", "rnnformer_demo", "whatif", TEXT, "good film 好 — é", "--without", "good", *more]
    done = subprocess.run(command, env=environment, capture_output=True, cwd=tiny.ROOT, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    shown = done.stdout.decode(encoding)
    assert json.loads(shown)["input"]["text"] == "good film 好 — é" if more else "good" in shown
