"""The way back through time of relevance propagation: through a recurrence whose gates are held constant."""

import numpy as np
import torch
from torch import Tensor

from ...nn.cells import LinearRecurrence
from ..gates import Gates

_DIRECTIONS = np.arange(2)[:, None]


def input_gradient(recurrence: LinearRecurrence, gates: Gates, gradient: Tensor) -> Tensor:
    """Return the gradient of the inputs (T, D) of a linearised recurrence from that of its hidden states (T, 2, U).

    Args:
        gates: those of the recurrence, for the order in which it reads the steps.
    """
    of_memory = _memory_gradient(recurrence, gates.order, gradient)  # (T, 2, U)
    of_candidates = (recurrence.written * of_memory).transpose(0, 1)  # (2, T, U)
    return (of_candidates @ recurrence.of_inputs).sum(0)


def _memory_gradient(recurrence: LinearRecurrence, order: Tensor, gradient: Tensor) -> Tensor:
    """Return the gradient of the memory at each step, (T, 2, U), in one loop for both directions and all sequences.

    The memory m at a step is read by the hidden state, h = shown m, and by the memory at the next step, both itself and
    through h:  dm = shown dh + kept' dm'  with  dh = gradient + (opened' written' dm') V.
    """
    # In NumPy, as in `gru_numpy`: it costs less to call, and a step is little work.
    places = order.movedim(2, 0).numpy(), _DIRECTIONS  # (S, 2, L)
    passed = recurrence.opened * recurrence.written
    kept, passed, shown, seen = (
        part.numpy()[places] for part in (recurrence.kept, passed, recurrence.shown, recurrence.shown * gradient)
    )  # (S, 2, L, U) each
    weights = recurrence.of_states.numpy()
    memory = seen  # turns into the gradient of the memory, from the last step on
    through, back = np.empty_like(memory[0]), np.empty_like(memory[0])
    for now, later, shown_now, kept_later, passed_later in zip(
        memory[-2::-1], memory[:0:-1], shown[-2::-1], kept[:0:-1], passed[:0:-1], strict=True
    ):
        np.multiply(passed_later, later, through)
        np.matmul(through, weights, back)
        np.multiply(back, shown_now, back)
        np.add(now, back, now)
        np.multiply(kept_later, later, through)
        np.add(now, through, now)
    in_steps = np.empty_like(gradient.numpy())
    in_steps[places] = memory
    return torch.from_numpy(in_steps)
