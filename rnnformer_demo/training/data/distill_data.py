"""What a student learns from a teacher without labels: cached views of photos and what the teacher says of each."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from ...data.image import ImageReader
from ...data.readers import PhotoRow
from ...models.image import ImageHybrid
from ...nn.devices import to_device_of
from ..config import TrainingConfig
from ..loop import PRECISIONS, Batch, Loss
from .augment import center_crop, strong_augment, weak_augment
from .feature_cache import extract
from .image_data import readable
from .unlabelled_images import UnlabelledImages, known_labels

_PER_PASS = 256  # photos


def maker_of(view: int) -> Callable:
    """View 0 is what is served; of the others one half is changed a little, the other a lot."""
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
        """(N, C)."""
        return logits_of(model, self.tokens)


def joined(name: str, parts: Sequence[CachedFeatures]) -> CachedFeatures:
    """Several sets as one."""
    return CachedFeatures(name, torch.cat([seen.tokens for seen in parts]), torch.cat([seen.labels for seen in parts]))


class DistillationData:
    """Photos that are trained on and held out, each in several views, with the teacher's word on them.

    Args:
        model: a student that still is what its teacher is; its backbone sees the photos.
        pools: where the photos are.
        reader: of the model.
        views: how many of each photo, see `maker_of`; two at least.
        precision: in which the backbone sees all but the plain views; bfloat16 takes half the time.
        cache: folder for features.
    """

    def __init__(
        self,
        model: ImageHybrid,
        pools: Sequence[UnlabelledImages],
        reader: ImageReader,
        views: int,
        precision: str,
        cache: Path,
    ):
        self.grid, self.labels = model.grid, model.config.labels
        self._model, self._reader, self._cache = model, reader, cache
        self.wanted, labels, held_out = 0, [], []
        parts = []
        for pool in pools:
            rows = pool.parts["training"] + pool.parts["held_out"]
            self.wanted += len(rows)
            kept = readable(pool, rows)
            parts.append((pool, kept))
            labels += known_labels(kept, self.labels)
            of_held_out = {row.path for row in pool.parts["held_out"]}
            held_out += [row.path in of_held_out for row in kept]
        self.count = len(labels)  # of the wanted photos, those that open
        self.held = torch.tensor(held_out).nonzero()[:, 0]
        self.trained = (~torch.tensor(held_out)).nonzero()[:, 0].tolist()
        self.features = [
            torch.cat([self._extract(pool, rows, view, precision) for pool, rows in parts]) for view in range(views)
        ]
        self.teacher = torch.stack([logits_of(model, features).half() for features in self.features])
        classes = torch.tensor(labels)
        self.held_out = CachedFeatures("held_out", self.features[0][self.held], classes[self.held])
        self.learned_from = CachedFeatures("learned from", self.features[0][self.trained], classes[self.trained])

    def _extract(self, pool: UnlabelledImages, rows: list[PhotoRow], view: int, precision: str = "float32") -> Tensor:
        reduced = view > 0 and precision != "float32"
        make = maker_of(view)

        def tokens(photos: Tensor) -> Tensor:
            with torch.autocast(photos.device.type, PRECISIONS[precision], enabled=reduced):
                return self._model.tokens(photos)

        variant = f"{make.__name__} {precision if reduced else 'float32'}"
        return extract(
            tokens, self._model.backbone, pool, rows, self._reader, view, self._cache, make=make, variant=variant
        )

    def test_part(self, pool: UnlabelledImages) -> CachedFeatures:
        """The part of a pool that is tested on."""
        rows = readable(pool, pool.parts["test"])
        labels = torch.tensor(known_labels(rows, self.labels))
        return CachedFeatures(f"{pool.name} test", self._extract(pool, rows, 0), labels)

    def consensus(self, temperature: float) -> Tensor:
        """What the teacher says of each photo, averaged over the views that are served or little changed (N, C)."""
        little = [view for view in range(len(self.features)) if maker_of(view) is not strong_augment]
        return torch.stack([(self.teacher[view].float() / temperature).softmax(-1) for view in little]).mean(0)

    def batches(
        self, training: TrainingConfig, consistency: float, temperature: float
    ) -> Callable[[int], Iterator[Batch]]:
        """Batches of an epoch for `fit`: a view of each photo, and as targets what the teacher says of this very view
        mixed with its consensus on the photo, as probabilities (B, C).

        Args:
            consistency: share of the consensus in the target, 0-1.
            temperature: temperature of the teacher's probabilities.
        """
        consensus = self.consensus(temperature)

        def of_epoch(epoch: int) -> Iterator[Batch]:
            chooser = random.Random(training.seed * 10_007 + epoch)
            order = chooser.sample(self.trained, len(self.trained))
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
        """Left and right exchanged in half of all cases: the teacher says the same of both."""
        return tokens.unflatten(0, self.grid).flip(1).flatten(0, 1) if chooser.random() < 0.5 else tokens


def kd_loss(forward: Callable[[Tensor, Tensor], Tensor], temperature: float) -> Loss:
    """Kullback-Leibler divergence of the student's softened probabilities from the targets (Hinton et al. 2015,
    section 2), for `fit`."""

    def loss(inputs: Tensor, mask: Tensor, targets: Tensor) -> Tensor:
        said = (forward(inputs, mask).float() / temperature).log_softmax(-1)
        return temperature**2 * F.kl_div(said, targets, reduction="batchmean")

    return loss


@torch.no_grad()
def logits_of(model: ImageHybrid, tokens: Tensor) -> Tensor:
    """Logits (N, C) for tokens (N, T, D) in 16 bits."""
    batches = map(Tensor.float, tokens.split(_PER_PASS))
    return torch.cat(
        [model.classify_tokens(*to_device_of(model.core, batch, mask_of(batch))).cpu() for batch in batches]
    )


def mask_of(tokens: Tensor) -> Tensor:
    """All cells of a grid are real."""
    return torch.ones(tokens.shape[:2], dtype=torch.bool)
