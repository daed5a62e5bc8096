"""Distillation without labels: pools and their parts, views, what a card says of the teacher, and a whole run."""

import zipfile
from pathlib import Path

import pytest
import tiny
import torch
from corrected import random_lite0

from rnnformer_demo.analysis import service
from rnnformer_demo.cli import main
from rnnformer_demo.confidence.calibration import NO_SCALING
from rnnformer_demo.data import InputError
from rnnformer_demo.data.labels import label_index
from rnnformer_demo.data.photo_sets import PhotoRow
from rnnformer_demo.models import ImageConfig
from rnnformer_demo.training.config import (
    DistillConfig,
    DistillModelOptions,
    DistillTrainingConfig,
    RunConfig,
    TrainingConfig,
    UnlabelledImagesConfig,
)
from rnnformer_demo.training.data.augment import center_crop, strong_augment, weak_augment
from rnnformer_demo.training.data.image_data import ImageData
from rnnformer_demo.training.data.imagenet import distinct, imagenet_labels
from rnnformer_demo.training.data.unlabelled_images import PARTS, UnlabelledImages, known_labels, open_pools, part_of
from rnnformer_demo.training.tasks import imagenet_distill
from rnnformer_demo.training.tasks.teacher_agreement import against_teacher, figures_of, same_answers
from rnnformer_demo.training.teachers.image_targets import CachedFeatures, ImageTargets, augment_of, kd_loss


def test_every_class_of_imagenet_has_a_name_of_its_own():
    labels = imagenet_labels()
    assert len(labels) == len({label.casefold() for label in labels}) == 1000
    assert (labels[0], labels[264], labels[474]) == ("tench", "Cardigan (dog)", "cardigan (garment)")
    assert all(label_index(labels[index], labels) == index for index in range(0, 1000, 13))


def test_names_that_were_there_before_get_a_number():
    assert distinct(["crane", "hen", "Crane", "crane"]) == ("crane", "hen", "Crane (2)", "crane (3)")


def make_pool(path: Path, count: int = 40, columns: str = "path,breed,official_split", split: str = "trainval") -> str:
    """A zip of small photos with an index."""
    labels = ("tench", "nosuch_thing")
    lines = [columns]
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(count):
            name = f"images/{number}.png"
            archive.writestr(name, tiny.encode(tiny.photo((40, 48), seed=number), "PNG"))
            row = {"path": name, "breed": labels[number % 2], "official_split": split if number % 4 else "test"}
            lines.append(",".join(row[column] for column in columns.split(",")))
        archive.writestr("index.csv", "\n".join(lines))
    return str(path)


def test_the_split_of_a_set_is_kept(tmp_path):
    pool = UnlabelledImages(make_pool(tmp_path / "pets.zip"))
    assert [len(pool.parts[part]) > 0 for part in PARTS] == [True] * 3
    assert {row.split for row in pool.parts["test"]} == {"test"}
    assert len(pool.parts["test"]) == 10
    assert sum(map(len, pool.parts.values())) == 40


def test_a_set_without_split_or_labels_is_halved_by_the_names_of_its_photos(tmp_path):
    pool = UnlabelledImages(make_pool(tmp_path / "some.zip", columns="path"))
    parts = {row.path: part for part in PARTS for row in pool.parts[part]}
    assert {row.label for row in pool.rows} == {""}
    assert 12 <= len(pool.parts["test"]) <= 28
    more = UnlabelledImages(make_pool(tmp_path / "more.zip", count=60, columns="path"))
    assert all(parts.get(row.path, part) == part for part in PARTS for row in more.parts[part])


def test_about_a_seventh_of_what_is_not_tested_on_is_held_out():
    rows = [PhotoRow(f"{number}.jpg", "", "") for number in range(4000)]
    for tested, test_share, held_share in ((False, 0.5, 0.075), (True, 0.0, 0.15)):
        parts = [part_of(row, tested) for row in rows]
        assert parts.count("test") / 4000 == pytest.approx(test_share, abs=0.03)
        assert parts.count("held_out") / 4000 == pytest.approx(held_share, abs=0.02)


def test_pools_that_cannot_be_are_refused(tmp_path):
    pool = make_pool(tmp_path / "pets.zip")
    (tmp_path / "other").mkdir()
    again = make_pool(tmp_path / "other" / "pets.zip")
    with pytest.raises(InputError, match="Two sets of photos bear one name"):
        open_pools([pool, again])
    with pytest.raises(InputError, match=r"index\.csv must have the column path"):
        UnlabelledImages(make_pool(tmp_path / "odd.zip", columns="breed"))
    with pytest.raises(InputError, match="There are too few photos: none is left for the part 'training'"):
        open_pools([make_pool(tmp_path / "tests.zip", split="test")])


def test_labels_that_the_model_does_not_know_are_none():
    rows = [PhotoRow("a", label, "") for label in ("Tench", "great_white_shark", "", "7", "nosuch")]
    assert known_labels(rows, imagenet_labels()) == [0, 2, -1, -1, -1]


def test_heavy_views_are_squares_that_the_seed_decides():
    photo = tiny.photo((90, 60))
    views = [strong_augment(photo, 32, 1.0, seed) for seed in (*range(30), 0)]
    assert all(view.size == (32, 32) and view.mode == "RGB" for view in views)
    assert views[0].tobytes() == views[30].tobytes() != views[1].tobytes()
    assert [augment_of(view) for view in range(4)] == [center_crop, weak_augment, strong_augment, weak_augment]


def test_the_distance_is_none_from_ones_own_answers_and_grows_from_there():
    logits = torch.randn(4, 6)
    targets = (logits / 2).softmax(-1)
    at_home, elsewhere = (
        kd_loss(lambda tokens, mask, said=said: said, 2.0)(logits, logits, targets) for said in (logits, -logits)
    )
    assert at_home.item() == pytest.approx(0, abs=1e-6)
    assert elsewhere > 0.1


def seen(labels: list[int]) -> CachedFeatures:
    return CachedFeatures("some test", torch.zeros(len(labels), 4, 2).half(), torch.tensor(labels))


def answers(classes: list[int]) -> torch.Tensor:
    return 5 * torch.nn.functional.one_hot(torch.tensor(classes), 3).float()


def test_accuracy_is_of_known_classes_and_agreement_of_all_photos():
    photos = seen([0, 1, 2, -1, -1])
    told = against_teacher([(photos, answers([0, 1, 1, 0, 2]), answers([0, 1, 2, 0, 1]))])
    assert (told["n"], told["accuracy"], told["ratio"]) == (3, 1.0, pytest.approx(2 / 3))
    assert told["agreement"] == same_answers(torch.tensor([0, 1, 1, 0, 2]), torch.tensor([0, 1, 2, 0, 1]))
    assert (told["agreement"]["n"], told["agreement"]["share"]) == (5, 0.6)
    assert set(against_teacher([(seen([-1]), answers([0]), answers([1]))])) == {"agreement"}
    figures = figures_of(photos, answers([0, 1, 1, 0, 2]), NO_SCALING)
    assert (figures["n"], figures["without_label"], figures["accuracy"]) == (3, 2, pytest.approx(2 / 3))
    assert figures["confusion_entries"] == [[0, 0, 1], [1, 1, 1], [2, 1, 1]]
    assert "confusion" not in figures


@pytest.fixture
def lite0(monkeypatch):
    """Stands for the published weights."""
    network = random_lite0(1000)
    monkeypatch.setattr(imagenet_distill, "pretrained_lite0", lambda: network)
    return network


def small(**changes) -> ImageConfig:
    return ImageConfig(**tiny.SMALLEST["image"] | {"labels": ("a", "b"), "image_size": 64} | changes)


def test_targets_are_what_the_teacher_says_of_this_view_and_of_all(lite0, tmp_path):
    model = imagenet_distill.starting_as_lite0(small(labels=imagenet_labels(), readout="cnn_head"))
    assert not any(weight.requires_grad for weight in model.backbone.parameters())
    assert not model.core.head[-1].weight.requires_grad
    assert model.core.up_proj.weight.requires_grad
    pools = open_pools([make_pool(tmp_path / "pets.zip", 24)])
    config = UnlabelledImagesConfig(data=("pets.zip",), views=3)
    data = ImageData.unlabelled(pools, model.config.labels, config, tmp_path)
    targets = ImageTargets(data, model, tiny.image_reader(64), "float32")
    assert targets.teacher.shape == (3, len(data.training) + len(data.held_out), 1000)
    assert len(targets.held_out.labels) == len(data.held_out) > 0
    training = TrainingConfig(batch_size=8)
    (tokens, mask, own), *_ = list(targets.batches(training, 0.0, 2.0)(0))
    (_, _, mixed), *_ = list(targets.batches(training, 0.25, 2.0)(0))
    (_, _, consensus), *_ = list(targets.batches(training, 1.0, 2.0)(0))
    assert tokens.shape[1:] == (4, 320)
    assert mask.all()
    torch.testing.assert_close(mixed, 0.75 * own + 0.25 * consensus)
    torch.testing.assert_close(consensus.sum(-1), torch.ones(len(tokens)), atol=1e-4, rtol=0)
    # Mirrored or not, the teacher says the same of the view that is shown.
    torch.testing.assert_close((model.classify_tokens(tokens, mask) / 2).softmax(-1), own, atol=1e-3, rtol=0)


def run(tmp_path: Path, pool: str | None = None, resume: bool = False, **options):
    """Trains on small photos."""
    config = DistillConfig(
        name="tiny-objects",
        data=UnlabelledImagesConfig(data=(pool or make_pool(tmp_path / "pets.zip", 32),), views=3),
        model=DistillModelOptions(**tiny.SMALLEST["image"] | {"image_size": 64}),
        **{"training": DistillTrainingConfig(epochs=2, batch_size=8, learning_rate=1e-3)} | options,
    )
    run_config = RunConfig(resume=resume, runs=tmp_path / "runs")
    return imagenet_distill.train(config, run_config, folder=tmp_path / "checkpoints")


def test_photos_without_labels_become_a_checkpoint_that_names_1000_classes(lite0, tmp_path, monkeypatch):
    monkeypatch.setattr(imagenet_distill, "LEAST_AGREEMENT", 0.8)  # of random weights' ten predictions one may change
    saved = run(tmp_path)
    assert saved.labels == imagenet_labels()
    assert saved.size < 10_000_000
    card = saved.card
    data, tests = card["data"], card["teacher"]["tests"]
    assert (data["rows"], data["rejected_rows"], data["trained_on"] + data["held_out"]) == (24, 0, 24)
    assert set(card["metrics"]) - {"all but held out"} == set(tests) == {"held_out", "pets test", "all tests"}
    assert card["metrics"]["all but held out"]["n"] > card["metrics"]["all tests"]["n"]
    assert card["metrics"]["pets test"]["n"] + card["metrics"]["pets test"]["without_label"] == 8
    assert tests["pets test"]["agreement"]["n"] == 8
    assert tests["all tests"]["agreement"]["share"] >= 0.5
    assert card["quantised"]["agreement"]["share"] >= imagenet_distill.LEAST_AGREEMENT
    assert card["quantised"]["weights"] == ["core.head.1.weight"]
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path / "checkpoints"))
    document = service.predict("tiny-objects", tiny.photo())
    assert len(document.prediction.probabilities) == 1000
    again = run(tmp_path, resume=True)
    assert again.sha256 == saved.sha256


def test_a_classifier_that_8_bits_change_is_not_saved(lite0, tmp_path, monkeypatch):
    monkeypatch.setattr(imagenet_distill, "LEAST_AGREEMENT", 1.01)
    with pytest.raises(InputError, match=r"In 8 bits the classifier answers otherwise in .* photos: at most"):
        run(tmp_path, training=DistillTrainingConfig(epochs=1))
    assert not (tmp_path / "checkpoints").exists()


def test_what_can_be_calibrated_on_nothing_is_refused(lite0, tmp_path):
    with pytest.raises(InputError, match="No held-out photo is of a class that the model knows"):
        run(tmp_path, make_pool(tmp_path / "unnamed.zip", columns="path,official_split"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--views", "1"], "--views must be at least 2, got 1."),
        (["--consistency", "1.5"], "--consistency must be from 0 to 1, got 1.5."),
        (["--temperature", "0"], "--temperature must be above 0, got 0.0."),
    ],
)
def test_the_command_refuses_what_is_out_of_range(tmp_path, capsys, options, sentence):
    command = ["train", "imagenet-distill", "--name", "some", "--data", make_pool(tmp_path / "pets.zip"), *options]
    assert main([*command, "--runs", str(tmp_path)]) == 2
    assert sentence in capsys.readouterr().err
