"""The recurrent block: bidirectional recurrences over tokens, or over the rows and columns of a grid."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from .cells import CELLS
from .dropout import LockedDropout
from .export import is_exporting
from .hooks import HookPoint

SCANS = ("tokens", "rows", "columns")


def reverse_steps(x: Tensor, mask: Tensor) -> Tensor:
    """Reverse the real steps of each row, (B, T, D), and leave its padding behind them; its own inverse."""
    if not is_exporting() and mask.all():
        return x.flip(1)
    steps = torch.arange(x.shape[1], device=x.device)[None]  # (1, T)
    lengths = mask.sum(1, keepdim=True)  # (B, 1)
    order = torch.where(steps < lengths, lengths - 1 - steps, steps)  # (B, T)
    return x.gather(1, order[..., None].expand_as(x))


class BidirectionalRecurrence(nn.Module):
    """A cell in both directions over one scan: the tokens, or the rows or columns of a grid.

    Each direction is a network of its own, and the backward one reads the real steps of each row in reverse. Padding
    therefore follows what is real in either direction and cannot reach it, without packing (measured on two cores:
    as fast as the packed bidirectional module at inference, up to twice as fast in training).

    Args:
        kind: a key of `CELLS`.
        scan: "tokens" (B, T, D as it is), "rows" (each row of the grid is a sequence) or "columns".
        width: D, the width of the input.
        units: U, the units of each direction.
        layer: number of the recurrent block that this belongs to, for the name of its hook point.
    """

    def __init__(self, kind: str, scan: str, width: int, units: int, layer: int) -> None:
        super().__init__()
        if kind not in CELLS:
            raise ValueError(f"kind must be one of {sorted(CELLS)}, got {kind!r}")
        if scan not in SCANS:
            raise ValueError(f"scan must be one of {SCANS}, got {scan!r}")
        self.kind, self.scan, self.cell = kind, scan, CELLS[kind]
        self.forward_rnn = self.cell.build(width, units)
        self.backward_rnn = self.cell.build(width, units)
        self.states = HookPoint("states", f"{kind} {scan} {layer}")
        for rnn in (self.forward_rnn, self.backward_rnn):
            self.cell.initialise(rnn)

    def forward(self, x: Tensor, mask: Tensor, grid: tuple[int, int] | None) -> Tensor:
        """Map (B, T, D) and mask (B, T) to hidden states (B, T, 2U): forward units first, then backward ones."""
        sequences, real = self._as_sequences(x, grid), self._as_sequences(mask[..., None], grid)[..., 0]
        ahead = self.cell.run(self.forward_rnn, sequences)
        back = self.cell.run(self.backward_rnn, reverse_steps(sequences, real))
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


class RecurrentBlock(nn.Module):
    """Recurrences side by side on the same input, fused, with a residual around them (after R-Transformer, 1907.05572).

    Args:
        kinds: a key of `CELLS` for each scan.
        scans: as many scans, see `BidirectionalRecurrence`.
        gain: initial value of the learned per-feature gain of the recurrences; 0 makes the block start as the identity.
        residual: add the block's input to its output.
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
    ) -> None:
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
        """Map (B, T, D) to (B, T, D)."""
        normed = self.recurrent_input(self.norm(x))
        states = [recurrence(normed, mask, grid) for recurrence in self.recurrences.values()]
        read = self.gain * self.dropout(self.fuse(torch.cat(states, dim=-1)))
        return x + read if self.residual else read
