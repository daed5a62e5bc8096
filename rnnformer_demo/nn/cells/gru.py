"""The gated recurrent unit (Cho et al. 2014)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cell import LinearRecurrence, register
from .fused import FusedCell, candidate_weights, weights_of
from .gru_numpy import gru_states

if TYPE_CHECKING:
    from torch import Tensor, nn


@register
class GRU(FusedCell["nn.GRU"]):
    """h' = n + z (h - n), with r, z, n of `nn.GRU` as reset, update and candidate: an open update gate keeps h."""

    name = "gru"
    title = "GRU"
    retention_gate = "update"
    help = "The update gate keeps what is held, the reset gate lets it into the new content."

    def build(self, width: int, units: int) -> nn.GRU:
        """Return `nn.GRU`."""
        from torch import nn

        return nn.GRU(width, units, batch_first=True)

    def run(self, rnn: nn.GRU, x: Tensor) -> Tensor:
        """Return the hidden states; of one sequence on the CPU, without gradients, by NumPy."""
        import torch

        from ..export import is_exporting

        plain = x.device.type == "cpu" and x.dtype == torch.float32 and not torch.is_grad_enabled()
        if plain and not is_exporting() and len(x) == 1:
            return gru_states(rnn, x[0])[None]
        return super().run(rnn, x)

    def gates(self, rnns: tuple[nn.GRU, nn.GRU], inputs: Tensor, before: Tensor) -> dict[str, Tensor]:
        """Return "reset" and "update" in 0-1, and "candidate" in -1-1."""
        import torch
        import torch.nn.functional as F

        weights = [weights_of(rnn) for rnn in rnns]
        of_inputs = torch.stack([F.linear(inputs, w, b) for w, _, b, _ in weights], 1)  # (T, 2, 3U)
        of_states = torch.stack([F.linear(before[:, i], v, c) for i, (_, v, _, c) in enumerate(weights)], 1)
        units = before.shape[-1]
        reset, update = (of_inputs + of_states)[..., : 2 * units].sigmoid().chunk(2, -1)
        candidate = torch.addcmul(of_inputs[..., 2 * units :], reset, of_states[..., 2 * units :]).tanh()
        return {"reset": reset, "update": update, "candidate": candidate}

    def memory(self, gates: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return z and (1 - z) n."""
        return gates["update"], (1 - gates["update"]) * gates["candidate"]

    def states(self, gates: dict[str, Tensor], before: Tensor, cells: Tensor | None) -> Tensor:
        """Return n + z (h - n)."""
        import torch

        return torch.lerp(gates["candidate"], before, gates["update"])

    def linearised(
        self,
        rnns: tuple[nn.GRU, nn.GRU],
        inputs: Tensor,
        before: Tensor,
        gates: dict[str, Tensor],
        cells: Tensor | None,
    ) -> LinearRecurrence:
        """Return h' = z h + (1 - z) (tanh(a) / a) a, with a = W x + b + r (V h + c)."""
        import torch

        from ..secant import secant

        weights, opened, kept = candidate_weights(rnns), gates["reset"], gates["update"]
        written = (1 - kept) * secant(torch.tanh, weights.argument(inputs, before, opened))
        shown = torch.ones_like(kept)
        return LinearRecurrence(weights.of_inputs, weights.of_states, opened, kept, written, shown)
