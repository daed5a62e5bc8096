"""The graphs of a frozen model in the place of its modules, wherever no hook observes these."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.weak import WeakIdKeyDictionary

from ..nn.hooks import give_way
from .sessions import Sessions

if TYPE_CHECKING:
    import onnxruntime

    from ..models import HybridConfig

# Of a batch, what is run at once: about 100 ms, after which others have their turn. More is no faster.
_PHOTOS, _STEPS, _STEPS_BACKWARD = 4, 2048, 800
_WEIGHTS = 320_000  # attention weights of a head, of all rows: more take a server's memory


class GraphEngine:
    """The programs of one model, which take and return tensors.

    Large batches are run in parts, with a turn for others between two of them.

    Args:
        config: the model's config.
        tensors: those of its checkpoint as they are stored, under the names of today.

    Attributes:
        sessions: the same programs, which take and return arrays.

    Raises:
        Uncovered: for a model that no graph covers.
    """

    name = "onnx"

    def __init__(self, config: HybridConfig, tensors: Mapping[str, np.ndarray]) -> None:
        self.sessions = Sessions(config, tensors)
        self._tokens = WeakIdKeyDictionary()  # of inputs that are being analysed: a photo runs through the CNN once
        self.sessions.session("trace")  # at once: opening it is no part of an answer's time

    def __deepcopy__(self, _memo: dict) -> None:
        """Stay behind where a model is copied: whoever changes the weights of a copy must not get answers of these."""
        return

    def logits(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """Return the logits (B, C) of inputs, see `Hybrid.forward`."""
        return self._run("logits", self._feeds(inputs, mask), "logits")

    def tokens(self, inputs: Tensor) -> Tensor:
        """Return the tokens (B, T, W) that the core reads."""
        if (tokens := self._tokens.get(inputs)) is not None:
            return tokens.detach()  # another tensor on the same numbers: whoever asks for its gradient changes no other
        return self._run("tokens", self.sessions.feeds(_array(inputs)), "tokens")

    def outputs(self, inputs: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return the outputs of all hook points of a forward pass, by their names."""
        return {name: torch.from_numpy(array) for name, array in self._once("trace", self._feeds(inputs, mask)).items()}

    def token_logits(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Return the logits (B, C) of tokens, see `Hybrid.classify_tokens`.

        The gradient by the tokens can be asked for where there is no padding.
        """
        if torch.is_grad_enabled() and tokens.requires_grad:
            return _TokenLogits.apply(tokens, self)
        padding = {"lengths": _lengths(mask)} if self.sessions.reads_ids else {"mask": _array(mask)}
        return self._run("token_logits", {"tokens": _array(tokens), **padding}, "logits")

    def states_below_attention(self, tokens: Tensor) -> Tensor:
        """Return the input of the first attention block (B, T, D) for tokens without padding."""
        return self._run("below_attention", {"tokens": _array(tokens)}, "states")

    def linearised(self, tokens: Tensor, target: int, rule: str) -> tuple[Tensor, float]:
        """Return the gradient (T, W) of a logit of the network that a rule of relevance propagation takes for linear.

        Args:
            tokens: (1, T, W), without padding.
            rule: "cp-lrp" or "attn-lrp".

        Returns:
            The gradient, and the logit.
        """
        found = self._once(rule, {"tokens": _array(tokens), "target": np.array([target])})
        return torch.from_numpy(found["gradient"][0]), float(found["logits"][0, target])

    def intervened(
        self, tokens: Tensor, uniform: Collection[str], orders: Mapping[str, Tensor], without_recurrence: bool
    ) -> Tensor:
        """Return the logits (B, C) of tokens without padding while attention, pooling or recurrence are changed.

        Args:
            uniform: names of the weights that are the same for every step.
            orders: by the names of other weights, the places (B, T) or (B, H, T, T) from which they come.
            without_recurrence: the recurrent blocks are the identity.
        """
        feeds = {"tokens": _array(tokens)}
        batch, steps = tokens.shape[:2]
        for each in self.sessions.session("interventions").get_inputs():
            kind, _, name = each.name.partition(" ")
            if kind == "order" and name in orders:
                feeds[each.name] = _array(orders[name])
            elif kind == "order":
                shape = [{"B": batch, "T": steps}.get(size, size) for size in each.shape]
                feeds[each.name] = np.broadcast_to(np.arange(steps), shape)
            elif kind in ("own", "recurrence"):
                kept = name not in uniform if kind == "own" else not without_recurrence
                feeds[each.name] = np.array(kept, np.float32)
        return self._run("interventions", feeds, "logits")

    def contributions(self, tokens: Tensor) -> dict[str, Tensor] | None:
        """Return what each step adds to each logit of tokens without padding, and all weights.

        Returns:
            "contributions" (B, T, C), and attention and pooling weights by their names; None for a head with hidden
            layers, after which nothing is a sum over steps.
        """
        found = self._once("inside", {"tokens": _array(tokens)})
        return {name: torch.from_numpy(each) for name, each in found.items()} if "contributions" in found else None

    def gradient(self, tokens: Tensor, target: int) -> Tensor:
        """Return the gradient (B, T, W) of a logit by tokens without padding."""
        return self._run("gradient", {"tokens": _array(tokens), "target": np.array([target])}, "gradient")

    def replace(self, program: str, session: onnxruntime.InferenceSession) -> None:
        """Run a program in another session from now on, which takes and returns the same."""
        self.sessions.replace(program, session)

    def _feeds(self, inputs: Tensor, mask: Tensor) -> dict[str, np.ndarray]:
        return self.sessions.feeds(_array(inputs), _lengths(mask))

    def _once(
        self, program: str, feeds: dict[str, np.ndarray], outputs: Sequence[str] | None = None
    ) -> dict[str, np.ndarray]:
        """Run a program once; what runs took goes back to the system: a server would keep that of its largest input."""
        return self.sessions.run(program, feeds, outputs, may_free=True)

    def _run(self, program: str, feeds: dict[str, np.ndarray], output: str) -> Tensor:
        batch = next(iter(feeds.values()))
        rows = _rows_at_once(program, batch)
        if len(batch) <= rows:
            return torch.from_numpy(self._once(program, feeds, [output])[output])
        parts = []
        for start in range(0, len(batch), rows):
            part = {
                name: array[start : start + rows]
                if array.shape[:1] == batch.shape[:1]
                else array  # a target is for all
                for name, array in feeds.items()
            }
            parts.append(self._once(program, part, [output])[output])
            give_way()
        return torch.from_numpy(np.concatenate(parts))


class _TokenLogits(torch.autograd.Function):
    """Logits of tokens whose gradient another program gives."""

    @staticmethod
    def forward(context: Any, tokens: Tensor, engine: GraphEngine) -> Tensor:
        context.save_for_backward(tokens)
        context.engine = engine
        return engine.token_logits(tokens.detach(), torch.ones(tokens.shape[:2], dtype=torch.bool))

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (tokens,), (of_logits,) = context.saved_tensors, gradients
        total = torch.zeros_like(tokens)
        for target in of_logits.any(0).nonzero()[:, 0].tolist():
            total += of_logits[:, target, None, None] * context.engine.gradient(tokens.detach(), target)
        return total, None


def _rows_at_once(program: str, batch: np.ndarray) -> int:
    """Return the number of photos (B, 3, S, S), or of rows of ids (B, T) or tokens (B, T, W), that are run at once."""
    if batch.ndim > 3:
        return _PHOTOS
    steps = batch.shape[1]
    return max(1, min((_STEPS_BACKWARD if program == "gradient" else _STEPS) // steps, _WEIGHTS // steps**2))


def _array(tensor: Tensor) -> np.ndarray:
    return tensor.detach().contiguous().numpy()


def _lengths(mask: Tensor) -> np.ndarray:
    return mask.sum(1).int().numpy()
