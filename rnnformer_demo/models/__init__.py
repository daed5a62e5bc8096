"""The hybrids and their registry: a checkpoint names its modality, and the modality names config and class.

Configs are read without torch, which is imported with the first model that is asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .config import (
    ATTENTION,
    CONFIGS,
    PERTURBATIONS,
    RECURRENT,
    HybridConfig,
    ImageConfig,
    TextConfig,
    config_class_of,
    config_from_dict,
    config_to_dict,
    stacked,
    without_blocks,
)

if TYPE_CHECKING:
    from .hybrid import Hybrid, freeze

# Modality: module, class. A text needs no torchvision, whose import takes longer than to analyse it.
MODELS: dict[str, tuple[str, str]] = {"text": (".text", "TextHybrid"), "image": (".image", "ImageHybrid")}
_WITH_TORCH = ("Hybrid", "freeze")  # of hybrid.py

__all__ = [
    "ATTENTION",
    "CONFIGS",
    "MODELS",
    "PERTURBATIONS",
    "RECURRENT",
    "Hybrid",
    "HybridConfig",
    "ImageConfig",
    "TextConfig",
    "build",
    "classes",
    "config_from_dict",
    "config_to_dict",
    "freeze",
    "stacked",
    "without_blocks",
]


def __getattr__(name: str) -> Any:
    if name in _WITH_TORCH:
        return getattr(import_module(".hybrid", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def classes(modality: str) -> "tuple[type[HybridConfig], type[Hybrid]]":
    """Return the config class and the model class of a modality.

    Raises:
        ValueError: for an unknown modality.
    """
    config = config_class_of(modality)
    module, model = MODELS[modality]
    return config, getattr(import_module(module, __name__), model)


def build(modality: str, config: HybridConfig) -> "Hybrid":
    """Return a freshly initialised model of a modality."""
    _, model_class = classes(modality)
    return model_class(config)
