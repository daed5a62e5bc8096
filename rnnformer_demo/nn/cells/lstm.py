"""The long short-term memory (Hochreiter & Schmidhuber 1997; Gers et al. 2000)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from .cell import LinearRecurrence, register
from .fused import FusedCell, candidate_weights, parameters_of, weights_of

if TYPE_CHECKING:
    from torch import Tensor, nn


@register
class LSTM(FusedCell["nn.LSTM"]):
    """c = f c + i g and h = o tanh(c), with i, f, g, o of `nn.LSTM` as input, forget, candidate and output."""

    name = "lstm"
    title = "LSTM"
    article = "an"
    retention_gate = "forget"
    has_cell_state = True
    help = (
        "The input gate says how much is let in, the forget gate how much is kept, the output gate how much is shown."
    )

    def build(self, width: int, units: int) -> nn.LSTM:
        """Return `nn.LSTM`."""
        from torch import nn

        return nn.LSTM(width, units, batch_first=True)

    def initialise(self, rnn: nn.LSTM) -> None:
        """Draw the weights; forget gates start open, so that gradients do not vanish over the first updates
        (Jozefowicz et al. 2015)."""
        super().initialise(rnn)
        # PyTorch adds both biases: set one of them only.
        _, _, bias, _ = parameters_of(rnn)
        bias.data[rnn.hidden_size : 2 * rnn.hidden_size] = 1.0

    def gates(self, rnns: tuple[nn.LSTM, nn.LSTM], inputs: Tensor, before: Tensor) -> dict[str, Tensor]:
        """Return "input", "forget" and "output" in 0-1, and "candidate" in -1-1."""
        import torch

        directions = []
        for rnn, state in zip(rnns, before.unbind(1), strict=True):
            of_input, of_state, bias, other_bias = weights_of(rnn)
            directions.append(torch.addmm(bias + other_bias, inputs, of_input.T).addmm_(state, of_state.T))  # (T, 4U)
        entering, keeping, candidate, leaving = torch.stack(directions, 1).chunk(4, -1)  # (T, 2, U) each
        return {
            "input": entering.sigmoid(),
            "forget": keeping.sigmoid(),
            "candidate": candidate.tanh(),
            "output": leaving.sigmoid(),
        }

    def memory(self, gates: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return f and i g."""
        return gates["forget"], gates["input"] * gates["candidate"]

    def states(self, gates: dict[str, Tensor], before: Tensor, cells: Tensor | None) -> Tensor:
        """Return o tanh(c)."""
        return gates["output"] * cells.tanh()

    def linearised(
        self,
        rnns: tuple[nn.LSTM, nn.LSTM],
        inputs: Tensor,
        before: Tensor,
        gates: dict[str, Tensor],
        cells: Tensor | None,
    ) -> LinearRecurrence:
        """Return c = f c + i (tanh(a) / a) a and h = o (tanh(c) / c) c, with a = W x + V h + b."""
        import torch

        from ..secant import secant

        weights, opened = candidate_weights(rnns), torch.ones_like(before)
        written = gates["input"] * secant(torch.tanh, weights.argument(inputs, before, opened))
        shown = gates["output"] * secant(torch.tanh, cast("Tensor", cells))
        return LinearRecurrence(weights.of_inputs, weights.of_states, opened, gates["forget"], written, shown)
