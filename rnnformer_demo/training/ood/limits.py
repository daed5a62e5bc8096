"""Thresholds by length, and the plane beside a distance."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor

from ...confidence.ood import Distance, ExposedDetector, Thresholds
from .distances import UNSET
from .measuring import Measurement
from .scoring import scores, strangeness

# Share of each held-out part that the threshold lets pass. At no length may more than 6 % of other inputs of the same
# kind be flagged: two points are left for what a test set differs by.
RECALL = 0.96

_BINS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128, 256)  # first tokens of the bins of a threshold
# Inputs of one held-out part, to set a threshold for a bin, or all of that part. Of fewer, one or two would decide.
_LEAST_IN_BIN = 100

_PLANE_STEPS = 60  # of L-BFGS
_LEAST_REACH = 1e-3  # of a plane's values, which are logarithms of odds


@dataclass(frozen=True)
class PlaneFit:
    """How a plane is fitted.

    Attributes:
        feature: a key of `FEATURES`, of whose means the plane is one.
        pull: on the squares of its weights, which then fit into 16 bits.
        recall: share of each held-out part that the plane lets pass, and as many the distance beside it.
    """

    feature: str
    pull: float
    recall: float


# By modality. Foreign photos show in what the CNN sees: pooling keeps what tells the classes apart and drops the rest.
# So few of them are shown that their plane is pulled harder: on the sets to choose on any pull from 0.001 to 0.03 does
# as well. Distance and plane together let a share of `RECALL` pass: of texts at every length; of photos, which have one
# length, nearly so (95.7 % or more of those held out), for both flag some of the same.
PLANES = {"text": PlaneFit("joint", 1e-3, (1 + RECALL) / 2), "image": PlaneFit("tokens", 1e-2, 0.975)}


def with_threshold(signal: Distance, held_out: Sequence[Measurement], recall: float = RECALL) -> Distance:
    """Return the same detector with the smallest thresholds that let a share of each held-out part pass at each length:
    photos of the rarest source, which may be the sharpest, must pass as well, and so must texts of every form."""
    return replace(
        signal, threshold=thresholds([(strangeness(signal, part), part.lengths) for part in held_out], recall)
    )


def thresholds(parts: Sequence[tuple[Tensor, Tensor]], recall: float = RECALL) -> Thresholds:
    """Return the smallest thresholds that let a share of each part pass, in each bin of lengths.

    A bin for which no part has enough inputs has the threshold of the bin before; where none has, one holds for all.

    Args:
        parts: the strangeness (N,) of the inputs of each, and their lengths (N,).
        recall: that share, 0-1.
    """

    def needed(some: Tensor) -> float:
        return some.quantile(recall, interpolation="higher").item()

    edges = torch.tensor(_BINS)
    binned = [(some, torch.searchsorted(edges, lengths, right=True) - 1) for some, lengths in parts]
    found = {}
    for number, first in enumerate(_BINS):
        inside = [(some[bins == number], len(some)) for some, bins in binned]
        enough = [needed(some) for some, all_of_it in inside if len(some) >= min(_LEAST_IN_BIN, all_of_it)]
        if enough:
            found[first] = max(enough)
    if not found:
        return Thresholds.constant(max(needed(some) for some, _ in parts))
    return Thresholds(tuple(found), tuple(found.values()))


def fit_plane(plan: PlaneFit, training: Measurement, shown: Sequence[Measurement]) -> Tensor:
    """Fit a plane between training inputs and others by logistic regression; each of the kinds counts as much.

    Args:
        plan: of the modality.
        training: the inputs on the near side.
        shown: inputs of other kinds, which count as much as those all together.

    Returns:
        Weights and constant (E + 1,).
    """
    kinds = [one.features[plan.feature].means.double() for one in (training, *shown)]
    means = torch.cat(kinds)
    centre, scale = kinds[0].mean(0), kinds[0].std(0).clamp(min=1e-3)
    inputs = torch.cat([(means - centre) / scale, means.new_ones(len(means), 1)], dim=1)
    targets = torch.cat([means.new_full((len(kind),), float(number > 0)) for number, kind in enumerate(kinds)])
    weights = torch.cat([means.new_full((len(kind),), 0.5 / len(kind)) for kind in kinds])
    weights[len(kinds[0]) :] /= len(shown)
    plane = means.new_zeros(inputs.shape[1], requires_grad=True)
    optimizer = torch.optim.LBFGS([plane], max_iter=_PLANE_STEPS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        each = F.binary_cross_entropy_with_logits(inputs @ plane, targets, reduction="none")
        total = (weights * each).sum() + plan.pull * plane[:-1].square().sum()
        total.backward()
        return total

    optimizer.step(loss)
    found = plane.detach()
    slopes = found[:-1] / scale
    return torch.cat([slopes, found[-1:] - (slopes @ centre)[None]]).float()


def with_plane(distance: Distance, plan: PlaneFit, plane: Tensor, held_out: Sequence[Measurement]) -> ExposedDetector:
    """Return the detector of a distance and a plane, with thresholds for both.

    At each length the median of the held-out parts scores by the plane as their median does by the distance.

    Args:
        distance: the detector beside the plane.
        plan: of the modality.
        plane: weights and constant (E + 1,).
        held_out: parts of the model's own kind.
    """
    distance = with_threshold(distance, held_out, plan.recall)
    median = torch.cat([scores(distance, part) for part in held_out]).median().clamp(max=0.99).item()
    stored = plane.half().float()  # the thresholds are set on what is stored
    detector = ExposedDetector(distance, plan.feature, stored, UNSET, UNSET)
    parts = [(detector.values(part.features[plan.feature].means), part.lengths) for part in held_out]
    beyond, middle = thresholds(parts, plan.recall), thresholds(parts, 0.5)
    reach = [
        max(_LEAST_REACH, (high - low) / (1 - median)) for high, low in zip(beyond.values, middle.values, strict=True)
    ]
    return replace(detector, beyond=beyond, reach=replace(beyond, values=tuple(reach)))
