"""A hybrid whose embedded input is shifted, for max-sensitivity to explain anew."""

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor

from ...data import Sample
from ...models import Hybrid
from ...models.perturbation import Apply, Perturbation

if TYPE_CHECKING:
    from ...models.image import ImageHybrid

_BASE = 2**32  # beyond any id: id + _BASE * number holds a token's id and its number


class ShiftedHybrid(Hybrid):
    """A hybrid that adds a fixed shift to its embedded input, with the modules and weights of another one.

    The input without evidence stays where it is. Where tokens are deleted, those that stay take their shifts along.

    Args:
        model: the hybrid itself, which is left as it is.
        sample: the input whose embedding is shifted.
        shift: the shift, of the shape of `model.embed(sample.inputs)`.
    """

    def __init__(self, model: Hybrid, sample: Sample, shift: Tensor) -> None:
        super().__init__()
        self.model, self.core = model, model.core
        self.modality, self.config, self.grid = model.modality, model.config, model.grid
        self.training = model.training
        if model.layout == "grid":
            self.backbone = cast("ImageHybrid", model).backbone
        self._nothing = model.baseline(sample.inputs, sample.mask)
        self._shift = shift
        self.engine = model.engine

    def embed(self, inputs: Tensor) -> Tensor:
        """Embed and shift inputs of the sample's shape, or tokens that `perturbations` has numbered."""
        if torch.equal(inputs, self._nothing):
            return self.model.embed(inputs)
        if inputs.shape[1:] == self._nothing.shape[1:] and not (inputs >= _BASE).any():
            return self.model.embed(inputs) + self._shift
        shifts = torch.cat([torch.zeros_like(self._shift[0, :1]), self._shift[0]])  # (T + 1, E), none for number 0
        return self.model.embed(inputs % _BASE) + shifts[inputs // _BASE]

    def forward(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """Map inputs and mask (B, T) to logits (B, C): an engine knows nothing of the shift below the tokens."""
        return self.classify_embedded(self.embed(inputs), mask)

    def token_vectors(self, inputs: Tensor) -> Tensor:
        """Map inputs to the shifted tokens that the core reads, (B, T, width_in)."""
        return self.tokens(self.embed(inputs))

    def tokens(self, embedded: Tensor) -> Tensor:
        """Map embedded inputs to the tokens that the hybrid reads, (B, T, width_in)."""
        return self.model.tokens(embedded)

    def baseline(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """Return the inputs without evidence, which no shift reaches."""
        return self.model.baseline(inputs, mask)

    @property
    def perturbations(self) -> dict[str, Perturbation]:
        """The ways to remove units; tokens are numbered first, for they may change places."""
        if self.layout == "grid":
            return self.model.perturbations
        return {name: _after_numbering(perturbation) for name, perturbation in self.model.perturbations.items()}


def _after_numbering(perturbation: Perturbation) -> Perturbation:
    def apply_to(ids: Tensor, mask: Tensor) -> Apply:
        return perturbation(ids + _BASE * torch.arange(1, ids.shape[1] + 1, device=ids.device), mask)

    return apply_to
