"""Near-duplicates among the photos that a detector is tested on."""

from pathlib import Path

import pytest
import tiny
from PIL import Image, ImageEnhance

from rnnformer_demo.data.photo_sets import PhotoSet
from rnnformer_demo.training.ood.likeness import SetPhoto, fingerprint, without_likeness


@pytest.fixture
def made(tmp_path) -> dict[str, SetPhoto]:
    """Photos by their names: one, changed copies of it, its mirror image, others, and a file that is none."""
    one = tiny.photo((200, 160), 1)
    pictures: dict[str, Image.Image] = {
        "one": one,
        "smaller": one.resize((90, 72)),
        "darker": ImageEnhance.Brightness(one).enhance(0.7),
        "grey": one.convert("L"),
        "cropped": one.crop((3, 2, 198, 158)),
        "mirrored": one.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        **{f"other {seed}": tiny.photo((200, 160), seed) for seed in range(2, 30)},
    }
    (tmp_path / "things").mkdir()
    for name, picture in pictures.items():
        picture.save(tmp_path / "things" / f"{name}.jpg", quality=70)
    (tmp_path / "things" / "damaged.jpg").write_bytes(b"\xff\xd8\xff")
    photos = PhotoSet(tmp_path)
    return {Path(row.path).stem: (photos, row) for row in photos.rows}


def test_what_was_seen_is_known_again_in_another_size_and_quality(made):
    left = without_likeness(list(made.values()), [made["one"]])
    copies = {"one", "smaller", "darker", "grey", "cropped"}
    assert {Path(row.path).stem for _, row in left} == made.keys() - copies


def test_what_does_not_open_is_like_nothing(made):
    assert fingerprint(made["damaged"]) is None
    assert without_likeness([made["one"]], [made["damaged"]]) == [made["one"]]
    assert without_likeness([made["damaged"]], [made["one"]]) == [made["damaged"]]


def test_where_nothing_was_seen_all_photos_stay(made):
    assert without_likeness(list(made.values()), []) == [*made.values()]
