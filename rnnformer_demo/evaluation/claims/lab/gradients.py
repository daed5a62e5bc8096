"""How far gradients reach back: the norm of d loss / d x_t against the distance of step t from the loss."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .statistics import slope

FLOOR = 1e-200  # what a gradient of zero counts as, for logarithms


def gradient_norms(network: nn.Module, x: Tensor) -> list[float]:
    """Return the norm of the gradient of a loss on the last step with respect to each input, by distance from it.

    The loss is the cross-entropy of the first two outputs of the last step; norms are means over the batch. All is in
    64 bits, since what vanishes or explodes leaves the range of 32.

    Args:
        x: (B, T, D).
    """
    x = x.detach().double().requires_grad_()
    labels = torch.arange(len(x)) % 2
    loss = F.cross_entropy(network.double()(x)[:, -1, :2], labels, reduction="sum")
    (gradient,) = torch.autograd.grad(loss, x)
    return gradient.norm(dim=-1).mean(0).flip(0).tolist()  # (T,), the last step first


def decay(norms: list[float]) -> float:
    """Return the factor by which the gradient changes for each step of distance, by least squares in logarithms.

    The last step itself is left out: a residual around the network reaches it past any recurrence.
    """
    logs = [math.log(max(norm, FLOOR)) for norm in norms[1:]]
    return math.exp(slope(range(len(logs)), logs))


def reach(norms: list[float]) -> float:
    """Return the gradient at the farthest step as a share of that one step before the last."""
    return max(norms[-1], FLOOR) / max(norms[1], FLOOR)


def set_forget_bias(lstm: nn.LSTM, bias: float) -> None:
    """Set the bias of the forget gates; PyTorch adds two of them."""
    units = lstm.hidden_size
    lstm.bias_ih_l0.data[units : 2 * units] = bias
    lstm.bias_hh_l0.data[units : 2 * units] = 0.0


def make_orthogonal(rnn: nn.RNNBase) -> None:
    """Draw orthogonal recurrent weights, gate by gate (Saxe et al. 2014)."""
    for gate in rnn.weight_hh_l0.data.split(rnn.hidden_size):
        nn.init.orthogonal_(gate)


def set_spectral_radius(rnn: nn.RNN, radius: float) -> None:
    """Scale the recurrent weights so that their largest eigenvalue has that magnitude; biases, which would move the
    states, go."""
    nn.init.zeros_(rnn.bias_ih_l0)
    nn.init.zeros_(rnn.bias_hh_l0)
    weight = rnn.weight_hh_l0.data
    weight *= radius / torch.linalg.eigvals(weight).abs().max()
