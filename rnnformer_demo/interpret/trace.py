"""What happens inside a hybrid while it decides, as plain tensors."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from ..data import Sample
from ..models import Hybrid
from ..nn.hooks import capture
from .gates import Gates, gates_of


@dataclass(frozen=True)
class Trace:
    """The inside of one decision. Detached, on the CPU, without a reference to the model.

    Attributes:
        logits: (C,).
        attention: for each Transformer layer (H, T, T); each row sums to 1.
        states: for each recurrence (T, 2, U): hidden states of the forward and the backward direction, in the order
            of the steps.
        pooling: (T,) the weight of each step in the decision; sums to 1.
        gates: for each recurrence, under the same name as its states, its gates and cell states.
    """

    logits: Tensor
    attention: dict[str, Tensor]
    states: dict[str, Tensor]
    pooling: Tensor
    gates: dict[str, Gates] = field(default_factory=dict)


@torch.no_grad()
def record(model: Hybrid, sample: Sample) -> Trace:
    """Runs a model once and returns what passed through its taps. Its output is the same as without.

    Raises:
        RuntimeError: where the recomputed gates do not lead to the hidden states of the model.
    """
    with capture(model) as seen:
        logits = model(sample.inputs, sample.mask)
    return trace_of(model, sample, logits[0], seen)


def trace_of(model: Hybrid, sample: Sample, logits: Tensor, seen: dict[str, Tensor]) -> Trace:
    """The trace of a run that has been made.

    Args:
        logits: (C,).
        seen: what passed through the model's taps, see `capture`.

    Raises:
        RuntimeError: where the recomputed gates do not lead to the hidden states of the model.
    """

    def outputs(kind: str) -> dict[str, Tensor]:
        return {tap.name: seen[tap.name][0].detach().cpu().clone() for tap in model.hook_points(kind)}

    (pooling,) = outputs("pooling").values()
    return Trace(
        logits=logits.detach().cpu().clone(),
        attention=outputs("attention"),
        states={name: states.unflatten(-1, (2, -1)) for name, states in outputs("states").items()},  # (T, 2, U)
        pooling=pooling,
        gates=gates_of(model, seen, sample.mask),
    )
