"""Training on photos: seeds, the CNN alone, blocks of the backbone that are fine-tuned, and ablations."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import tiny
import torch
from corrected import random_lite0
from safetensors.torch import load_file

from rnnformer_demo.checkpoints import cards
from rnnformer_demo.checkpoints.store import load
from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation.reporting import card_text, study_tables
from rnnformer_demo.models import ImageConfig, without_blocks
from rnnformer_demo.training import loop
from rnnformer_demo.training.config import (
    FROZEN,
    FineTuneConfig,
    ImageAblationsConfig,
    ImageDataConfig,
    ImageModelOptions,
    RunConfig,
    TrainImageConfig,
    TrainingConfig,
)
from rnnformer_demo.training.data.image_data import ImageData
from rnnformer_demo.training.studies import image_ablations
from rnnformer_demo.training.tasks import image, partial_finetune
from rnnformer_demo.training.tasks.partial_finetune import TrainableHead, pretrained

CONFIG = ImageConfig(**tiny.SMALLEST["image"] | {"labels": ("a", "b"), "image_size": 64})
MODEL = ImageModelOptions(**tiny.SMALLEST["image"] | {"image_size": 64})
TRAINING = TrainingConfig(epochs=2, batch_size=8, learning_rate=1e-3)
FIVE = FineTuneConfig(unfreeze=5)


@pytest.fixture(autouse=True)
def published(monkeypatch):
    """Stands for the published weights of EfficientNet-Lite0."""
    backbone = random_lite0().backbone
    for weights in backbone.parameters():
        weights.data *= 0.9  # the residuals of 16 blocks would add up otherwise
    monkeypatch.setattr(partial_finetune, "pretrained_backbone", lambda name: backbone)
    return backbone.state_dict()


@pytest.fixture
def photos(tmp_path) -> str:
    """Dark and bright photos, a folder for each."""
    for label, value in (("dark_ones", 60), ("bright_ones", 200)):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(10):
            picture = tiny.photo((40, 40), seed=number).point(lambda shade, value=value: value + shade // 5)
            (tmp_path / "photos" / label / f"{number}.png").write_bytes(tiny.encode(picture, "PNG"))
    return str(tmp_path / "photos")


def train(photos: str, tmp_path: Path, resume: bool = False, overwrite: bool = False, **options):
    arguments = {"name": "light", "test": (photos,), "model": MODEL, "training": TRAINING}
    config = TrainImageConfig(data=ImageDataConfig(data=photos, views=2), **arguments | options)
    run = RunConfig(resume=resume, overwrite=overwrite, runs=tmp_path / "runs")
    return image.train(config, run, folder=tmp_path / "checkpoints")


def test_of_several_seeds_the_best_held_out_is_shipped_and_all_are_told(photos, tmp_path, monkeypatch):
    saved = train(photos, tmp_path, seeds=(0, 1))
    seeds = saved.card["seeds"]
    assert [each["seed"] for each in seeds] == [0, 1]
    assert all(list(each["tests"]) == ["photos"] for each in seeds)
    (shipped,) = (each for each in seeds if each["shipped"])
    assert shipped["held_out"] == max(each["held_out"] for each in seeds)
    assert shipped["held_out"] == saved.card["metrics"]["held_out"]["accuracy"]
    assert saved.card["hyperparameters"]["seed"] == shipped["seed"]
    alone = [load("light", tmp_path / "runs" / f"light-seed{seed}") for seed in (0, 1)]
    assert alone[shipped["seed"]].sha256 == saved.sha256
    assert alone[0].sha256 != alone[1].sha256
    assert saved.card["recipe"]["stages"][-1]["seeds"] == [0, 1]
    assert alone[0].card["data"] == alone[1].card["data"]
    assert "tuning" not in saved.card

    monkeypatch.setattr(image, "fit_photos", None)  # nothing is trained again
    assert train(photos, tmp_path, seeds=(0, 1), resume=True).sha256 == saved.sha256


def test_seeds_of_what_is_shipped_are_not_trained_again(photos, tmp_path, monkeypatch):
    before = train(photos, tmp_path, seeds=(0, 1))
    shutil.rmtree(tmp_path / "runs")
    trained, fit_photos = [], image.fit_photos

    def watched(data, config, training, *rest):
        trained.append(training.seed)
        return fit_photos(data, config, training, *rest)

    monkeypatch.setattr(image, "fit_photos", watched)
    saved = train(photos, tmp_path, seeds=(0, 1, 2), resume=True)
    assert trained == [2]
    seeds = saved.card["seeds"]
    assert [each["seed"] for each in seeds] == [0, 1, 2]
    figures = [{key: each[key] for key in ("seed", "held_out", "tests")} for each in before.card["seeds"]]
    assert [{key: each[key] for key in ("seed", "held_out", "tests")} for each in seeds[:2]] == figures
    assert [each["shipped"] for each in seeds].count(True) == 1
    last = load("light", tmp_path / "runs" / "light-seed2")
    assert saved.sha256 == (last if seeds[2]["shipped"] else before).sha256
    assert saved.card["hyperparameters"]["seed"] == next(each["seed"] for each in seeds if each["shipped"])
    assert saved.card["recipe"]["stages"][-1]["seeds"] == [0, 1, 2]

    train(photos, tmp_path, seeds=(0, 1, 2), overwrite=True, training=replace(TRAINING, epochs=1))
    assert trained == [2, 0, 1, 2]
    shutil.rmtree(tmp_path / "runs")
    train(photos, tmp_path, seeds=(0, 1, 2), resume=True, overwrite=True)
    assert trained == [2, 0, 1, 2, 0, 1, 2]


def test_a_run_that_was_interrupted_in_its_first_epoch_begins_anew(photos, tmp_path):
    (tmp_path / "runs" / "light-seed0").mkdir(parents=True)
    assert train(photos, tmp_path, resume=True, training=replace(TRAINING, epochs=1)).name == "light"


def test_every_seed_holds_out_the_same_photos(photos, tmp_path):
    material = ImageData.labelled(ImageDataConfig(data=photos), tmp_path)
    assert (len(material.training), len(material.held_out)) == (18, 2)
    assert ImageData.labelled(ImageDataConfig(data=photos), tmp_path).held_out == material.held_out
    assert sorted(material.targets[material.held_out].tolist()) == [0, 1]


def run(photos: str, tmp_path: Path, *options: str) -> int:
    command = ["train", "image", "--data", photos, "--name", "light", "--runs", str(tmp_path / "runs"), "--views", "1"]
    return main([*command, "--image-size", "64", "--width", "16", "--units", "5", "--epochs", "1", *options])


@pytest.mark.parametrize("grid", ["32", "16", "both"])
def test_the_command_trains_the_cnn_alone_on_a_grid(photos, tmp_path, monkeypatch, grid):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path / "checkpoints"))
    assert run(photos, tmp_path, "--baseline", "cnn", "--grid", grid) == 0
    saved = load("light-cnn")
    assert saved.card["baseline_of"] == "light"
    (stage,) = saved.card["recipe"]["stages"]
    assert (saved.card["recipe"]["name"], stage["name"], stage["baseline"]) == ("light-cnn", "light", "cnn")
    assert (stage["seeds"], stage["unfreeze"], stage["grid"]) == ([0], 0, grid)
    channels, stride = {"32": (320, 32), "16": (112, 16), "both": (432, 32)}[grid]
    core = {name: tuple(weights.shape) for name, weights in saved.model.core.state_dict().items()}
    assert core == {"head.1.weight": (2, channels), "head.1.bias": (2,)}
    assert saved.card["preprocessing"]["stride"] == saved.reader.stride == stride


def test_the_command_fine_tunes_and_says_so(photos, tmp_path, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path / "checkpoints"))
    assert run(photos, tmp_path, "--unfreeze", "2", "--seeds", "3", "4", "--dropout", "0") == 0
    card = cards.read_card("light")
    assert card["tuning"] == {"blocks": 2, "rate": 0.1}
    assert [each["seed"] for each in card["seeds"]] == [3, 4]
    (stage,) = card["recipe"]["stages"]
    assert (stage["unfreeze"], stage["seeds"], stage["dropout"]) == (2, [3, 4], 0.0)
    assert "Fine-tuned: the CNN's last 2 blocks, at 0.1 of the learning rate" in card_text.describe("light")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--unfreeze", "-1"], "unfreeze must be 0 or more, got -1."),
        (
            ["--unfreeze", "1", "--backbone-lr-scale", "0"],
            "--backbone-lr-scale must be above 0 and at most 1, got 0.0.",
        ),
        (["--unfreeze", "17"], "So many blocks cannot be fine-tuned: upper must be 1 to 16 blocks"),
        (["--unfreeze", "4", "--grid", "both"], "upper must be 5 to 16 blocks of this backbone, got 4."),
        (["--unfreeze", "1", "--backbone", "mobilenet_v3_small"], "blocks of mobilenet_v3_small cannot be fine-tuned"),
        (["--grid", "8"], "--grid must be one of ('32', '16', 'both'), got '8'."),
        (["--grid", "16", "--backbone", "mobilenet_v3_small"], "--grid must be '32' for mobilenet_v3_small, got '16'."),
        (["--baseline", "mamba"], "--baseline must be one of gru, lstm, transformer, cnn, got 'mamba'."),
    ],
)
def test_the_command_refuses_what_cannot_be(photos, tmp_path, capsys, options, sentence):
    assert run(photos, tmp_path, *options) == 2
    assert sentence in capsys.readouterr().err


def test_frozen_weights_are_those_that_a_checkpoint_holds(published):
    part = pretrained(CONFIG, FROZEN, seed=0)
    for name, weights in part.model.backbone.state_dict().items():
        assert torch.equal(weights, published[name].half().float())
    assert not any(weights.requires_grad for weights in part.model.backbone.parameters())
    assert part.module is part.model.core


@pytest.mark.parametrize("grid", ["32", "16", "both"])
@pytest.mark.parametrize("blocks", [0, 5])
def test_what_is_trained_on_what_is_cached_is_the_model(grid, blocks):
    part = pretrained(replace(CONFIG, grid=grid), FineTuneConfig(blocks), seed=0)
    part.model.eval()
    inputs, mask = tiny.inputs(part.model, [0, 0, 0])
    with torch.no_grad():
        seen, expected = part.below(inputs), part.model(inputs, mask)
        torch.testing.assert_close(part.classify_tokens(seen, part.mask(3)), expected)
        torch.testing.assert_close(part.logits(seen), expected)
    trained = {id(weights) for weights in part.module.parameters()}
    asked = {id(weights) for weights in part.model.parameters() if weights.requires_grad}
    assert trained == asked
    of_backbone = trained - {id(weights) for weights in part.model.core.parameters()}
    assert len(of_backbone) == 6 * blocks  # three convolutions each, with a bias


def test_blocks_of_the_trunk_learn_more_slowly():
    part = pretrained(CONFIG, FineTuneConfig(unfreeze=1, backbone_lr_scale=0.25), seed=0)
    made = loop._groups(part.module, 0.1, part.rates)
    groups = {(group["share"], group["weight_decay"]): group["params"] for group in made}
    assert set(groups) == {(1.0, 0.1), (1.0, 0.0), (0.25, 0.1), (0.25, 0.0)}
    slow = groups[0.25, 0.1] + groups[0.25, 0.0]
    assert {id(weights) for weights in slow} == {id(weights) for weights in part.model.backbone[-1].parameters()}
    assert sum(map(len, groups.values())) == len(list(part.module.parameters()))


def test_fine_tuned_blocks_have_the_precision_of_the_config(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "multiplies_bfloat16", lambda device: True)
    made, seen = image.pretrained, []

    def watched(config, tuned, seed):
        part = made(config, tuned, seed)
        convolution = next(
            module for module in part.model.backbone[-1].modules() if isinstance(module, torch.nn.Conv2d)
        )
        convolution.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
        return part

    monkeypatch.setattr(image, "pretrained", watched)
    # Without recurrence: where the processor lacks bfloat16, PyTorch emulates all but the LSTM.
    config, training = without_blocks(CONFIG, "recurrent"), replace(TRAINING, epochs=1, precision="bfloat16")
    material = ImageData.labelled(ImageDataConfig(data=photos, views=1), tmp_path)
    image.fit_photos(material, config, training, FineTuneConfig(unfreeze=1), tmp_path / "run")
    assert seen[0] == torch.bfloat16  # in training
    assert seen[-1] == torch.float32  # on the held-out part


def test_fine_tuned_blocks_are_saved_with_the_core(photos, tmp_path, published):
    saved = train(photos, tmp_path, fine_tune=FIVE, training=replace(TRAINING, learning_rate=1e-2))
    backbone = saved.model.backbone.state_dict()
    moved = {name.split(".")[0] for name in backbone if not torch.equal(backbone[name], published[name].half().float())}
    assert moved == {"12", "13", "14", "15", "16"}
    best = load_file(tmp_path / "runs" / "light-seed0" / "best.safetensors")
    for name, weights in saved.model.core.state_dict().items():
        assert torch.equal(weights, best[f"core.{name}"].half().float()), name
    for name, weights in backbone.items():
        number, _, rest = name.partition(".")
        if int(number) >= 12:
            assert torch.equal(weights, best[f"backbone.{int(number) - 12}.{rest}"].half().float()), name

    # What the run saw of its held-out photos is what the loaded model says of them.
    material = ImageData.labelled(ImageDataConfig(data=photos, views=2), tmp_path / "runs")
    part = TrainableHead(saved.model, FIVE)
    seen = material.features(part)[0][material.held_out]
    assert seen.shape == (2, 112, 4, 4)
    ((photos_of, rows),) = material.sources
    samples = [saved.reader(photos_of.read(rows[index].path)) for index in material.held_out]
    with torch.no_grad():
        expected = torch.cat([saved.model(sample.inputs, sample.mask) for sample in samples])
    torch.testing.assert_close(part.logits(seen), expected, atol=2e-2, rtol=1e-2)  # cached in 16 bits
    held_out = (expected.argmax(-1) == material.targets[material.held_out]).float().mean().item()
    assert held_out == saved.card["metrics"]["held_out"]["accuracy"]


class Interrupted(Exception):
    """Stands for a machine that goes down."""


def test_an_interrupted_fine_tuning_ends_with_the_same_weights(photos, tmp_path, monkeypatch):
    whole = train(photos, tmp_path, fine_tune=FIVE)
    measured, logits = [], TrainableHead.logits

    def stop(self, seen):
        measured.append(len(seen))
        if len(measured) > 1:
            raise Interrupted
        return logits(self, seen)

    monkeypatch.setattr(TrainableHead, "logits", stop)
    with pytest.raises(Interrupted):
        train(photos, tmp_path, fine_tune=FIVE, name="broken")
    monkeypatch.undo()
    monkeypatch.setattr(
        partial_finetune, "pretrained_backbone", lambda name: whole.model.backbone
    )  # the run has its own blocks
    resumed = train(photos, tmp_path, fine_tune=FIVE, name="broken", resume=True)
    assert resumed.sha256 == whole.sha256


def test_models_that_read_the_same_share_a_cache(photos, tmp_path):
    material = ImageData.labelled(ImageDataConfig(data=photos, views=1), tmp_path)

    def seen(**changes):
        blocks = changes.pop("blocks", 0)
        return material.features(pretrained(replace(CONFIG, **changes), FineTuneConfig(blocks), seed=0))[0]

    shapes = [tuple(seen(**changes).shape[1:]) for changes in ({}, {"grid": "16"}, {"grid": "both"}, {"blocks": 5})]
    assert shapes == [(320, 2, 2), (112, 4, 4), (432, 2, 2), (112, 4, 4)]
    assert len(list((tmp_path / "features").iterdir())) == 3  # the finer grid is what the last five blocks read
    seen(blocks=5, grid="both")
    seen(units=7)
    assert len(list((tmp_path / "features").iterdir())) == 3
    seen(image_size=96)
    assert len(list((tmp_path / "features").iterdir())) == 4


def ablate(photos: str, tmp_path: Path, **options):
    config = ImageAblationsConfig(
        data=ImageDataConfig(data=photos, views=1),
        seeds=(0, 1),
        table=str(tmp_path / "table.json"),
        model=MODEL,
        training=replace(TRAINING, epochs=1),
        **{"test": photos} | options,
    )
    return image_ablations.run_ablations(config, RunConfig(runs=tmp_path / "runs"))


def test_ablations_are_measured_once_and_tabulated(photos, tmp_path, monkeypatch):
    only = ("hybrid", "CNN alone", "LSTM alone", "grid of", "last five")
    rows = ablate(photos, tmp_path, only=only)
    assert [row["seed"] for row in rows] == [0, 1] * 5
    by_name = {row["condition"].split()[0]: row for row in rows}
    assert by_name["LSTM"]["parameters"] == pytest.approx(by_name["hybrid:"]["parameters"], rel=0.03)
    assert by_name["last"]["core"] == by_name["hybrid:"]["core"] > by_name["CNN"]["core"] == 2 * 321
    assert by_name["grid"]["parameters"] < by_name["hybrid:"]["parameters"]
    for row in rows:
        assert (row["n"], row["test"]) == (20, f"{tmp_path.name}/photos")
        assert row["accuracy"] == pytest.approx(row["mean_class_accuracy"])  # both classes have as many photos
    monkeypatch.setattr(ImageData, "labelled", pytest.fail)  # nothing is read again
    assert ablate(photos, tmp_path, only=only) == rows

    text = study_tables.image_ablations_table(tmp_path / "table.json")
    assert len(text.splitlines()) == 2 + 5
    assert "| CNN alone: mean pooling | 642 | 2 | " in text
    assert text.count("±") == 3 * 5  # held out, test and mean of the classes
    assert study_tables.image_ablations_table(tmp_path / "none.json") == "Nothing has been ablated yet."


def test_every_condition_makes_a_config():
    names = [condition.name for condition in image_ablations.CONDITIONS]
    assert len(set(names)) == len(names) == 16
    for condition in image_ablations.CONDITIONS:
        replace(CONFIG, **condition.changes)


def test_the_command_ablates(photos, tmp_path, capsys):
    table = tmp_path / "table.json"
    command = ["train", "image-ablations", "--data", photos, "--test", photos, "--runs", str(tmp_path / "runs")]
    sizes = ["--image-size", "64", "--width", "16", "--units", "5", "--epochs", "1", "--views", "1", "--seeds", "0"]
    assert main([*command, *sizes, "--table", str(table), "--only", "nothing"]) == 2
    assert "There is no such condition: there is hybrid" in capsys.readouterr().err
    assert main([*command, *sizes, "--table", str(table), "--only", "no recurrence"]) == 0
    assert "| no recurrence | " in capsys.readouterr().out
    (row,) = json.loads(table.read_text(encoding="utf-8"))
    assert (row["condition"], row["seed"]) == ("no recurrence", 0)


def test_ablations_without_their_test_set_are_refused(photos, tmp_path):
    with pytest.raises(InputError, match="There is no test set at"):
        ablate(photos, tmp_path, test="nowhere.zip")
