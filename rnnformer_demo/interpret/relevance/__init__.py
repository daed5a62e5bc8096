"""Layer-wise relevance propagation (LRP; Bach et al. 2015) through a hybrid, by a hand-written backward pass.

A logit is handed down, layer by layer, to the tokens, by what each part of a sum adds to it. Where a layer is no sum
of its inputs, a rule says what is taken for one at this input (`rules.py`):

- LSTM and GRU: gates are constant (LRP-all, Arras et al. 2019, 1904.11829), see `Cell.linearised`;
- attention and its pooling: weights are constant (CP-LRP, Ali et al. 2022, 2202.07304), or relevance goes through the
  softmax and is halved between the factors of a product (AttnLRP, Achtibat et al. 2024, 2402.05602);
- layer norms: standard deviations are constant (Ali et al. 2022);
- GELU, ReLU6 and tanh: the ratio f(z) / z is constant.

With these rules LRP is gradient x input of the linearised network: what is handed down are its gradients, which need no
division by sums that may be zero. One forward pass is recorded at the hook points, see `capture`; the rest is
recomputed from that without running a recurrence again. Autograd has no part in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from ...models import Hybrid
from ..gates import gates_of
from .rules import ATTENTION_RULES, CP_LRP, Recording, linearise

__all__ = ["ATTENTION_RULES", "CP_LRP", "Relevance", "relevance_of"]


@dataclass(frozen=True)
class Relevance:
    """Relevance of each step for one logit.

    Attributes:
        steps: (T,) in units of the logit, positive where a step speaks for the class.
        logit: the logit that was handed down.
    """

    steps: Tensor
    logit: float

    @property
    def of_biases(self) -> float:
        """The part of the logit that no step gets: it goes to biases, position encodings and, by AttnLRP, softmaxes.

        Those of steps and this one sum to the logit.
        """
        return self.logit - self.steps.sum().item()


@torch.no_grad()
def relevance_of(
    model: Hybrid, outputs: Mapping[str, Tensor], mask: Tensor, target: int, attention_rule: str = CP_LRP
) -> Relevance:
    """Hand the logit of a class down to the tokens of one input.

    Args:
        outputs: outputs of all hook points of the model, in eval mode, with a batch of 1, see `capture`.
        mask: (1, T).
        target: index of the class.
        attention_rule: one of `ATTENTION_RULES`.

    Raises:
        ValueError: for another rule.
        TypeError: for a model with a part that has no rule.
        RuntimeError: where recomputed gates do not lead to the hidden states of the model.

    Example:
        >>> with capture(model) as outputs, torch.no_grad():
        ...     model(sample.inputs, sample.mask)
        >>> relevance_of(model, outputs, sample.mask, 1).steps  # (T,)
    """
    if attention_rule not in ATTENTION_RULES:
        raise ValueError(f"attention_rule must be one of {ATTENTION_RULES}, got {attention_rule!r}")
    recording = Recording(outputs, gates_of(model, dict(outputs), mask), model.grid, attention_rule)
    tokens = recording.at(model.core.tokens)  # (T, width_in)
    logits, hand_down = linearise(model.core, tokens, recording)
    gradient = hand_down(torch.zeros_like(logits).index_fill_(0, torch.tensor(target), 1.0))
    return Relevance((gradient * tokens).sum(-1), logits[target].item())
