"""Checkpoints damaged in some fifty ways: each is named in a sentence, and the others serve as if it were not there."""

import json
import logging
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tiny
from safetensors.numpy import load_file, save_file

from rnnformer_demo.analysis.prediction import predict
from rnnformer_demo.analysis.service import predict as predict_by_service
from rnnformer_demo.api.endpoints import list_models
from rnnformer_demo.checkpoints import cards, store
from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError
from rnnformer_demo.ui.catalogue import catalogue

TEXT = tiny.SENTENCES[0]
Damage = Callable[[Path, Path, Path], None]  # of card, weights and tokenizer

NAN = float("nan")
IN_CARD = {  # values of keys, "config.labels" for one within another; ... takes the key away
    "modality": [3, "video", ...],
    "config": ["wide", [], {}, None],
    "config.labels": [None, "ab", ["one"], [1, 2], ["same", "same"]],
    "config.blocks": ["recurrent", [3], ["convolution"]],
    "config.recurrence": [["elman"], 3],
    "config.width": ["wide", 0, 17, 32, None],
    "config.unknown": [1],
    "temperature": [0, -1, NAN, float("inf"), "hot", None, True],
    "temperature_exponent": [NAN, 1e9, "steep"],
    "parameters": [None, "many", -1],
    "metrics": [None, [], {"held_out": 3}],
    "data": [None, "none", {"file": 3}],
    "preprocessing": [None, {"unknown": 1}, {"max_tokens": "all"}],
    "recorded": [None],
    "ood": [[], {}, {"feature": "pooled", "threshold": 1}],
    "examples": ["one", [3]],
    "baseline_of": [3],
    "weights_sha256": ["0" * 64, 3],
    "format": [99, None],
}


def _in_card(key: str, value: object) -> Damage:
    def damage(card: Path, weights: Path, tokenizer: Path) -> None:
        content = json.loads(card.read_text())
        *outer, last = key.split(".")
        place = content[outer[0]] if outer else content
        if value is ...:
            del place[last]
        else:
            place[last] = value
        card.write_text(json.dumps(content))

    return damage


def _file(index: int, change: Callable[[Path], None]) -> Damage:
    return lambda *files: change(files[index])


def _cut(share: float) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(path.read_bytes()[: int(len(path.read_bytes()) * share)])


def _as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "gone")


def _flipped(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-5] ^= 0x40
    path.write_bytes(content)


def _with_header(header: object) -> Callable[[Path], None]:
    text = json.dumps(header).encode()
    return lambda path: path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(64))


def _tensors(change: Callable[[dict[str, np.ndarray]], object]) -> Damage:
    def damage(card: Path, weights: Path, tokenizer: Path) -> None:
        tensors = load_file(weights)
        change(tensors)
        save_file(tensors, weights)
        content = json.loads(card.read_text())
        del content[cards.DIGEST]  # as a foreign checkpoint, which says nothing of its weights
        card.write_text(json.dumps(content))

    return damage


def _set_nan(tensors: dict[str, np.ndarray]) -> None:
    next(iter(tensors.values())).flat[0] = NAN


CASES: dict[str, Damage] = {
    **{f"{key}={value!r:.30}": _in_card(key, value) for key, values in IN_CARD.items() for value in values},
    "card: folder": _file(0, _as_folder),
    "card: dangling": _file(0, _dangling),
    "card: cut": _file(0, _cut(0.5)),
    "card: empty": _file(0, _cut(0)),
    "card: deep": _file(0, lambda path: path.write_text("[" * 100_000)),
    "card: bytes": _file(0, lambda path: path.write_bytes(b"\xff\xfe\0")),
    "weights: folder": _file(1, _as_folder),
    "weights: dangling": _file(1, _dangling),
    "weights: cut": _file(1, _cut(0.9)),
    "weights: empty": _file(1, _cut(0)),
    "weights: header cut": _file(1, _cut(0.001)),
    "weights: flipped": _file(1, _flipped),
    "weights: list": _file(1, _with_header([1])),
    "weights: no shapes": _file(1, _with_header({"a": {"dtype": "F16"}})),
    "weights: odd type": _file(1, _with_header({"a": {"dtype": "BF16", "shape": [2], "data_offsets": [0, 4]}})),
    "weights: nan": _tensors(_set_nan),
    "weights: one less": _tensors(lambda tensors: tensors.popitem()),
    "weights: one more": _tensors(lambda tensors: tensors.update(more=np.zeros(3, np.float16))),
    "weights: shape": _tensors(lambda tensors: tensors.update({name: t[:1] for name, t in [*tensors.items()][:3]})),
    "tokenizer: folder": _file(2, _as_folder),
    "tokenizer: dangling": _file(2, _dangling),
    "tokenizer: cut": _file(2, _cut(0.5)),
    "tokenizer: list": _file(2, lambda path: path.write_text('{"model": []}')),
}


@pytest.fixture
def folder(saved, tmp_path, monkeypatch) -> Path:
    """A folder with a sound text model and one that is to be damaged."""
    for source in saved.glob("text*"):
        for name in ("mine", "sound"):
            (tmp_path / source.name.replace("text", name, 1)).write_bytes(source.read_bytes())
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path))
    cards._log_once.cache_clear()
    return tmp_path


def _is_sentence(error: InputError) -> bool:
    return str(error).count("mine") >= 1 and "Traceback" not in str(error)


@pytest.mark.parametrize("case", CASES)
def test_a_damaged_checkpoint_fails_in_a_sentence_and_the_others_serve(folder, case):
    CASES[case](*(folder / f"mine{suffix}" for suffix in (cards.CARD, cards.WEIGHTS, cards.TOKENIZER)))
    assert "sound" in [model["name"] for model in catalogue()["models"]]
    assert "sound" in [model["name"] for model in list_models()]
    for each in (predict, predict_by_service):
        with pytest.raises(InputError) as caught:
            each("mine", TEXT)
        assert _is_sentence(caught.value), str(caught.value)
    assert sum(predict("sound", TEXT).prediction.probabilities.values()) == pytest.approx(1, abs=1e-5)


def test_what_is_left_out_is_named_in_the_list_and_once_in_the_log(folder, capsys, caplog):
    _in_card("config.labels", None)(folder / "mine.json", folder, folder)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert [model["name"] for model in list_models()] == ["sound"]
    (line,) = [record.message for record in caplog.records]
    assert line.startswith("mine is left out: mine.json is damaged at config.labels: ")
    assert main(["models"]) == 0
    assert line in capsys.readouterr().out
    assert main(["models", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[1] == {"name": "mine", "error": line.partition(": ")[2]}


def test_a_sound_model_stays_so(folder):
    assert store.load("mine", folder).sha256 == store.load("sound", folder).sha256
