"""Backbones by name: what comes out of each, batch norms folded away, and weights that can or cannot be had."""

from urllib.error import URLError

import pytest
import tiny
import torch
from torch import nn

from rnnformer_demo.analysis import service
from rnnformer_demo.checkpoints.store import load
from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError
from rnnformer_demo.models.backbones.facts import FACTS
from rnnformer_demo.models.backbones.registry import BACKBONES, LITE0, torchvision_backbone
from rnnformer_demo.models.backbones.stages import MEAN, STD
from rnnformer_demo.models.backbones.torchvision_compat import torchvision, transforms
from rnnformer_demo.training.config import (
    ImageDataConfig,
    ImageModelOptions,
    RunConfig,
    TrainImageConfig,
    TrainingConfig,
)
from rnnformer_demo.training.pretrained.backbones import pretrained_backbone
from rnnformer_demo.training.tasks import image

SMALLEST = "mobilenet_v3_small"


@pytest.mark.parametrize("name", BACKBONES)
def test_a_backbone_gives_the_grid_that_it_promises(name):
    backbone = BACKBONES[name].build().eval()
    with torch.no_grad():
        grid = backbone(torch.randn(1, 3, 64, 96))
    assert grid.shape == (1, FACTS[name].channels, 64 // FACTS[name].stride, 96 // FACTS[name].stride)
    assert not any(isinstance(module, nn.BatchNorm2d) for module in backbone.modules())
    kinds = {weight.dtype for weight in backbone.state_dict().values()}
    assert kinds == {torch.float32}  # no counter of batches either


def published(name: str) -> nn.Module:
    """A classifier of torchvision as if it had been trained: no batch norm is an identity."""
    network = torchvision.models.get_model(name, weights=None).eval()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5)
            nn.init.normal_(module.bias, std=0.1)
            nn.init.normal_(module.running_mean, std=0.1)
            nn.init.uniform_(module.running_var, 0.5, 2.0)
    return network


@pytest.mark.parametrize("name", [SMALLEST, "resnet18"])
def test_a_backbone_of_torchvision_sees_what_its_classifier_saw(name):
    network = published(name)
    features = getattr(network, "features", None) or nn.Sequential(*list(network.children())[:-2])
    photo = torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        as_trained = transforms.functional.normalize(photo, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
        expected = features(as_trained)
        found = torchvision_backbone(name, network.state_dict())((photo - MEAN) / STD)
    assert expected.std() > 1e-3
    torch.testing.assert_close(found, expected, atol=1e-4 * expected.abs().max().item(), rtol=1e-3)


@pytest.fixture
def downloads(monkeypatch):
    """Stands for torchvision's server; what it answers may be replaced."""
    answers = {"state": published(SMALLEST).state_dict(), "error": None}

    def get_state_dict(self, **options):
        assert options["weights_only"] is True
        if answers["error"]:
            raise answers["error"]
        return answers["state"]

    weights = torchvision.models.get_model_weights(SMALLEST)
    monkeypatch.setattr(weights, "get_state_dict", get_state_dict)
    return answers


def test_weights_that_are_downloaded_fit_the_backbone_of_the_registry(downloads):
    backbone = pretrained_backbone(SMALLEST)
    BACKBONES[SMALLEST].build().load_state_dict(backbone.state_dict(), strict=True)
    assert not backbone.training


@pytest.mark.parametrize("error", [URLError("no route to host"), RuntimeError("invalid hash value")])
def test_weights_that_cannot_be_downloaded_get_a_sentence(downloads, error):
    downloads["error"] = error
    with pytest.raises(InputError, match=r"The weights of mobilenet_v3_small cannot be downloaded \(.*\): connect to"):
        pretrained_backbone(SMALLEST)


@pytest.fixture
def photos(tmp_path):
    """Dark and bright photos, a folder for each."""
    for label, value in (("dark", 60), ("bright", 200)):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(10):
            picture = tiny.photo((40, 40), seed=number).point(lambda shade, value=value: value + shade // 5)
            (tmp_path / "photos" / label / f"{number}.png").write_bytes(tiny.encode(picture, "PNG"))
    return tmp_path / "photos"


def train(photos, tmp_path, backbone: str):
    config = TrainImageConfig(
        name="other-backbone",
        data=ImageDataConfig(data=str(photos), views=1),
        model=ImageModelOptions(image_size=64, backbone=backbone, **tiny.SMALL),
        training=TrainingConfig(epochs=1, batch_size=8),
    )
    return image.train(config, RunConfig(runs=tmp_path / "runs"), folder=tmp_path / "checkpoints")


def test_a_checkpoint_rebuilds_its_backbone(downloads, photos, tmp_path):
    saved = train(photos, tmp_path, SMALLEST)
    loaded = load("other-backbone", tmp_path / "checkpoints")
    assert loaded.card["config"]["backbone"] == SMALLEST
    expected = pretrained_backbone(SMALLEST).state_dict()
    for name, weight in loaded.model.backbone.state_dict().items():
        assert torch.equal(weight, expected[name].half().float()), name
    assert loaded.size <= 10_000_000
    assert service.predict(saved, photos / "dark" / "1.png").prediction.label in ("dark", "bright")


def test_a_model_too_large_for_a_checkpoint_is_refused_before_it_is_trained(photos, tmp_path):
    with pytest.raises(InputError, match=r"A model on resnet18 would take 2\d\.\d MB, a checkpoint may have 10 MB"):
        train(photos, tmp_path, "resnet18")


def test_the_command_names_the_backbones_that_there_are(photos, tmp_path, capsys):
    command = ["train", "image", "--data", str(photos), "--name", "some", "--runs", str(tmp_path), "--backbone", "vgg"]
    assert main(command) == 2
    assert f"backbone must be one of {LITE0}, mobilenet_v3_small" in capsys.readouterr().err
