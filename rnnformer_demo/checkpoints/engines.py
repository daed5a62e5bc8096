"""The choice of what runs a model that is served: ONNX Runtime on graphs, or torch on the modules."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..data import InputError
from .cards import WEIGHTS, default_folder

if TYPE_CHECKING:
    from .store import Checkpoint

ENGINES = ("auto", "onnx", "torch")
VARIABLE = "RNNFORMER_ENGINE"
KEPT_VARIABLE, KEPT = "RNNFORMER_MODELS_KEPT", 6  # one takes 50 to 120 MB: all 18 would be more than a small server has


def chosen_engine() -> str:
    """Return the engine that the environment names; "auto" takes graphs wherever they cover the model.

    Raises:
        InputError: for a name that no engine bears.
    """
    name = os.environ.get(VARIABLE) or ENGINES[0]
    if name not in ENGINES:
        raise InputError(f"{VARIABLE} must be one of {', '.join(ENGINES)}, got {name[:40]!r}.")
    return name


def models_kept() -> int:
    """Return the number of models that may stay loaded."""
    return int(os.environ.get(KEPT_VARIABLE) or KEPT)


def accelerate(checkpoint: Checkpoint, folder: Path | None = None) -> Checkpoint:
    """Give a model that is served the engine that was chosen, and return the checkpoint.

    The weights must stay as they are from now on.

    Raises:
        InputError: where "onnx" was asked for, and no graph covers the model.
    """
    from ..graphs.builder import Uncovered
    from ..graphs.engine import GraphEngine
    from .stored import tensors_in

    engine = chosen_engine()
    if engine != "torch":
        path = (folder or default_folder()) / f"{checkpoint.name}{WEIGHTS}"
        try:
            checkpoint.model.engine = GraphEngine(checkpoint.model.config, tensors_in(path))
        except Uncovered as error:
            if engine == "onnx":
                raise InputError(f"{checkpoint.name} cannot be run by ONNX Runtime: {error}.") from error
    return checkpoint
