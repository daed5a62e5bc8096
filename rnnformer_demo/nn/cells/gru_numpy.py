"""A GRU over one sequence where nobody asks for a gradient, in less time than `nn.GRU` takes on a CPU.

For an LSTM PyTorch calls a fused kernel on the CPU; its GRU is a loop of some ten operators a step, and on one
sequence most of the time goes into calling them. NumPy's cost less to call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .fused import parameters_of

if TYPE_CHECKING:
    from torch import Tensor, nn


def gru_states(gru: nn.GRU, x: Tensor) -> Tensor:
    """Return the hidden states (T, U) of a one-layer GRU over one sequence (T, D), from zeros on.

    They equal those of `nn.GRU` but for rounding (1e-6). Without gradients, on the CPU, in 32 bits.

    The equations are those of `nn.GRU`: r = s(..), z = s(..), n = tanh(W x + b + r (V h + c)), h' = n + z (h - n).
    """
    import numpy as np
    import torch
    import torch.nn.functional as F

    units = gru.hidden_size
    of_inputs, of_states, input_bias, state_bias = parameters_of(gru)
    inputs = F.linear(x.detach(), of_inputs, input_bias).detach().numpy()  # (T, 3U): r, z, n
    inputs[:, : 2 * units] *= 0.5
    # Halved, since the sigmoid of v is (tanh(v / 2) + 1) / 2. A last entry of 1 in every state makes the biases a row.
    weights = 0.5 * torch.cat([of_states.T, state_bias[None]]).detach().numpy()  # (U + 1, 3U)
    states = np.ones((len(inputs) + 1, units + 1), np.float32)
    states[0, :units] = 0
    gates, ones, half = np.empty(3 * units, np.float32), np.ones(2 * units, np.float32), np.full(units, np.float32(0.5))
    both, candidate = gates[: 2 * units], gates[2 * units :]
    reset, update = both[:units], both[units:]
    for state, for_gates, for_candidate, new in zip(
        states[:-1], inputs[:, : 2 * units], inputs[:, 2 * units :], states[1:, :units], strict=True
    ):
        np.dot(state, weights, gates)
        np.add(both, for_gates, both)
        np.tanh(both, both)
        np.add(both, ones, both)  # twice the gates
        np.multiply(candidate, reset, candidate)
        np.add(candidate, for_candidate, candidate)
        np.tanh(candidate, candidate)
        np.subtract(state[:-1], candidate, new)
        np.multiply(new, update, new)
        np.multiply(new, half, new)
        np.add(new, candidate, new)
    return torch.from_numpy(states[1:, :units])
