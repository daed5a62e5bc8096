"""Cells whose module is one of PyTorch's own recurrences of one layer and one direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

from .cell import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor, nn

_WEIGHTS = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


RNN = TypeVar("RNN", bound="nn.RNNBase")


class FusedCell(Cell[RNN]):
    """A cell whose module holds the weights of all gates as two matrices and two biases, gate after gate."""

    def initialise(self, rnn: RNN) -> None:
        """Draw orthogonal recurrent weights (Saxe et al. 2014) and Xavier input weights, gate by gate; no biases."""
        from torch import nn

        of_inputs, of_states, *biases = parameters_of(rnn)
        for gate in of_states.data.split(rnn.hidden_size):
            nn.init.orthogonal_(gate)
        for gate in of_inputs.data.split(rnn.hidden_size):
            nn.init.xavier_uniform_(gate)
        for bias in biases:
            nn.init.zeros_(bias)


def parameters_of(rnn: nn.RNNBase) -> list[nn.Parameter]:
    """Return input weights, recurrent weights and their biases."""
    return [getattr(rnn, name) for name in _WEIGHTS]


def weights_of(rnn: nn.RNNBase) -> list[Tensor]:
    """Return `parameters_of`, detached, on the CPU."""
    return [parameter.detach().cpu() for parameter in parameters_of(rnn)]


class CandidateWeights(NamedTuple):
    """Weights that make the candidate of both directions: of inputs (2, U, D), of states (2, U, U), biases (2, U)."""

    of_inputs: Tensor
    of_states: Tensor
    input_bias: Tensor
    state_bias: Tensor

    def argument(self, inputs: Tensor, before: Tensor, opened: Tensor) -> Tensor:
        """Return the argument of the candidate's tanh, W x + b + opened * (V h + c), (T, 2, U).

        Args:
            inputs: (T, D).
            before: (T, 2, U), the hidden states before.
            opened: (T, 2, U), the share of each state's part that is let in.
        """
        from_inputs = (inputs @ self.of_inputs.mT).transpose(0, 1) + self.input_bias
        from_states = (before.transpose(0, 1) @ self.of_states.mT).transpose(0, 1) + self.state_bias
        return from_inputs + opened * from_states


def candidate_weights(rnns: Iterable[nn.RNNBase]) -> CandidateWeights:
    """Return the rows of `weights_of` for the candidate, which comes third in `nn.LSTM` and `nn.GRU`."""
    import torch

    rows = [[weight.split(rnn.hidden_size)[2] for weight in weights_of(rnn)] for rnn in rnns]
    return CandidateWeights(*(torch.stack(both) for both in zip(*rows, strict=True)))
