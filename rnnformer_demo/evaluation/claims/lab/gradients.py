"""How far gradients reach back: the norm of d loss / d x_t against the distance of step t from the loss."""

from collections.abc import Sequence
from copy import deepcopy

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ....nn.cells.fused import parameters_of
from .networks import WIDTH, network
from .result import Report, steps
from .tasks import TASKS, VOCABULARY

_TASK, _STEPS, _BATCH, _RATE, _CLIP = "copying", 32, 32, 0.005, 1.0  # of a training that is watched
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


def reach(norms: list[float]) -> float:
    """Return the gradient at the farthest step as a share of that one step before the last."""
    return max(norms[-1], FLOOR) / max(norms[1], FLOOR)


def set_forget_bias(lstm: nn.LSTM, bias: float) -> None:
    """Set the bias of the forget gates; PyTorch adds two of them."""
    units = lstm.hidden_size
    _, _, of_inputs, of_states = parameters_of(lstm)
    of_inputs.data[units : 2 * units] = bias
    of_states.data[units : 2 * units] = 0.0


def make_orthogonal(rnn: nn.RNNBase) -> None:
    """Draw orthogonal recurrent weights, gate by gate (Saxe et al. 2014)."""
    for gate in parameters_of(rnn)[1].data.split(rnn.hidden_size):
        nn.init.orthogonal_(gate)


def set_spectral_radius(rnn: nn.RNN, radius: float) -> None:
    """Scale the recurrent weights so that their largest eigenvalue has that magnitude; biases, which would move the
    states, go."""
    _, weight, *biases = parameters_of(rnn)
    for bias in biases:
        nn.init.zeros_(bias)
    weight.data *= radius / torch.linalg.eigvals(weight.data).abs().max()


def watch_training(kind: str, moments: Sequence[int], report: Report) -> dict[int, list[float]]:
    """Train a network to tell, at the last step, the first symbol of its input; return `gradient_norms` by the number
    of updates after which they were measured, on the same inputs each time.

    Args:
        kind: one of `NETWORKS`.
        moments: numbers of updates, rising; the last one is the end.
    """
    draw, generator = TASKS[_TASK].draw, torch.Generator().manual_seed(0)
    found: dict[int, list[float]] = {}
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(0)
        tokens, layers = (
            nn.Embedding(VOCABULARY, WIDTH),
            nn.Sequential(network(kind), nn.Linear(WIDTH, TASKS[_TASK].labels)),
        )
        parameters = [*tokens.parameters(), *layers.parameters()]
        optimizer = torch.optim.Adam(parameters, _RATE)
        watched, _ = draw(_BATCH, _STEPS, torch.Generator().manual_seed(1))
        for update in steps(report, moments[-1] + 1):
            if update in moments:
                found[update] = gradient_norms(deepcopy(layers), tokens(watched))
            ids, labels = draw(_BATCH, _STEPS, generator)
            loss = F.cross_entropy(layers(tokens(ids))[:, -1], labels)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, _CLIP)
            optimizer.step()
    return found
