"""Folders of Spaces: what each kind needs, and nothing of the tests."""

import ast
import json

import pytest

from rnnformer_demo import cli
from rnnformer_demo.checkpoints.cards import names
from rnnformer_demo.data import InputError
from rnnformer_demo.site import space
from rnnformer_demo.site.space import KINDS, write_space


def test_a_space_with_gradio_is_this_project(tmp_path):
    written = write_space("gradio", tmp_path / "space", ["sentiment-en"])
    assert {path.name for path in written.folder.iterdir()} >= {
        "app.py",
        "README.md",
        "requirements.txt",
        "checkpoints",
    }
    assert names(written.folder / "checkpoints") == ["sentiment-en"]
    assert (written.folder / "app.py").read_bytes() == (space._ROOT / "app.py").read_bytes()
    assert "sdk: gradio" in (written.folder / "README.md").read_text(encoding="utf-8")
    assert not [*written.folder.rglob("__pycache__"), *written.folder.rglob("tests")]
    assert written.size == sum(path.stat().st_size for path in written.folder.rglob("*") if path.is_file())


def test_one_on_zerogpu_has_its_pins_and_a_decorated_function(tmp_path):
    folder = write_space("zerogpu", tmp_path / "space", ["sentiment-en"]).folder
    pins = (folder / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert {"torch==2.11.0", "torchvision==0.26.0"} <= set(pins)
    assert [pin for pin in pins if pin.startswith("spaces==")]
    app = ast.parse((folder / "app.py").read_text(encoding="utf-8"))
    decorated = [
        node for node in ast.walk(app) if isinstance(node, ast.Call) and ast.unparse(node.func) == "spaces.GPU"
    ]
    assert [ast.unparse(call.args[0]) for call in decorated] == ["_on_gpu"]


def test_a_static_one_is_a_site(tmp_path, monkeypatch):
    def build(out, models, report):
        out.mkdir()
        (out / "index.html").write_text(" ".join(models), encoding="utf-8")

    monkeypatch.setattr(space, "build", build)
    assert write_space("static", tmp_path / "space", ["sentiment-en"]).size == len("sentiment-en")


def test_what_cannot_be_written_is_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="holds something already"):
        write_space("gradio", tmp_path)
    with pytest.raises(InputError, match="There is no model 'nobody'"):
        write_space("gradio", tmp_path / "new", ["nobody"])
    with pytest.raises(InputError, match="The kind of a Space must be one of static, gradio, zerogpu, got 'docker'"):
        write_space("docker", tmp_path / "new")


def test_the_commands_say_what_they_wrote(tmp_path, monkeypatch, capsys):
    arguments = ["space", "--kind", "gradio", "--out", str(tmp_path / "space"), "--models", "sentiment-en", "--json"]
    assert cli.main(arguments) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["kind"] == "gradio"
    assert answer["bytes"] > 1e6
    assert cli.main(["site", "--out", str(tmp_path), "--json"]) == 2
    assert "holds something already" in json.loads(capsys.readouterr().out)["error"]
    assert cli.main(["space", "--kind", "docker", "--out", str(tmp_path / "other")]) == 2
    said = capsys.readouterr().err
    assert all(kind in said for kind in KINDS)
