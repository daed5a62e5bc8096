"""The hybrids and their registry: a checkpoint names its modality, and the modality names config and class."""

from dataclasses import asdict, fields

from .core import Hybrid, HybridConfig, freeze
from .image import ImageConfig, ImageHybrid
from .text import TextConfig, TextHybrid

MODELS: dict[str, tuple[type[HybridConfig], type[Hybrid]]] = {
    "text": (TextConfig, TextHybrid),
    "image": (ImageConfig, ImageHybrid),
}

__all__ = ["MODELS", "Hybrid", "HybridConfig", "build", "config_from_dict", "config_to_dict", "freeze"]


def config_to_dict(config: HybridConfig) -> dict:
    """A config as JSON takes it."""
    return asdict(config)


def config_from_dict(modality: str, values: dict) -> HybridConfig:
    """The config of a modality from what JSON gave back.

    Raises:
        ValueError: for an unknown modality, an unknown field or a value out of range.
    """
    if modality not in MODELS:
        raise ValueError(f"modality must be one of {sorted(MODELS)}, got {modality!r}")
    config_class = MODELS[modality][0]
    unknown = sorted(set(values) - {field.name for field in fields(config_class)})
    if unknown:
        raise ValueError(f"fields must be those of {config_class.__name__}, got {unknown}")
    return config_class(**{key: tuple(value) if isinstance(value, list) else value for key, value in values.items()})


def build(modality: str, config: HybridConfig) -> Hybrid:
    """A freshly initialised model of a modality."""
    return MODELS[modality][1](config)
