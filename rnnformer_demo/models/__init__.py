"""The hybrids and their registry: a checkpoint names its modality, and the modality names config and class."""

from dataclasses import asdict, fields
from importlib import import_module
from typing import Any

from .hybrid import ATTENTION, RECURRENT, Hybrid, HybridConfig, freeze, stacked, without_blocks

# Modality: module, config, class. A text needs no torchvision, whose import takes longer than to analyse it.
MODELS: dict[str, tuple[str, str, str]] = {
    "text": (".text", "TextConfig", "TextHybrid"),
    "image": (".image", "ImageConfig", "ImageHybrid"),
}

__all__ = [
    "ATTENTION",
    "MODELS",
    "RECURRENT",
    "Hybrid",
    "HybridConfig",
    "build",
    "classes",
    "config_from_dict",
    "config_to_dict",
    "freeze",
    "stacked",
    "without_blocks",
]


def classes(modality: str) -> tuple[type[HybridConfig], type[Hybrid]]:
    """Return the config class and the model class of a modality.

    Raises:
        ValueError: for an unknown modality.
    """
    if modality not in MODELS:
        raise ValueError(f"modality must be one of {sorted(MODELS)}, got {modality!r}")
    module, config, model = MODELS[modality]
    imported = import_module(module, __name__)
    return getattr(imported, config), getattr(imported, model)


def config_to_dict(config: HybridConfig) -> dict[str, Any]:
    """Return a config as JSON takes it."""
    return asdict(config)


def config_from_dict(modality: str, values: dict[str, Any]) -> HybridConfig:
    """Return the config of a modality from the object that `config_to_dict` returned or JSON gave back.

    Raises:
        ValueError: for an unknown modality, an unknown field or a value out of range.
    """
    config_class, _ = classes(modality)
    unknown = sorted(set(values) - {field.name for field in fields(config_class)})
    if unknown:
        raise ValueError(f"fields must be those of {config_class.__name__}, got {unknown}")
    arguments: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
    return config_class(**arguments)


def build(modality: str, config: HybridConfig) -> Hybrid:
    """Return a freshly initialised model of a modality."""
    _, model_class = classes(modality)
    return model_class(config)
