"""Builders for tests of the hybrid that corrects a pretrained CNN."""

import tiny
import torch

from rnnformer_demo.models import freeze
from rnnformer_demo.models.backbones.efficientnet import EfficientNetLite0
from rnnformer_demo.models.image import ImageHybrid


def random_lite0(classes: int = 3) -> EfficientNetLite0:
    """EfficientNet-Lite0 whose weights let something through."""
    network = EfficientNetLite0(classes)
    for module in network.modules():
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    return network.eval()


def corrected_cnn(**changes) -> ImageHybrid:
    """A small model as it is served that has moved away from the CNN that it started as."""
    model = tiny.model("image", readout="cnn_head", **changes)
    torch.nn.init.normal_(model.core.up_proj.weight, std=0.5)
    return freeze(model)
