"""The rule network: a hybrid written out step by step, with all that relevance propagation holds constant detached.

Autograd's gradient x input of it is what the hand-written backward pass has to give.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rnnformer_demo.models import Hybrid
from rnnformer_demo.models.backbones.efficientnet import InvertedResidual
from rnnformer_demo.models.backbones.registry import BothGrids
from rnnformer_demo.models.residual_head import ResidualHeadCore
from rnnformer_demo.nn.attention import SelfAttention
from rnnformer_demo.nn.recurrent import BidirectionalRecurrence, RecurrentBlock


def autograd_relevance(
    model: Hybrid, tokens: Tensor, target: int, attention_rule: str = "cp-lrp"
) -> tuple[Tensor, float, Tensor]:
    """Relevance of each step (T,), that of all that is added to sums (biases, position encodings), and the logits.

    Args:
        tokens: (T, width_in), without padding.
    """
    model.requires_grad_(True)
    tokens = tokens.detach().clone().requires_grad_()
    logits = _Rules(model, attention_rule).logits(tokens)
    added = [weight for name, weight in model.core.named_parameters() if "bias" in name or name == "position_gain"]
    of_tokens, *of_added = torch.autograd.grad(logits[target], [tokens, *added], allow_unused=True)
    model.requires_grad_(False)
    taken = sum(
        (weight * gradient).sum().item()
        for weight, gradient in zip(added, of_added, strict=True)
        if gradient is not None
    )
    return (of_tokens * tokens).sum(-1).detach(), taken, logits.detach()


def autograd_pixels(model: Hybrid, photo: Tensor, target: int, gamma: float) -> Tensor:
    """Relevance of each pixel (S, S), by the gamma rule below the grid and constant attention weights above it."""
    model.requires_grad_(False)
    photo = photo.clone().requires_grad_()
    tokens = cnn(model.backbone, photo, gamma).flatten(2).mT[0]  # (T, D)
    logits = _Rules(model, "cp-lrp").logits(tokens)
    (gradient,) = torch.autograd.grad(logits[target], photo)
    return (gradient * photo).sum(1)[0].detach()


def cnn(part: nn.Module, x: Tensor, gamma: float) -> Tensor:
    if isinstance(part, BothGrids):
        blocks = list(part)
        fine = cnn(nn.Sequential(*blocks[: part.fine_blocks]), x, gamma)
        coarse = cnn(nn.Sequential(*blocks[part.fine_blocks :]), fine, gamma)
        return torch.cat([coarse, F.avg_pool2d(fine, 2)], 1)
    if isinstance(part, nn.Sequential):
        for each in part:
            x = cnn(each, x, gamma)
        return x
    if isinstance(part, InvertedResidual):
        read = cnn(part.body, x, gamma)
        return x + read if part.residual else read
    if isinstance(part, nn.ReLU6):
        return by_ratio(F.relu6, x)
    return by_gamma(part, x, gamma) if isinstance(part, nn.Conv2d) else part(x)


def by_gamma(part: nn.Conv2d, x: Tensor, gamma: float) -> Tensor:
    """A convolution, written as a multiple of the one whose contributions of the output's sign are raised."""
    settings = (part.stride, part.padding, part.dilation, part.groups)
    output = part(x).detach()
    raised, lowered = (part.weight + gamma * each for each in (part.weight.clamp(min=0), part.weight.clamp(max=0)))
    above, below = torch.where(x > 0, x, 0.0), torch.where(x > 0, 0.0, x)
    up, down = (
        F.conv2d(above, first, part.bias, *settings) + F.conv2d(below, second, None, *settings)
        for first, second in ((raised, lowered), (lowered, raised))
    )
    changed = torch.where(output > 0, up, down)
    return changed * (output / changed).detach()


class _Rules:
    def __init__(self, model: Hybrid, attention_rule: str) -> None:
        self.model, self.core, self.through_softmax = model, model.core, attention_rule == "attn-lrp"

    def logits(self, tokens: Tensor) -> Tensor:
        core = self.core
        x = core.project(tokens)
        if core.position_gain is not None:
            x = x + core.position_gain * core._positions(x[None], self.model.grid)
        for block in core.blocks:
            if isinstance(block, RecurrentBlock):
                x = self.recurrent_block(block, x)
            else:
                x = x + self.attention(block.attention, norm(block.attention_norm, x))
                x = x + perceptron(block.perceptron, x)
        x = norm(core.norm, x)
        if isinstance(core, ResidualHeadCore):
            x = by_ratio(F.relu6, core.head_conv(tokens + core.up_proj(x)))
        return perceptron(core.head, self.pooled(x))

    def recurrent_block(self, block: RecurrentBlock, x: Tensor) -> Tensor:
        normed = norm(block.norm, x)
        states = [self.recurrence(each, normed) for each in block.recurrences.values()]
        read = block.gain * block.fuse(torch.cat(states, -1))
        return x + read if block.residual else read

    def recurrence(self, recurrence: BidirectionalRecurrence, x: Tensor) -> Tensor:
        steps = torch.arange(len(x))
        if recurrence.scan == "tokens":
            lines = [steps]
        else:
            lines = list(steps.view(self.model.grid).T if recurrence.scan == "columns" else steps.view(self.model.grid))
        run = {"lstm": lstm, "gru": gru}[recurrence.kind]
        order = torch.cat(lines).argsort()
        ahead = torch.cat([run(recurrence.forward_rnn, x[line]) for line in lines])
        back = torch.cat([run(recurrence.backward_rnn, x[line.flip(0)]).flip(0) for line in lines])
        return torch.cat([ahead, back], -1)[order]

    def attention(self, part: SelfAttention, x: Tensor) -> Tensor:
        q, k, v = (
            each.unflatten(-1, (part.heads, -1)).transpose(0, 1) for each in part.queries_keys_values(x).chunk(3, -1)
        )
        weights = (self.product(q, k.mT) / math.sqrt(q.shape[-1])).softmax(-1)  # (H, T, T)
        return part.out(self.product(weights, v).transpose(0, 1).flatten(1))

    def product(self, a: Tensor, b: Tensor) -> Tensor:
        """A matrix product. With constant weights the second factor alone gets relevance, else each gets half."""
        return halved(a) @ halved(b) if self.through_softmax else a.detach() @ b

    def pooled(self, x: Tensor) -> Tensor:
        pooling = self.core.pooling
        if not hasattr(pooling, "score"):
            return x.mean(0)
        return self.product(pooling.score(x).squeeze(-1).softmax(-1)[None], x)[0]


def norm(part: nn.Module, x: Tensor) -> Tensor:
    if isinstance(part, nn.Identity):
        return x
    centred = x - x.mean(-1, keepdim=True)
    deviation = (centred.square().mean(-1, keepdim=True) + part.eps).sqrt()
    return centred / deviation.detach() * part.weight + part.bias


def by_ratio(function: Callable[[Tensor], Tensor], z: Tensor) -> Tensor:
    return z * (function(z) / z).detach()


def halved(x: Tensor) -> Tensor:
    """x, whose gradient is halved on its way back."""
    return x / 2 + x.detach() / 2


def perceptron(parts: nn.Sequential, x: Tensor) -> Tensor:
    for part in parts:
        if isinstance(part, nn.LayerNorm):
            x = norm(part, x)
        elif isinstance(part, nn.GELU):
            x = by_ratio(F.gelu, x)
        elif isinstance(part, nn.Linear):
            x = part(x)
    return x


def lstm(rnn: nn.LSTM, x: Tensor) -> Tensor:
    h = c = x.new_zeros(rnn.hidden_size)
    states = []
    for step in x:
        z = rnn.weight_ih_l0 @ step + rnn.bias_ih_l0 + rnn.weight_hh_l0 @ h + rnn.bias_hh_l0
        i, f, g, o = z.split(rnn.hidden_size)
        i, f, o = (gate.sigmoid().detach() for gate in (i, f, o))
        c = f * c + i * by_ratio(torch.tanh, g)
        h = o * by_ratio(torch.tanh, c)
        states.append(h)
    return torch.stack(states)


def gru(rnn: nn.GRU, x: Tensor) -> Tensor:
    h = x.new_zeros(rnn.hidden_size)
    states = []
    for step in x:
        r, z, n = (rnn.weight_ih_l0 @ step + rnn.bias_ih_l0).split(rnn.hidden_size)
        of_r, of_z, of_n = (rnn.weight_hh_l0 @ h + rnn.bias_hh_l0).split(rnn.hidden_size)
        r, z = ((gate + of_gate).sigmoid().detach() for gate, of_gate in ((r, of_r), (z, of_z)))
        h = (1 - z) * by_ratio(torch.tanh, n + r * of_n) + z * h
        states.append(h)
    return torch.stack(states)
