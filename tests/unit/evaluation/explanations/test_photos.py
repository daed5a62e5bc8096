"""Ground truth of photos: masks go the way of the photo, and what lies on their border counts nowhere."""

import csv
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
import truth
from PIL import Image
from truth import explanation

from rnnformer_demo.checkpoints.store import Checkpoint
from rnnformer_demo.data import InputError
from rnnformer_demo.data.file_sets import FileSet
from rnnformer_demo.evaluation.explanations import masks, randomisation
from rnnformer_demo.evaluation.explanations.benchmark import Skipped
from rnnformer_demo.evaluation.explanations.masks import BACKGROUND, BORDER, PET, MaskedPhoto
from rnnformer_demo.evaluation.explanations.run import evaluate_explanations, recognise


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    """A small untrained image model."""
    return truth.checkpoint("image")


def save(folder: Path, *pictures: np.ndarray, size: tuple[int, int] | None = None) -> Path:
    """A set with a photo for each mask (height, width), and one photo without."""
    with (folder / "index.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "breed", "trimap"])
        table.writerow(["alone.png", "none", ""])
        for number, mask in enumerate(pictures):
            tiny.photo(size or mask.shape[::-1], number).save(folder / f"{number}.png")
            Image.fromarray(mask).save(folder / f"{number}-mask.png")
            table.writerow([f"{number}.png", "none", f"{number}-mask.png"])
    return folder


def mask(height: int = 96, width: int = 192) -> np.ndarray:
    """Of a wide photo: in the square that is read, the left column of cells is animal, the next one border."""
    values = np.full((height, width), BACKGROUND, dtype=np.uint8)
    values[:, :80] = PET  # 48 columns lie outside of the square
    values[:, 80:112] = BORDER
    return values


def example_of(checkpoint, folder: Path):
    return masks.masked_photo_example(checkpoint, MaskedPhoto("0.png", "0-mask.png", FileSet(folder)))


def test_a_mask_is_cut_as_its_photo_and_its_border_counts_nowhere(checkpoint, tmp_path):
    example = example_of(checkpoint, save(tmp_path, mask()))
    assert example.sample.grid == (3, 3)
    on_animal, on_border = [1.0, 0.0, 0.0] * 3, [0.0, 1.0, 0.0] * 3
    edge = pytest.approx(1.0, abs=0.03)  # pixels beside an edge are mixed by the scaling
    assert example.score(explanation(on_animal, (3, 3)))["energy"][0] == edge
    assert example.score(explanation([-each for each in on_animal], (3, 3)))["energy"] is None
    mixed = example.score(explanation([1.0, 9.0, 3.0, *[0.0] * 6], (3, 3)))
    assert mixed["energy"][0] == pytest.approx(0.25, abs=0.06)
    assert mixed["pointing"] == (0.0, 1.0)
    assert example.score(explanation([1.0, 0.0, 0.5, *[0.0] * 6], (3, 3)))["pointing"] == (1.0, 1.0)
    assert example.score(explanation(on_border, (3, 3)))["pointing"][1] == 1.0
    share = example.references["share of the photo"]
    assert share["energy"][0] == pytest.approx(0.5, abs=0.02)
    logits = checkpoint.model(example.sample.inputs, example.sample.mask)[0]
    assert example.target == logits.argmax()


def test_pixels_are_scored_at_their_own_size(checkpoint, tmp_path):
    example = example_of(checkpoint, save(tmp_path, mask()))
    scores = torch.zeros(96, 96)
    scores[50, 10], scores[50, 90] = 3.0, 1.0
    assert example.score(explanation(scores.flatten().tolist(), (96, 96))) == {
        "energy": (pytest.approx(0.75), 1.0),
        "pointing": (1.0, 1.0),
    }


def test_the_share_of_what_is_cut_away_is_that_of_the_reader(checkpoint, tmp_path):
    values = np.full((96, 96), BACKGROUND, dtype=np.uint8)
    values[:8] = PET  # a reader that leaves out a sixth of the photo does not see it
    folder = save(tmp_path, values)
    checkpoint.reader.share, before = 5 / 6, checkpoint.reader.share
    try:
        with pytest.raises(Skipped, match="mostly animal"):
            example_of(checkpoint, folder)
    finally:
        checkpoint.reader.share = before


@pytest.mark.parametrize(
    ("values", "size", "wrong"),
    [
        (mask(), (90, 96), "must be 90 x 96 pixels"),
        (np.full((96, 96), 4, dtype=np.uint8), None, "1, 2 and 3 alone"),
    ],
)
def test_a_mask_that_does_not_fit_is_refused(checkpoint, tmp_path, values, size, wrong):
    with pytest.raises(InputError, match=wrong):
        example_of(checkpoint, save(tmp_path, values, size=size))


def test_photos_are_evaluated(checkpoint, tmp_path, monkeypatch):
    monkeypatch.setattr(randomisation, "build", lambda *_: tiny.model("image", seed=3))  # with its small backbone
    folder = save(tmp_path, mask(), mask(120, 96), np.full((96, 96), 7, dtype=np.uint8))
    (folder / "1-mask.png").write_bytes(b"no picture")
    assert recognise(str(folder), checkpoint) == (masks.MASKS, folder)
    shares = []
    found = evaluate_explanations(
        checkpoint, [str(folder)], ["integrated-gradients", "grad-cam"], report=shares.append, randomised=1
    )
    measured, drawn = found["results"]
    assert (measured["kind"], measured["n"], measured["rejected_rows"]) == ("masks", 1, 2)
    assert [row.split(":")[0] for row in measured["rejected"]] == ["line 4", "line 5"]
    assert set(measured["methods"]) == {"integrated-gradients", "grad-cam"}
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert (drawn["kind"], drawn["n"]) == ("randomisation", 1)
    for figures in drawn["methods"].values():
        assert all(-1 <= figure["value"] <= 1 for figure in figures["measures"].values())


def test_a_zip_in_a_folder_is_found(checkpoint, tmp_path):
    folder = tmp_path / "set"
    folder.mkdir()
    save(folder, mask())
    packed = tmp_path / "packed" / "set.zip"
    packed.parent.mkdir()
    with zipfile.ZipFile(packed, "w") as file:
        for path in folder.iterdir():
            file.write(path, path.name)
    for path in (packed, packed.parent):
        kind, found = recognise(str(path), checkpoint)
        assert (kind.name, found) == ("masks", packed)
    rows = masks.read_masked_photos(packed)
    assert (rows.data, [line for line, _ in rows.rows]) == ("set", [3])
