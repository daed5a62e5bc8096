"""Configs of the models that are trained, from the options of a task."""

from dataclasses import asdict, replace
from typing import cast

from ...data import InputError
from ...models import RECURRENT, HybridConfig, ImageConfig, TextConfig, classes
from ..config import HybridOptions, TextModelOptions
from ..studies.baselines import baseline_config

_LABELS = ("first", "second")  # those of the data take their place
_FREE = ("dropout", "word_dropout")  # may differ from those of the model that training starts from


def model_config(modality: str, options: HybridOptions, baseline: str | None = None) -> HybridConfig:
    """Return the config of a hybrid, or of its baseline. Without a recurrence no block is recurrent.

    Raises:
        InputError: for options that the config refuses, and see `baseline_config`.
    """
    config_class, _ = classes(modality)
    blocks = tuple(block for block in options.blocks if options.recurrence or block != RECURRENT)
    values = asdict(options) | {"blocks": blocks}
    try:
        config = config_class(labels=_LABELS, **values)
    except ValueError as error:
        name, _, rest = str(error).partition(" ")
        flag = f"--{name.replace('_', '-')}" if name in values else name
        raise InputError(f"{flag} {rest}.") from error
    return baseline_config(modality, config, baseline) if baseline else config


def text_config(options: TextModelOptions, baseline: str | None = None, init_from: str | None = None) -> TextConfig:
    """Return the config of a text hybrid or of its baseline; a model that starts from another has that one's shape.

    Raises:
        InputError: see `model_config`; where there is a model to start from, for another shape than the default one.
    """
    if init_from:
        plain = replace(TextModelOptions(), **{name: getattr(options, name) for name in _FREE})
        own = [name for name, value in asdict(options).items() if value != getattr(plain, name)]
        if own:
            flags = ", ".join(sorted("--" + name.replace("_", "-") for name in own))
            raise InputError(f"{init_from} brings its own shape: leave out {flags}.")
    return cast(TextConfig, model_config("text", options, None if init_from else baseline))


def image_config(options: HybridOptions, baseline: str | None = None) -> ImageConfig:
    """Return the config of an image hybrid or of its baseline.

    Raises:
        InputError: see `model_config`.
    """
    return cast(ImageConfig, model_config("image", options, baseline))
