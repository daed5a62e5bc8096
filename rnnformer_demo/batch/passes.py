"""Passes of a model over many inputs: by graphs without torch, or by torch where no graph runs the model."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from ..checkpoints.bare import BareCheckpoint
from ..checkpoints.engines import chosen_engine
from ..data import InputError
from ..graphs.builder import Uncovered
from ..graphs.sessions import Sessions

RULE = "cp-lrp"  # of relevance propagation, as the method has it where nothing else is asked for
Arrays = dict[str, np.ndarray]


class Passes(Protocol):
    """Passes of one model; several threads may run them at a time."""

    def outputs(self, inputs: np.ndarray, steps: np.ndarray) -> Arrays:
        """Return the logits, and what detectors read, by the names of hook points.

        Args:
            inputs: ids (B, T) or photos (B, 3, S, S).
            steps: (B,) int32, the number of real steps of each.
        """

    def relevance(self, inputs: np.ndarray, target: int) -> np.ndarray:
        """Return the relevance (T,) of the steps of one input for a logit, see `interpret.relevance`."""


def passes_of(checkpoint: BareCheckpoint) -> Passes:
    """Return the passes of a model on the engine that was chosen.

    Raises:
        InputError: where graphs were asked for, and none covers the model.
    """
    engine = chosen_engine()
    if engine != "torch":
        try:
            return GraphPasses(checkpoint)
        except Uncovered as error:
            if engine == "onnx":
                raise InputError(f"{checkpoint.name} cannot be run by ONNX Runtime: {error}.") from error
    return TorchPasses(checkpoint.name)


class GraphPasses:
    """Passes by ONNX Runtime, see `Passes`.

    Raises:
        Uncovered: for a model that no graph covers.
    """

    def __init__(self, checkpoint: BareCheckpoint) -> None:
        self._sessions = Sessions(checkpoint.config, checkpoint.tensors)
        self._sessions.session("logits")

    def outputs(self, inputs: np.ndarray, steps: np.ndarray) -> Arrays:
        """See `Passes`."""
        return self._sessions.run("logits", self._sessions.feeds(inputs, steps))

    def relevance(self, inputs: np.ndarray, target: int) -> np.ndarray:
        """See `Passes`."""
        tokens = self._sessions.run("tokens", self._sessions.feeds(inputs), ["tokens"])["tokens"]
        feeds = {"tokens": tokens, "target": np.array([target])}
        return (self._sessions.run(RULE, feeds, ["gradient"])["gradient"][0] * tokens[0]).sum(-1)


class TorchPasses:
    """Passes by torch, see `Passes`."""

    def __init__(self, name: str) -> None:
        from ..checkpoints.store import load

        self._model = load(name).model

    def outputs(self, inputs: np.ndarray, steps: np.ndarray) -> Arrays:
        """See `Passes`."""
        import torch

        from ..interpret.trace import outputs_of

        mask = torch.from_numpy(mask_of(steps))
        return {name: each.numpy() for name, each in outputs_of(self._model, torch.from_numpy(inputs), mask).items()}

    def relevance(self, inputs: np.ndarray, target: int) -> np.ndarray:
        """See `Passes`."""
        import torch

        from ..interpret.relevance import relevance_at

        tensor = torch.from_numpy(inputs)
        grid = self._model.grid
        steps = inputs.shape[1] if grid is None else grid[0] * grid[1]
        return relevance_at(self._model, tensor, torch.ones(1, steps, dtype=torch.bool), target, RULE).scores.numpy()


def mask_of(steps: np.ndarray) -> np.ndarray:
    """Return the mask (B, T) of inputs with so many real steps (B,), which are padded to the longest."""
    return np.arange(steps.max())[None] < steps[:, None]
