"""Fixtures that the tests share; see `tiny.py` for the builders behind them."""

# ruff: noqa: E402  (the number of threads is read when torch is imported)

import os
from pathlib import Path

# One thread for models this small: more only get in each other's way, and rounding then depends on who runs what. torch
# reads this once, when it is imported; what a test starts in a process of its own is not to inherit it.
_previous = os.environ.get("OMP_NUM_THREADS")
os.environ["OMP_NUM_THREADS"] = "1"
import torch

if _previous is None:
    del os.environ["OMP_NUM_THREADS"]
else:
    os.environ["OMP_NUM_THREADS"] = _previous

import pytest
import tiny
from hypothesis import settings

from rnnformer_demo.checkpoints import store
from rnnformer_demo.confidence.calibration import Temperature
from rnnformer_demo.data import Sample
from rnnformer_demo.models import MODELS, Hybrid, freeze
from rnnformer_demo.models.backbones import torchvision_compat  # noqa: F401  (before a test imports timm)

# The machine may be busy: no deadline for a single example. Derandomised, so that a run can be repeated.
settings.register_profile("project", deadline=None, derandomize=True, max_examples=20)
settings.load_profile("project")


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture(params=sorted(MODELS))
def modality(request) -> str:
    """Each modality in turn."""
    return request.param


@pytest.fixture
def model(modality: str) -> Hybrid:
    """A small model as it is served: frozen, in eval mode."""
    return freeze(tiny.model(modality))


@pytest.fixture(scope="session")
def samples() -> dict[str, Sample]:
    """One sample for each modality, as the small models read them."""
    reader = tiny.text_reader()
    return {
        "text": reader("The plot isn't boring, it's FUNNY and moving!"),
        "image": tiny.image_reader()(tiny.photo()),
    }


@pytest.fixture
def sample(modality: str, samples: dict[str, Sample]) -> Sample:
    """The sample of the modality at hand."""
    return samples[modality]


@pytest.fixture(scope="session")
def saved(tmp_path_factory) -> Path:
    """A folder with one small, untrained checkpoint of each modality, named after it."""
    folder = tmp_path_factory.mktemp("checkpoints")
    about = {"metrics": {"held_out": {"n": 1, "accuracy": 1.0}}, "data": {"file": "none"}, "command": "none"}
    reader = tiny.text_reader()
    text = tiny.model("text", vocabulary=reader.tokenizer.get_vocab_size())
    store.save("text", text, reader, about, Temperature(1.5, -0.25), recorded_text=tiny.SENTENCES[0], folder=folder)
    image = tiny.model("image", patches=False, image_size=64)
    store.save("image", image, tiny.image_reader(64), about, folder=folder)
    return folder
