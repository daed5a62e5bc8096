"""The part of an image hybrid that is trained: the core, on the features of a frozen backbone, and where it is
fine-tuned, the last blocks of the backbone with it."""

import math

import torch
from torch import Tensor, nn

from ...checkpoints import store
from ...data import InputError
from ...evaluation.modality import require_grid
from ...models import ImageConfig
from ...models.backbones.facts import FACTS
from ...models.backbones.registry import BothGrids, parts
from ...models.image import ImageHybrid
from ...nn.devices import to_device_of
from ..config import FineTuneConfig
from ..pretrained.backbones import pretrained_backbone

_PHOTOS_PER_PASS = 64


class TrainableHead:
    """The part of an image hybrid that is trained, and what comes into it.

    Args:
        model: the whole; what is not trained asks for no gradient from now on.
        tuning: of its backbone.

    Attributes:
        module: what is trained, for `fit`.

    Raises:
        InputError: for a backbone of which so many blocks cannot be fine-tuned.
    """

    def __init__(self, model: ImageHybrid, tuning: FineTuneConfig):
        self.model, self.tuning = model, tuning
        model.backbone.requires_grad_(False)
        self._lower: nn.Sequential = model.backbone
        self._upper: nn.Module = nn.Identity()
        self.module: nn.Module = model.core
        if tuning.unfreeze:
            self._lower, self._upper = _parts(model, tuning.unfreeze)
            self.module = nn.ModuleDict({"backbone": self._upper.requires_grad_(True), "core": model.core})

    @property
    def rates(self) -> dict[str, float]:
        """Shares of the learning rate by the beginning of the parameters' names, see `fit`."""
        return {"backbone.": self.tuning.backbone_lr_scale} if self.tuning.unfreeze else {}

    @property
    def variant(self) -> str:
        """Cache key of the frozen part's features, beside the photos."""
        return f"after {len(self._lower)} blocks{', both grids' * isinstance(self._lower, BothGrids)}"

    def below(self, photos: Tensor) -> Tensor:
        """Return the input (B, D, h, w) of the part that is trained, for photos (B, 3, S, S).

        It is the grid that the core reads, or the one before the first block that is fine-tuned.
        """
        return self._lower(photos.contiguous(memory_format=torch.channels_last))

    def classify_tokens(self, features: Tensor, mask: Tensor) -> Tensor:
        """Return logits (B, C) of the frozen part's features and the mask (B, T)."""
        return self.model.classify_tokens(self.model.cells(self._upper, features), mask)

    @torch.no_grad()
    def logits(self, features: Tensor) -> Tensor:
        """Return logits (N, C) of N photos' features in 16 bits."""
        batches = features.split(_PHOTOS_PER_PASS)
        return torch.cat(
            [
                self.classify_tokens(*to_device_of(self.module, batch.float(), self.mask(len(batch)))).cpu()
                for batch in batches
            ]
        )

    def mask(self, batch: int) -> Tensor:
        """Return the mask (B, T): all cells of a grid are real."""
        return torch.ones(batch, self.steps, dtype=torch.bool)

    @property
    def steps(self) -> int:
        """T, the cells of the grid that the core reads."""
        return math.prod(require_grid(self.model.grid))


def _parts(model: ImageHybrid, blocks: int) -> tuple[nn.Sequential, nn.Sequential]:
    if FACTS[model.config.backbone].fine_blocks is None:
        raise InputError(
            f"The blocks of {model.config.backbone} cannot be fine-tuned: leave out --unfreeze or --backbone."
        )
    try:
        return parts(model.backbone, blocks)
    except ValueError as error:
        raise InputError(f"So many blocks cannot be fine-tuned: {error}.") from error


def pretrained(config: ImageConfig, tuning: FineTuneConfig, seed: int) -> TrainableHead:
    """Return a new model on a backbone with its published weights.

    Raises:
        InputError: for a backbone whose weights cannot be had, a model too large for a checkpoint, and see
            `TrainableHead`.
    """
    torch.manual_seed(seed)
    model = ImageHybrid(config)
    _check_size(model)
    part = TrainableHead(model, tuning)
    published = pretrained_backbone(config.backbone).state_dict()
    # Rounded as a checkpoint holds them: what is cached is what is served.
    rounded = {name: published[name].half().float() for name in model.backbone.state_dict()}
    model.backbone.load_state_dict(rounded, strict=True)
    return part


def _check_size(model: ImageHybrid) -> None:
    size = 2 * model.parameters_count
    if size > store.MAX_BYTES:
        raise InputError(
            f"A model on {model.config.backbone} would take {size / 1e6:.1f} MB, a checkpoint may have "
            f"{store.MAX_BYTES / 1e6:.0f} MB: choose another --backbone or fewer --units."
        )
