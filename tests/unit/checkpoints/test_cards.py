"""Cards: their order, their sizes, and the objects that list them."""

import hashlib
import json

import pytest
import torch
from family import write_family
from safetensors.torch import save_file

from rnnformer_demo.checkpoints import cards
from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError


@pytest.fixture
def family(tmp_path, monkeypatch):
    """A folder of cards; see `write_family`."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    write_family(folder)
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(folder))
    return folder


def test_each_hybrid_is_followed_by_its_baselines(family):
    assert list(cards.in_families()) == ["many", "orphan", "tea", "tea-lstm", "tea-gru", "tea-transformer"]


def test_the_cnn_alone_follows_the_other_baselines():
    of_photos = [f"photos-{kind}" for kind in ("lstm", "gru", "transformer", "cnn")]
    known = {name: {"baseline_of": "photos"} for name in sorted(of_photos)} | {"photos": {}}
    assert list(cards.by_family(known)) == ["photos", *of_photos]


def test_json_gives_the_card_itself_with_its_bytes(family, capsys):
    assert main(["models", "tea", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told.pop("bytes") == cards.size_on_disk("tea") == (family / "tea.json").stat().st_size + 1_000_000
    assert told == cards.read_card("tea")


def test_the_digest_is_of_the_models_own_tensors(tmp_path):
    own = {"b": torch.arange(4.0), "a": torch.ones(2, 2).half()}
    save_file(own, tmp_path / "plain.safetensors")
    save_file({"ood.centres": torch.ones(3), **own}, tmp_path / "judging.safetensors")
    save_file(own | {"b": torch.arange(4.0) + 1}, tmp_path / "other.safetensors")
    save_file({"c": own["b"], "a": own["a"]}, tmp_path / "renamed.safetensors")
    bytes_of = {key: own[key].numpy().tobytes() for key in own}
    expected = hashlib.sha256(b"a F16 [2, 2]\n" + bytes_of["a"] + b"b F32 [4]\n" + bytes_of["b"]).hexdigest()
    assert cards.weights_digest("plain", tmp_path) == cards.weights_digest("judging", tmp_path) == expected
    others = {cards.weights_digest(name, tmp_path) for name in ("other", "renamed")}
    assert len(others | {expected}) == 3


def test_a_file_that_holds_no_weights_has_no_digest(tmp_path):
    (tmp_path / "mine.safetensors").write_bytes(b"weights")
    with pytest.raises(InputError, match=r"mine\.safetensors is damaged"):
        cards.weights_digest("mine", tmp_path)
