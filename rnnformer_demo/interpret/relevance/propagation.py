"""Relevance of the tokens of one input for one logit."""

from dataclasses import dataclass

import torch
from torch import Tensor

from ...models import Hybrid
from ...nn.hooks import capture, locked
from ..gates import gates_of
from .rules import ATTENTION_RULES, CP_LRP, Recording, linearise


@dataclass(frozen=True)
class Relevance:
    """Relevance of what a model reads for one logit.

    Attributes:
        scores: (T,) of the steps, or (S, S) of pixels, in units of the logit: positive where one speaks for the class.
        logit: the logit that was handed down.
    """

    scores: Tensor
    logit: float

    @property
    def of_biases(self) -> float:
        """The part of the logit that goes to biases, to position encodings and, by AttnLRP, to constants of softmaxes.

        With the scores it adds up to the logit.
        """
        return self.logit - self.scores.sum().item()


@torch.no_grad()
def record(model: Hybrid, inputs: Tensor, mask: Tensor, attention_rule: str = CP_LRP) -> Recording:
    """Run a model in eval mode once, and keep what relevance propagation needs of the forward pass.

    Args:
        inputs: those of `Hybrid.forward`, with a batch of 1.
        mask: (1, T).
        attention_rule: one of `ATTENTION_RULES`.

    Raises:
        ValueError: for another rule.
        RuntimeError: where recomputed gates do not lead to the hidden states of the model.
    """
    if attention_rule not in ATTENTION_RULES:
        raise ValueError(f"attention_rule must be one of {ATTENTION_RULES}, got {attention_rule!r}")
    with capture(model) as outputs:
        model(inputs, mask)
    return Recording(outputs, gates_of(model, outputs, mask), model.grid, attention_rule)


@torch.no_grad()
def relevance_of(model: Hybrid, recording: Recording, target: int) -> Relevance:
    """Hand the logit of a class down to the tokens of a recorded input.

    Args:
        recording: see `record`.
        target: index of the class.

    Raises:
        TypeError: for a model with a part that has no rule.

    Example:
        >>> relevance_of(model, record(model, sample.inputs, sample.mask), 1).scores  # (T,)
    """
    gradient, logit = token_gradient(model, recording, target)
    return Relevance((gradient * recording.at(model.core.tokens)).sum(-1), logit)


def token_gradient(model: Hybrid, recording: Recording, target: int) -> tuple[Tensor, float]:
    """Return the gradient of a logit of the linearised network by its tokens (T, width_in), and the logit.

    Arguments and errors are those of `relevance_of`.
    """
    logits, back = linearise(model.core, recording.at(model.core.tokens), recording)
    return back(torch.eye(len(logits))[target]), logits[target].item()


@torch.no_grad()
def relevance_at(model: Hybrid, inputs: Tensor, mask: Tensor, target: int, attention_rule: str = CP_LRP) -> Relevance:
    """Run a model once, and hand the logit of a class down to its tokens: `record` and `relevance_of` in one.

    An engine does both in one program. Arguments and errors are those of the two.
    """
    if model.engine is None or not model.is_run_by_engine(inputs) or attention_rule not in ATTENTION_RULES:
        return relevance_of(model, record(model, inputs, mask, attention_rule), target)
    with locked():
        tokens = model.token_vectors(inputs)
        gradient, logit = model.engine.linearised(tokens, target, attention_rule)
    return Relevance((gradient * tokens[0]).sum(-1), logit)
