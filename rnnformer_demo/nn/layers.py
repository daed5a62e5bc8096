"""The layers that every hybrid is made of, whatever the modality.

Shape legend, used in every trailing comment of the project:

    B batch    T steps (tokens or grid cells)    D width    H heads    U units of one recurrent direction
    h, w rows and columns of an image grid (T = h * w, row by row)       C classes

Masks are boolean, (B, T), true where a step is real. Real steps come first, padding last.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .cells.gru_numpy import gru_states

RECURRENT_KINDS = {"lstm": nn.LSTM, "gru": nn.GRU}
SCANS = ("tokens", "rows", "columns")


class HookPoint(nn.Identity):
    """An identity to which tracing and attribution attach; it says what passes through it.

    Args:
        kind: "tokens" (B, T, D), "grid" and "texture" (B, D, h, w), "recurrent_input" (B, T, D; what the
            recurrences of a block read), "states" (B, T, 2U), "attention" (B, H, T, T), "pooling" (B, T), "pooled"
            (B, D) or "logits" (B, C).
        name: unique among the taps of a model and fit to be shown, such as "lstm tokens 1".
    """

    def __init__(self, kind: str, name: str):
        super().__init__()
        self.kind, self.name = kind, name


class LockedDropout(nn.Module):
    """Dropout that drops the same features at every step (variational dropout, Gal & Ghahramani 2016), or for
    attention weights the same keys for every query.

    Beside what it does for recurrent networks it is cheap: drawing a number for every element took a sixth of the
    time of a training step on a CPU.
    """

    def __init__(self, p: float):
        super().__init__()
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0:
            return x
        keep = torch.empty(*x.shape[:-2], 1, x.shape[-1], device=x.device, dtype=x.dtype).bernoulli_(1 - self.p)
        return x * (keep / (1 - self.p))


def reverse_steps(x: Tensor, mask: Tensor) -> Tensor:
    """Reverses the real steps of each row and leaves its padding behind them; its own inverse. (B, T, D)."""
    if mask.all():
        return x.flip(1)
    steps = torch.arange(x.shape[1], device=x.device)[None]  # (1, T)
    lengths = mask.sum(1, keepdim=True)  # (B, 1)
    order = torch.where(steps < lengths, lengths - 1 - steps, steps)  # (B, T)
    return x.gather(1, order[..., None].expand_as(x))


class BidirectionalRecurrence(nn.Module):
    """An LSTM or a GRU in both directions over one scan: the tokens, or the rows or columns of a grid.

    Each direction is a network of its own, and the backward one reads the real steps of each row in reverse. Padding
    therefore follows what is real in either direction and cannot reach it, without packing (measured on two cores:
    as fast as the packed bidirectional module at inference, up to twice as fast in training).

    Args:
        kind: "lstm" or "gru".
        scan: "tokens" (B, T, D as it is), "rows" (each row of the grid is a sequence) or "columns".
        width: D of the input.
        units: U of each direction.
        layer: number of the recurrent block that this belongs to, for the tap's name.
    """

    def __init__(self, kind: str, scan: str, width: int, units: int, layer: int):
        super().__init__()
        if kind not in RECURRENT_KINDS:
            raise ValueError(f"kind must be one of {sorted(RECURRENT_KINDS)}, got {kind!r}")
        if scan not in SCANS:
            raise ValueError(f"scan must be one of {SCANS}, got {scan!r}")
        self.kind, self.scan = kind, scan
        self.forward_rnn = RECURRENT_KINDS[kind](width, units, batch_first=True)
        self.backward_rnn = RECURRENT_KINDS[kind](width, units, batch_first=True)
        self.states = HookPoint("states", f"{kind} {scan} {layer}")
        for rnn in (self.forward_rnn, self.backward_rnn):
            _initialise_recurrence(rnn)

    def forward(self, x: Tensor, mask: Tensor, grid: tuple[int, int] | None) -> Tensor:
        """(B, T, D) and (B, T) to hidden states (B, T, 2U): forward units first, then backward ones."""
        sequences, real = self._as_sequences(x, grid), self._as_sequences(mask[..., None], grid)[..., 0]
        ahead = _run(self.forward_rnn, sequences)
        back = _run(self.backward_rnn, reverse_steps(sequences, real))
        states = torch.cat([ahead, reverse_steps(back, real)], dim=-1)
        return self.states(self._as_tokens(states, x.shape[0], grid))

    def _as_sequences(self, x: Tensor, grid: tuple[int, int] | None) -> Tensor:
        if self.scan == "tokens":
            return x
        x = x.unflatten(1, grid)  # (B, h, w, D)
        return (x if self.scan == "rows" else x.transpose(1, 2)).flatten(0, 1)  # (B*h, w, D) or (B*w, h, D)

    def _as_tokens(self, x: Tensor, batch: int, grid: tuple[int, int] | None) -> Tensor:
        if self.scan == "tokens":
            return x
        x = x.unflatten(0, (batch, -1))  # (B, h, w, D) or (B, w, h, D)
        return (x if self.scan == "rows" else x.transpose(1, 2)).flatten(1, 2)  # (B, T, D)


def _run(rnn: nn.RNNBase, x: Tensor) -> Tensor:
    """Hidden states (B, T, U) of a recurrence over (B, T, D)."""
    plain = x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_grad_enabled()
    if isinstance(rnn, nn.GRU) and len(x) == 1 and plain:
        return gru_states(rnn, x[0])[None]
    return rnn(x)[0]


def _initialise_recurrence(rnn: nn.RNNBase) -> None:
    """Orthogonal recurrent weights and, for an LSTM, forget gates that start open: gradients neither vanish nor blow
    up over the first updates (Saxe et al. 2014; Jozefowicz et al. 2015)."""
    units = rnn.hidden_size
    for gate in rnn.weight_hh_l0.data.split(units):
        nn.init.orthogonal_(gate)
    for gate in rnn.weight_ih_l0.data.split(units):
        nn.init.xavier_uniform_(gate)
    nn.init.zeros_(rnn.bias_ih_l0)
    nn.init.zeros_(rnn.bias_hh_l0)
    if isinstance(rnn, nn.LSTM):
        rnn.bias_ih_l0.data[units : 2 * units] = 1.0  # PyTorch adds both biases: set one of them only


class RecurrentBlock(nn.Module):
    """Recurrences side by side on the same input, fused, with a residual around them (after R-Transformer, 1907.05572).

    Args:
        kinds: one of "lstm", "gru" for each scan.
        scans: as many scans, see `BidirectionalRecurrence`.
        gain: what the learned per-feature gain of the recurrences starts from; 0 makes the block start as the identity.
        residual: add what comes in; without it the recurrences replace it.
    """

    def __init__(
        self,
        kinds: Sequence[str],
        scans: Sequence[str],
        width: int,
        units: int,
        dropout: float,
        gain: float,
        residual: bool,
        layer: int,
    ):
        super().__init__()
        self.residual = residual
        self.norm = nn.LayerNorm(width)
        self.recurrent_input = HookPoint("recurrent_input", f"recurrent input {layer}")
        self.recurrences = nn.ModuleDict(
            {
                f"{kind}_{scan}": BidirectionalRecurrence(kind, scan, width, units, layer)
                for kind, scan in zip(kinds, scans, strict=True)
            }
        )
        self.fuse = nn.Linear(2 * units * len(kinds), width)
        self.dropout = LockedDropout(dropout)
        self.gain = nn.Parameter(torch.full((width,), float(gain)))

    def forward(self, x: Tensor, mask: Tensor, grid: tuple[int, int] | None) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        normed = self.recurrent_input(self.norm(x))
        states = [recurrence(normed, mask, grid) for recurrence in self.recurrences.values()]
        read = self.gain * self.dropout(self.fuse(torch.cat(states, dim=-1)))
        return x + read if self.residual else read


class SelfAttention(nn.Module):
    """Multi-head self-attention, written out so that its weights pass through a tap."""

    def __init__(self, width: int, heads: int, dropout: float, layer: int):
        super().__init__()
        if width % heads:
            raise ValueError(f"width must be a multiple of heads, got width {width} and heads {heads}")
        self.heads = heads
        self.queries_keys_values = nn.Linear(width, 3 * width)
        self.weights = HookPoint("attention", f"layer {layer}")
        self.dropout = LockedDropout(dropout)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D); padding is never attended to."""
        q, k, v = self.queries_keys_values(x).unflatten(-1, (3, self.heads, -1)).unbind(2)  # (B, T, H, D/H) each
        q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)  # (B, H, T, D/H)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])  # (B, H, T, T)
        weights = scores.masked_fill(~mask[:, None, None], float("-inf")).softmax(-1)
        weights = self.dropout(self.weights(weights))
        return self.out((weights @ v).transpose(1, 2).flatten(2))  # (B, T, D)


class AttentionBlock(nn.Module):
    """One pre-norm Transformer encoder layer: self-attention, then a two-layer perceptron, each with a residual."""

    def __init__(self, width: int, heads: int, expansion: int, dropout: float, layer: int):
        super().__init__()
        self.attention_norm = nn.LayerNorm(width)
        self.attention = SelfAttention(width, heads, dropout, layer)
        self.perceptron = nn.Sequential(
            nn.LayerNorm(width),
            nn.Linear(width, expansion * width),
            nn.GELU(),
            LockedDropout(dropout),
            nn.Linear(expansion * width, width),
        )
        self.dropout = LockedDropout(dropout)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) to (B, T, D)."""
        x = x + self.dropout(self.attention(self.attention_norm(x), mask))
        return x + self.dropout(self.perceptron(x))


class MeanPooling(nn.Module):
    """The mean over the real steps."""

    def __init__(self):
        super().__init__()
        self.weights = HookPoint("pooling", "pooling")

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D) to (B, D)."""
        return (self.step_weights(x, mask)[..., None] * x).sum(1)

    def step_weights(self, x: Tensor, mask: Tensor) -> Tensor:
        """The weight of each step, (B, T, D) to (B, T); they sum to 1, and padding has none."""
        weights = mask.to(x.dtype) / mask.sum(1, keepdim=True)
        # They do not depend on x, but how the logits depend on them may be asked.
        return self.weights(weights.requires_grad_(torch.is_grad_enabled()))


class AttentionPooling(MeanPooling):
    """A learned weighted mean over the real steps. The score layer starts at zero, so pooling starts uniform.

    Args:
        width: D.
    """

    def __init__(self, width: int):
        super().__init__()
        self.score = nn.Linear(width, 1, bias=False)  # a bias would cancel in the softmax
        nn.init.zeros_(self.score.weight)

    def step_weights(self, x: Tensor, mask: Tensor) -> Tensor:
        """The weight of each step, (B, T, D) to (B, T); they sum to 1, and padding has none."""
        scores = self.score(x).squeeze(-1).masked_fill(~mask, float("-inf"))  # (B, T)
        return self.weights(scores.softmax(-1))


def sinusoidal_positions(steps: int, width: int, device: torch.device | None = None) -> Tensor:
    """Position encoding of Vaswani et al. 2017, section 3.5, defined for any length: (steps, width)."""
    position = torch.arange(steps, device=device, dtype=torch.float32)[:, None]
    rates = torch.exp(torch.arange(0, width, 2, device=device, dtype=torch.float32) * (-math.log(10_000.0) / width))
    encoding = torch.zeros(steps, width, device=device)
    encoding[:, 0::2] = torch.sin(position * rates)
    encoding[:, 1::2] = torch.cos(position * rates[: width // 2])
    return encoding


def grid_positions(grid: tuple[int, int], width: int, device: torch.device | None = None) -> Tensor:
    """The same for a grid: the first half of the width encodes the row, the second the column. (h*w, width)."""
    h, w = grid
    rows = sinusoidal_positions(h, width // 2, device)[:, None].expand(-1, w, -1)
    columns = sinusoidal_positions(w, width - width // 2, device)[None].expand(h, -1, -1)
    return torch.cat([rows, columns], dim=-1).flatten(0, 1)
