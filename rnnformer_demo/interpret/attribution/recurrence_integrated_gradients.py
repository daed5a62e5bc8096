"""Integrated gradients of the recurrences: their contributions to a class at each step while they are faded in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...data import InputError, Sample
from .features import by_unit, tokens_of
from .integration import cost_of_integration, gap_notices, integrate
from .progress import Report
from .registry import Explanation, register_method

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ...models import Hybrid
    from ...nn.hooks import Change

_STEPS_PER_PASS = 800  # by the modules, forward and back: after about 100 ms others have their turn


@register_method(
    "recurrence-integrated-gradients",
    "Contribution of the recurrence",
    "What the recurrences' addition at each word or cell of the CNN's grid does for the class. The scores add up to "
    "what the logit gains by the recurrences; the words or cells themselves are not counted.",
    scale="share of the logit's change",
    cost=cost_of_integration,
    integrates=True,
)
def recurrence_integrated_gradients(model: Hybrid, sample: Sample, target: int, report: Report) -> Explanation:
    """Integrate while each recurrent block at each step fades from the identity, 0, to itself, 1.

    With one block these are integrated gradients on its addition, from nothing on. The path over gates has the merit
    that it stays complete with several blocks, where the upper ones read the additions of the lower ones. A path over
    the hidden states from zero would end elsewhere: the fusion adds its bias even to states of zero.

    Raises:
        InputError: for a model without recurrence.
    """
    import torch

    from ...nn.hooks import replace_outputs

    blocks = len(model.core.recurrent_blocks)
    if not blocks:
        raise InputError("This model has no recurrence whose contribution could be shown: choose another method.")
    tokens = tokens_of(model, sample)

    def forward(gates: Tensor) -> Tensor:
        with replace_outputs(_fading(model, gates)):
            return model.classify_tokens(tokens.expand(len(gates), -1, -1), sample.mask.expand(len(gates), -1))

    whole = torch.ones(1, blocks, tokens.shape[1])
    rows = max(1, _STEPS_PER_PASS // tokens.shape[1])
    scores, gap = integrate(forward, whole, torch.zeros_like(whole), target, report, rows=rows)
    steps = scores[0].sum(0)  # (T,)
    return Explanation(
        "recurrence-integrated-gradients", target, by_unit(steps, sample), sample.grid, gap, gap_notices(gap)
    )


def _fading(model: Hybrid, gates: Tensor) -> dict[nn.Module, Change]:
    """Return changes of the recurrent blocks to gate * output + (1 - gate) * input, with gates (B, blocks, T)."""

    def fade(gate: Tensor) -> Change:
        return lambda _block, inputs, output: inputs[0] + gate[..., None] * (output - inputs[0])

    return {block: fade(gate) for block, gate in zip(model.core.recurrent_blocks, gates.unbind(1), strict=True)}
