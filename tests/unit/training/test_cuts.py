"""Cuts of a photo to a square, compared on photos whose labels trained nothing."""

import pytest
import tiny

from rnnformer_demo.checkpoints.store import load
from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation.intervals import mcnemar
from rnnformer_demo.training.studies import cuts
from rnnformer_demo.training.studies.cuts import ASPECTS, CUTS, USED, compare_cuts


@pytest.fixture
def photos(tmp_path) -> str:
    for label in ("no", "yes", "strange"):
        for split, count in (("train", 3), ("val", 4), ("test", 2)):
            (tmp_path / "photos" / split / label).mkdir(parents=True)
            for number in range(count):
                size = ((90, 60), (120, 60), (60, 75), (60, 60))[number]
                data = tiny.encode(tiny.photo(size, number), "PNG")
                (tmp_path / "photos" / split / label / f"{number}.png").write_bytes(data)
    return str(tmp_path / "photos")


def test_photos_that_are_held_out_are_counted_by_their_aspect(saved, photos):
    figures = compare_cuts(load("image", saved), [photos])
    assert {(one.aspect, one.n) for one in figures} == {
        ("about 1.25:1", 2),
        ("about 1.5:1", 2),
        ("about 2:1", 2),
        ("both of the latter", 4),
        ("all", 6),
    }
    assert [one.cut for one in figures] == list(CUTS) * len(ASPECTS)
    assert all(0 <= one.right <= one.n and 0 < one.p <= 1 for one in figures)
    assert all(one.p == 1 for one in figures if one.cut == USED)
    assert {one.n for one in compare_cuts(load("image", saved), [photos], limit=1)} == {1}


def test_a_cut_is_compared_photo_by_photo():
    rows = [{USED: True, "squash": False}] * 3 + [{USED: False, "squash": True}] + [{USED: True, "squash": True}] * 5
    one = cuts._figures("all", "squash", rows)
    assert (one.n, one.right, one.p) == (9, 6, mcnemar(1, 3))


def test_the_table_is_written_in_its_place(saved, photos, tmp_path, capsys):
    (tmp_path / "README.md").write_text("<!-- cuts-image -->\n<!-- end -->\n")
    command = ["compare-cuts", "image", "--data", photos, "--checkpoints", str(saved)]
    assert main([*command, "--write", str(tmp_path / "README.md")]) == 0
    assert "| all | 6 | squash |" in (tmp_path / "README.md").read_text()
    assert main([*command, "--limit", "0"]) == 2
    assert "--limit must be at least 1, got 0" in capsys.readouterr().err
    assert main([*command, "--write", str(tmp_path / "none.md")]) == 2


def test_a_model_of_texts_cuts_nothing(saved, photos):
    with pytest.raises(InputError, match="text reads texts: only photos are cut to squares"):
        compare_cuts(load("text", saved), [photos])
