"""Targets of an image student that learns without labels: its teacher's logits on cached views of the photos."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...data.image import ImageReader
from ...models.image import ImageHybrid
from ...nn.devices import to_device_of
from ..config import TrainingConfig
from ..data.augment import center_crop, strong_augment, weak_augment
from ..data.feature_cache import Encode, extract
from ..data.image_data import ImageData, readable
from ..data.unlabelled_images import UnlabelledImages, known_labels
from ..loop import PRECISIONS, Batch, Loss

_PER_PASS = 256  # photos


def augment_of(view: int) -> Callable:
    """Return what makes a view: 0 is what is served; of the others one half is changed a little, the other a lot."""
    return center_crop if view == 0 else weak_augment if view % 2 else strong_augment


@dataclass(frozen=True)
class CachedFeatures:
    """Plain views of N photos as the backbone sees them.

    Attributes:
        name: of the set they are from.
        tokens: (N, T, D) in 16 bits.
        labels: (N,) their classes, -1 where they are unknown.
    """

    name: str
    tokens: Tensor
    labels: Tensor

    def logits(self, model: ImageHybrid) -> Tensor:
        """Return logits (N, C)."""
        return logits_of(model, self.tokens)


def joined(name: str, parts: Sequence[CachedFeatures]) -> CachedFeatures:
    """Return several sets as one."""
    return CachedFeatures(name, torch.cat([part.tokens for part in parts]), torch.cat([part.labels for part in parts]))


def cached_view(
    view_of: Callable[..., Tensor], model: ImageHybrid, reader: ImageReader, view: int, precision: str = "float32"
) -> Tensor:
    """Return a model's tokens (N, T, D) of one view of photos, in 16 bits.

    Args:
        view_of: `ImageData.view`, or `extract` on the photos of a set.
        model: whose backbone reads them.
        reader: of the model.
        view: number of the view, see `augment_of`.
        precision: in which the backbone reads all but the plain views; bfloat16 takes half the time.
    """
    reduced = view > 0 and precision != "float32"
    make = augment_of(view)

    def tokens(photos: Tensor) -> Tensor:
        with torch.autocast(photos.device.type, PRECISIONS[precision], enabled=reduced):
            return model.tokens(photos)

    variant = f"{make.__name__} {precision if reduced else 'float32'}"
    return view_of(tokens, model.backbone, reader, view, make=make, variant=variant)


def features_of_test(pool: UnlabelledImages, model: ImageHybrid, reader: ImageReader, cache: Path) -> CachedFeatures:
    """Return the part of a pool that is tested on."""
    rows = readable(pool, pool.parts["test"])

    def view_of(tokens: Encode, backbone: nn.Module, reader: ImageReader, view: int, **options: Any) -> Tensor:
        return extract(tokens, backbone, pool, rows, reader, view, cache, **options)

    labels = torch.tensor(known_labels(rows, model.config.labels))
    return CachedFeatures(f"{pool.name} test", cached_view(view_of, model, reader, 0), labels)


class ImageTargets:
    """The views of each photo, and what a student learns of its teacher's logits on them.

    Args:
        data: the photos, in two views at least.
        model: a student that still is what its teacher is; its backbone reads the photos.
        reader: of the model.
        precision: see `cached_view`.
    """

    def __init__(self, data: ImageData, model: ImageHybrid, reader: ImageReader, precision: str):
        self.grid, self.training = model.grid, data.training
        views = range(data.config.views)
        self.features = [cached_view(data.view, model, reader, view, precision) for view in views]
        self.teacher = torch.stack([logits_of(model, features).half() for features in self.features])
        plain, held_out = self.features[0], data.held_out
        self.held_out = CachedFeatures("held_out", plain[held_out], data.targets[held_out])
        self.learned_from = CachedFeatures("learned from", plain[self.training], data.targets[self.training])

    def consensus(self, temperature: float) -> Tensor:
        """Return the teacher's probabilities of each photo, averaged over the views that are served or little changed,
        (N, C)."""
        little = [view for view in range(len(self.features)) if augment_of(view) is not strong_augment]
        return torch.stack([(self.teacher[view].float() / temperature).softmax(-1) for view in little]).mean(0)

    def batches(
        self, training: TrainingConfig, consistency: float, temperature: float
    ) -> Callable[[int], Iterator[Batch]]:
        """Return the batches of an epoch for `fit`: a view of each photo, and as targets the teacher's probabilities of
        this very view mixed with its consensus on the photo (B, C).

        Args:
            consistency: share of the consensus in the target, 0-1.
            temperature: temperature of the teacher's probabilities.
        """
        consensus = self.consensus(temperature)

        def of_epoch(epoch: int) -> Iterator[Batch]:
            chooser = random.Random(training.seed * 10_007 + epoch)
            order = chooser.sample(self.training, len(self.training))
            for start in range(0, len(order), training.batch_size):
                group = order[start : start + training.batch_size]
                views = [chooser.randrange(len(self.features)) for _ in group]
                tokens = torch.stack(
                    [
                        self._mirrored(self.features[view][photo], chooser)
                        for view, photo in zip(views, group, strict=True)
                    ]
                ).float()
                own = (self.teacher[views, group].float() / temperature).softmax(-1)
                yield tokens, mask_of(tokens), own.lerp(consensus[group], consistency)

        return of_epoch

    def _mirrored(self, tokens: Tensor, chooser: random.Random) -> Tensor:
        """Mirror left and right in half of all cases: the teacher says the same of both."""
        return tokens.unflatten(0, self.grid).flip(1).flatten(0, 1) if chooser.random() < 0.5 else tokens


def kd_loss(forward: Callable[[Tensor, Tensor], Tensor], temperature: float) -> Loss:
    """Return the distillation loss for `fit` (Hinton et al. 2015, section 2).

    It is the Kullback-Leibler divergence of the student's softened probabilities from the targets.
    """

    def loss(inputs: Tensor, mask: Tensor, targets: Tensor) -> Tensor:
        student = (forward(inputs, mask).float() / temperature).log_softmax(-1)
        return temperature**2 * F.kl_div(student, targets, reduction="batchmean")

    return loss


@torch.no_grad()
def logits_of(model: ImageHybrid, tokens: Tensor) -> Tensor:
    """Return logits (N, C) for tokens (N, T, D) in 16 bits."""
    batches = map(Tensor.float, tokens.split(_PER_PASS))
    return torch.cat(
        [model.classify_tokens(*to_device_of(model.core, batch, mask_of(batch))).cpu() for batch in batches]
    )


def mask_of(tokens: Tensor) -> Tensor:
    """Return the mask (N, T) of tokens (N, T, D): all cells of a grid are real."""
    return torch.ones(tokens.shape[:2], dtype=torch.bool)
