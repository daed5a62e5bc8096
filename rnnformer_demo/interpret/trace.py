"""Attention, hidden states and gates of one forward pass, as plain tensors."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..data import Sample
from ..models import Hybrid
from ..nn.hooks import capture, locked
from .gates import Gates, gates_of


@dataclass(frozen=True)
class Trace:
    """The internals of one forward pass. Detached, on the CPU, without a reference to the model.

    Attributes:
        logits: (C,).
        attention: (H, T, T) for each attention block; each row sums to 1.
        states: (T, 2, U) for each recurrence: hidden states of the forward and the backward direction, in the order of
            the steps.
        pooling: (T,) weight of each step in the pooled state; sums to 1.
        gates: for each recurrence, under the name of its states, its gates and cell states.
    """

    logits: Tensor
    attention: dict[str, Tensor]
    states: dict[str, Tensor]
    pooling: Tensor
    gates: dict[str, Gates] = field(default_factory=dict)


@torch.no_grad()
def trace(model: Hybrid, sample: Sample) -> Trace:
    """Run a model once and return its trace. Its output is the same as without.

    Raises:
        RuntimeError: where the recomputed gates do not lead to the hidden states of the model.

    Example:
        >>> trace(checkpoint.model, checkpoint.reader("A gem.")).attention["layer 1"].shape
    """
    outputs = outputs_of(model, sample.inputs, sample.mask)
    return trace_from(model, sample, outputs["logits"][0], outputs)


@torch.no_grad()
def outputs_of(
    model: Hybrid, inputs: Tensor, mask: Tensor, clock: AbstractContextManager | None = None
) -> dict[str, Tensor]:
    """Run a model once and return the outputs of all hook points, by their names.

    Args:
        clock: is open while the model runs, and not while another thread does.
    """
    if model.engine is not None and model.is_run_by_engine(inputs):
        with locked(), clock or nullcontext():
            return model.engine.outputs(inputs, mask)
    with capture(model) as outputs, clock or nullcontext():
        model(inputs, mask)
    return outputs


def trace_from(model: Hybrid, sample: Sample, logits: Tensor, outputs: dict[str, Tensor]) -> Trace:
    """Return the trace of a forward pass that has been made.

    Args:
        logits: (C,).
        outputs: outputs of the model's hook points, see `capture`.

    Raises:
        RuntimeError: where the recomputed gates do not lead to the hidden states of the model.
    """

    def copied(kind: str) -> dict[str, Tensor]:
        return {point.name: outputs[point.name][0].detach().cpu().clone() for point in model.hook_points(kind)}

    (pooling,) = copied("pooling").values()
    return Trace(
        logits=logits.detach().cpu().clone(),
        attention=copied("attention"),
        states={name: states.unflatten(-1, (2, -1)) for name, states in copied("states").items()},  # (T, 2, U)
        pooling=pooling,
        gates=gates_of(model, outputs, sample.mask),
    )
