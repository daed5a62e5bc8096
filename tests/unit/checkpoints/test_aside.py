"""Files are whole or as they were, also where the disk is full."""

import errno
from pathlib import Path

import pytest
import tiny
import torch
from safetensors import SafetensorError

from rnnformer_demo.checkpoints import aside, store
from rnnformer_demo.cli import main, models
from rnnformer_demo.training import loop

SENTENCE = "There is no room left on the disk for .*: free some and start again; what was saved before is whole."


def _full(path: Path, *_: object, **__: object) -> None:
    Path(path).touch()  # the name still had room
    raise OSError(errno.ENOSPC, "No space left on device", str(path))


def _full_in_rust(tensors: object, path: Path, *_: object) -> None:
    Path(path).touch()
    raise SafetensorError("Error while serializing: I/O error: No space left on device (os error 28)")


def test_a_text_that_has_no_room_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "card.json"
    aside.write_aside(path, "old")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", _full)
        with pytest.raises(aside.DiskFullError, match=SENTENCE):
            aside.write_aside(path, "new")
    assert [file.name for file in tmp_path.iterdir()] == ["card.json"]
    assert path.read_text() == "old"


def test_another_error_stays_itself(tmp_path):
    with pytest.raises(FileNotFoundError):
        aside.write_aside(tmp_path / "nowhere" / "card.json", "new")


def test_weights_that_have_no_room_leave_the_old_ones(tmp_path, monkeypatch):
    path = tmp_path / "last.safetensors"
    aside.save_aside(path, {"a": torch.ones(3)})
    before = path.read_bytes()
    monkeypatch.setattr("safetensors.torch.save_file", _full_in_rust)
    with pytest.raises(aside.DiskFullError, match=SENTENCE):
        aside.save_aside(path, {"a": torch.zeros(3)})
    assert [file.name for file in tmp_path.iterdir()] == ["last.safetensors"]
    assert path.read_bytes() == before


@pytest.mark.parametrize("full", ["weights", "card", "tokenizer"])
def test_a_checkpoint_that_has_no_room_leaves_the_old_one(tmp_path, monkeypatch, full):
    reader = tiny.text_reader()
    made = tiny.model("text", vocabulary=reader.tokenizer.get_vocab_size())
    about = {"metrics": {}, "data": {}, "command": "none"}
    old = store.save("mine", made, reader, about, recorded_text=tiny.SENTENCES[0], folder=tmp_path)
    files = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    if full == "weights":
        monkeypatch.setattr(store, "save_file", _full_in_rust)
    else:
        write = Path.write_text
        ending = {"card": "mine.json", "tokenizer": "mine.tokenizer.json"}[full]
        monkeypatch.setattr(
            Path, "write_text", lambda path, *a, **k: (_full if path.name == f".{ending}" else write)(path, *a, **k)
        )
    with pytest.raises(aside.DiskFullError, match=SENTENCE):
        store.save("mine", made, reader, about | {"task": "new"}, recorded_text=tiny.SENTENCES[0], folder=tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == files
    assert store.load("mine", tmp_path).sha256 == old.sha256


def test_the_command_line_says_so(monkeypatch, capsys, tmp_path):
    def no_room(options):
        with aside.full_disk_named(tmp_path):
            _full(tmp_path / "file")

    monkeypatch.setattr(models, "_models", no_room)
    assert main(["models", "--json"]) == 1
    said = capsys.readouterr()
    assert said.err.startswith("There is no room left on the disk")
    assert said.out.startswith('{"error": "There is no room left')
    assert loop.save_aside is aside.save_aside  # training writes by the same way
