"""The recurrent block: bidirectional recurrences over tokens, or over the rows and columns of a grid."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .cells.gru_numpy import gru_states
from .dropout import LockedDropout
from .export import is_exporting
from .hooks import HookPoint

RECURRENT_KINDS = {"lstm": nn.LSTM, "gru": nn.GRU}
SCANS = ("tokens", "rows", "columns")


def reverse_steps(x: Tensor, mask: Tensor) -> Tensor:
    """Reverses the real steps of each row and leaves its padding behind them; its own inverse. (B, T, D)."""
    if not is_exporting() and mask.all():
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
    if isinstance(rnn, nn.GRU) and not is_exporting() and plain and len(x) == 1:
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
