"""Cells whose module is one of PyTorch's own recurrences of one layer and one direction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cell import Cell

if TYPE_CHECKING:
    from torch import Tensor, nn

_WEIGHTS = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


class FusedCell(Cell):
    """A cell whose module holds the weights of all gates as two matrices and two biases, gate after gate."""

    def initialise(self, rnn: nn.RNNBase) -> None:
        """Draw orthogonal recurrent weights (Saxe et al. 2014) and Xavier input weights, gate by gate; no biases."""
        from torch import nn

        for gate in rnn.weight_hh_l0.data.split(rnn.hidden_size):
            nn.init.orthogonal_(gate)
        for gate in rnn.weight_ih_l0.data.split(rnn.hidden_size):
            nn.init.xavier_uniform_(gate)
        nn.init.zeros_(rnn.bias_ih_l0)
        nn.init.zeros_(rnn.bias_hh_l0)


def weights_of(rnn: nn.RNNBase) -> list[Tensor]:
    """Return input weights, recurrent weights and their biases, detached, on the CPU."""
    return [getattr(rnn, name).detach().cpu() for name in _WEIGHTS]
