"""Builders that the tests share: models small enough to be made in milliseconds, and data for them."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn

from rnnformer_demo.confidence.ood import FEATURES, MahalanobisDetector, Thresholds
from rnnformer_demo.data.image import ImageReader
from rnnformer_demo.data.text import TextReader, train_tokenizer
from rnnformer_demo.models import Hybrid, classes, stacked
from rnnformer_demo.models.backbones.stages import MEAN, STD, STRIDE
from rnnformer_demo.nn.hooks import HookPoint, capture

ROOT = Path(__file__).resolve().parents[2]
SHARED_DATA = ROOT.parent / "shared" / "data"
FIXTURES = ROOT / "tests" / "fixtures"

PATTERNS = (("lstm", "gru"), ("lstm",), ("gru",), ())
SMALL = {"width": 16, "units": 5, "heads": 2, "dropout": 0.1}
SMALLEST = {
    "text": SMALL | {"vocabulary": 90, "embedding": 12, "max_tokens": 32},
    "image": SMALL | {"image_size": 96},
}
SENTENCES = (
    "a good film , it 's moving and funny",
    "a bad film , it ca n't be saved",
    "the actors are good but the plot is bad",
    "funny , moving and never bad",
    "i do n't like this boring plot",
    "this is the good kind of boring",
)

FEATURES_OF = (
    *(("image", feature) for feature in ("pooled", "texture", "tokens")),
    *(("text", feature) for feature in ("joint", "pooled", "tokens")),
)


def model(modality: str, seed: int = 0, patches: bool = True, **changes) -> Hybrid:
    """A small model in eval mode, still trainable.

    Args:
        patches: give an image model a backbone whose cells do not overlap, instead of EfficientNet-Lite0.
        changes: fields of the config; `recurrent_layers` and `attention_layers` stand for `blocks`.
    """
    torch.manual_seed(seed)
    config_class, model_class = classes(modality)
    changes = _with_blocks(**changes)
    made = model_class(config_class(labels=("no", "yes", "perhaps"), **SMALLEST[modality] | changes))
    if modality == "image" and patches:
        finer, half = made.config.texture_channels, made.config.stride // 2
        made.backbone = nn.Sequential(
            nn.Conv2d(3, finer, half, half),
            HookPoint("texture", "texture"),
            nn.Conv2d(finer, made.config.channels, 2, 2),
        )
    if made.config.pooling == "attention":
        torch.nn.init.normal_(made.core.pooling.score.weight)  # starts at zero, which would hide errors
    return made.eval()


def _with_blocks(recurrent_layers: int = 1, attention_layers: int = 2, **changes) -> dict:
    """Changes with recurrent blocks below attention blocks, so many of each, unless they name their blocks."""
    recurrent = recurrent_layers if changes.get("recurrence", True) else 0
    return {"blocks": stacked(recurrent, attention_layers)} | changes


def inputs(made: Hybrid, lengths: list[int], seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    """A batch for a model: for text of the given lengths, padded; of as many photos otherwise."""
    generator = torch.Generator().manual_seed(seed)
    if made.grid is not None:
        size, steps = made.config.image_size, made.grid[0] * made.grid[1]
        photos = torch.randn(len(lengths), 3, size, size, generator=generator)
        return photos, torch.ones(len(lengths), steps, dtype=torch.bool)
    mask = torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]
    ids = torch.randint(2, made.config.vocabulary, mask.shape, generator=generator)
    return ids.masked_fill(~mask, 0), mask


def ood_signal(made: Hybrid, feature: str = "tokens", threshold: float = 1.0) -> MahalanobisDetector:
    """A signal that fits a model and was fitted to nothing, of arrays as a checkpoint has it."""
    width, single = FEATURES[feature].width(made.config), np.float32
    centres, whitening, between = np.zeros((1, width), single), np.eye(width, dtype=single), np.ones(width, single)
    return MahalanobisDetector(feature, centres, whitening, between, Thresholds.constant(threshold))


def as_arrays(tensors: dict[str, torch.Tensor]) -> dict[str, np.ndarray]:
    """Tensors as a checkpoint's detector reads them."""
    return {name: tensor.detach().numpy() for name, tensor in tensors.items()}


def text_reader(max_tokens: int = 32) -> TextReader:
    """A reader with a tokenizer of whole words and some pieces."""
    return TextReader(train_tokenizer(SENTENCES * 2, 70), max_tokens)


def image_reader(size: int = 96) -> ImageReader:
    """A reader for the small image models."""
    return ImageReader(size, STRIDE, MEAN, STD)


def photo(size: tuple[int, int] = (120, 100), seed: int = 0) -> Image.Image:
    """A smooth coloured picture that no encoder finds hard."""
    chooser = np.random.default_rng(seed)
    return Image.fromarray(chooser.integers(0, 256, (5, 6, 3), dtype=np.uint8)).resize(size, Image.Resampling.BICUBIC)


def encode(image: Image.Image, kind: str, **options) -> bytes:
    """The bytes of an image file."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def hooks(made: nn.Module) -> int:
    """How many hooks hang on a model."""
    return sum(
        len(module._forward_hooks)
        + len(module._forward_pre_hooks)
        + len(module._backward_hooks)
        + len(module._backward_pre_hooks)
        for module in made.modules()
    )


def output_of(module: nn.Module, kind: str, *arguments) -> torch.Tensor:
    """The output of the one hook point of a kind when a module is run."""
    (name,) = [part.name for part in module.modules() if isinstance(part, HookPoint) and part.kind == kind]
    with capture(module) as outputs:
        module(*arguments)
    return outputs[name].detach()


def mask_of(lengths: list[int]) -> torch.Tensor:
    """(B, T) for rows of these lengths."""
    return torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]


def run_python(code: str) -> str:
    """Standard output of a fresh interpreter that runs `code` in the project's folder."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
