"""Cards: their order, their sizes, and the objects that list them."""

import json

import pytest
from family import write_family

from rnnformer_demo.checkpoints import cards
from rnnformer_demo.cli import main


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
