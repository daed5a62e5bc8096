"""Cells whose module is one of PyTorch's own recurrences of one layer and one direction."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from .cell import Cell

if TYPE_CHECKING:
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
