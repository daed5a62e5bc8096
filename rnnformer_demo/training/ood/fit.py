"""Fitting of an out-of-distribution detector to a trained model: its statistics, its threshold, and its tests."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor
from tqdm import tqdm

from ...checkpoints import store
from ...checkpoints.store import Checkpoint
from ...confidence.ood import (
    Distance,
    EnergyDetector,
    ExposedDetector,
    KNNDetector,
    MahalanobisDetector,
    OODDetector,
    Thresholds,
    features_of,
    mean_of_steps,
)
from ...data import InputError
from ...nn.hooks import capture
from ..config import OODConfig
from ..recipes import stage_of
from .reading import read_sets
from .sets import InputSet, OODSets

# Share of each held-out part that the threshold lets pass. At no length may more than 6 % of other inputs of the same
# kind be flagged: two points are left for what a test set differs by.
RECALL = 0.96

# First tokens of the bins of a threshold, and of those that are reported.
_BINS = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
REPORTED = (1, 2, 3, 4, 8, 16, 32, 64)
_LEAST_IN_BIN = 60  # inputs of one held-out part, to set a threshold for a bin, or all of that part

_PULL = 1e-4  # on the squares of a plane's weights, which then fit into 16 bits
_PLANE_STEPS = 60  # of L-BFGS

# Towards independent coordinates (Ledoit & Wolf 2004 in its simplest form). On the selection sets anything from 0.003
# to 0.3 does as well; at 0.1 the whitening is conditioned well enough for 16 bits.
_SHRINKAGE = 0.1
_UNSET = Thresholds.constant(1.0)
_EXPOSED = "exposure"  # the name of the distance with a plane beside it
_PLANE_FEATURE = "joint"
_EXAMPLES = 1000  # among which the nearest neighbour is sought: a quarter of a megabyte in a checkpoint
_LEAST_MEMBERS = 10  # inputs of a class, to fit its centre
_LEAST_BETWEEN = 1e-3  # of the variance of one step: what shows from 1,000 steps on


@dataclass(frozen=True)
class Measured:
    """One feature of N inputs.

    Attributes:
        means: (N, E) over the steps of each.
        steps: (N,) how many those are.
        scatter: (E, E) the sum over inputs and steps of the outer products of the deviations from the input's mean.
    """

    means: Tensor
    steps: Tensor
    scatter: Tensor


@dataclass(frozen=True)
class Measurement:
    """Outputs of a model for a set of N inputs: every feature that it has, the energies of its logits (N,), the
    classes that it names (N,), how confident it is (N,), 0-1, and the lengths of the inputs (N,)."""

    features: dict[str, Measured]
    energies: Tensor
    classes: Tensor
    confidence: Tensor
    lengths: Tensor


def train(config: OODConfig, folder: Path | None = None) -> Checkpoint:
    """Fit a detector to a trained model on the sets that a config names; see `fit_ood`."""
    checkpoint = store.load(config.name, folder)
    return fit_ood(checkpoint, read_sets(checkpoint, config), stage_of(config), folder)


def fit_ood(checkpoint: Checkpoint, sets: OODSets, recipe: dict, folder: Path | None = None) -> Checkpoint:
    """Fit a detector for each feature, keep the one whose worst AUROC on the selection sets is best, with a plane
    beside it where that is better still, test it, and write the checkpoint anew with the same weights.

    Thresholds are set on the held-out parts, each by itself.

    Args:
        checkpoint: the model.
        sets: inputs, see there.
        recipe: the stage that the card stores.
        folder: of the checkpoints.

    Returns:
        What was written, loaded again; its card says under "ood" what was measured.

    Raises:
        InputError: for an empty set, and where the training inputs are too few or too much alike.
    """
    training, held_out = measure(checkpoint, sets.training), [measure(checkpoint, one) for one in sets.held_out]
    select = {one.name: measure(checkpoint, one) for one in sets.selection}
    candidates: list[OODDetector] = [
        *(fit(name, measured, training.classes) for name, measured in training.features.items()),
        EnergyDetector(_UNSET),
    ]
    if checkpoint.model.modality == "text":  # of a CNN's 1,280 channels the examples would be too large to store
        candidates.append(KNNDetector(examples_of(training.features["pooled"].means), _UNSET))
    signals = {each.feature: with_threshold(each, held_out) for each in candidates}
    selection = _selection(signals, held_out, select)
    best = _best_of(selection)
    if sets.exposure:
        shown = [measure(checkpoint, one) for one in sets.exposure]
        signals[_EXPOSED] = with_plane(signals[best], fit_plane(_PLANE_FEATURE, training, shown), held_out)
        selection |= _selection({_EXPOSED: signals[_EXPOSED]}, held_out, select)
    signal = signals[_best_of(selection)]
    passing = _of_all(signal, held_out)
    record = {
        "signal": signal.about,
        "feature": signal.feature,
        "threshold": signal.threshold.entry(),
        **_plane_entry(signal),
        "recall": (passing <= 1).double().mean().item(),
        "n": len(passing),
        "fitted_on": len(training.classes),
        "selection": selection,
        **_tests(checkpoint, signal, sets),
        "recipe": recipe,
    }
    return store.save(
        checkpoint.name,
        checkpoint.model,
        checkpoint.reader,
        store.about_of(checkpoint.card) | {"ood": record},
        checkpoint.temperature,
        checkpoint.card["recorded"]["input"],
        folder,
        signal,
        checkpoint.eight_bit_weights,
    )


def _best_of(selection: dict[str, dict[str, float]]) -> str:
    return max(selection, key=lambda name: min(selection[name].values()))


def _plane_entry(signal: OODDetector) -> dict:
    if not isinstance(signal, ExposedDetector):
        return {}
    return {"plane": {"feature": signal.exposed, "threshold": signal.beyond.entry()}}


@torch.no_grad()
def measure(checkpoint: Checkpoint, inputs: InputSet) -> Measurement:
    """Run the model on every input of a set.

    Raises:
        InputError: for a set that is empty.
    """
    read = features_of(checkpoint.model)
    parts: dict[str, list[Measured]] = {name: [] for name in read}
    energies, probabilities, lengths = [], [], []
    for batch, mask in tqdm(inputs.batches(), desc=inputs.name, mininterval=2):
        with capture(checkpoint.model) as seen:
            logits = checkpoint.model(batch, mask)
        energies.append(EnergyDetector.energies(logits))
        lengths.append(mask.sum(1))
        probabilities.append(checkpoint.probabilities(logits, lengths[-1]))
        for name, feature in read.items():
            vectors, real = feature.read(seen, mask)
            means, steps = mean_of_steps(vectors, real)
            deviations = (vectors - means[:, None])[real].double()  # (real steps, E)
            parts[name].append(Measured(means, steps, deviations.T @ deviations))
    if not probabilities:
        raise InputError(f"The {inputs.name} holds nothing to measure.")
    confidence, classes = torch.cat(probabilities).max(-1)
    features = {name: _joined(measured) for name, measured in parts.items()}
    return Measurement(features, torch.cat(energies), classes, confidence, torch.cat(lengths))


def _joined(parts: Sequence[Measured]) -> Measured:
    return Measured(
        torch.cat([part.means for part in parts]),
        torch.cat([part.steps for part in parts]),
        torch.stack([part.scatter for part in parts]).sum(0),
    )


def fit(feature: str, measured: Measured, classes: Tensor) -> MahalanobisDetector:
    """Fit the two-covariance model by moments, each input weighing as much as it has steps.

    Where every input is a single step, all variance counts as that of a step. Its threshold is left at 1.

    Args:
        feature: a key of `FEATURES`.
        measured: N training inputs.
        classes: (N,) which the model names.

    Raises:
        InputError: where the inputs are too few or too much alike.
    """
    alike = f"The training inputs are too few or too much alike ({len(measured.steps)}): give more of them."
    means, steps = measured.means.double(), measured.steps.double()
    members = F.one_hot(_groups(classes)).double() * steps[:, None]  # (N, K)
    centres = members.T @ means / members.sum(0)[:, None]
    deviations = means - centres[members.argmax(1)]
    total = deviations.T @ (steps[:, None] * deviations) / steps.sum()
    freedom = (steps - 1).sum()
    within = measured.scatter / freedom if freedom else total
    scale = within.diagonal().sqrt()
    within, between = (part / scale / scale[:, None] for part in (within, total - within * len(steps) / steps.sum()))
    within = within.lerp(torch.eye(len(within), dtype=within.dtype), _SHRINKAGE)
    if not within.isfinite().all():
        raise InputError(alike)
    to_steps = torch.linalg.inv(torch.linalg.cholesky(within))
    variances, axes = torch.linalg.eigh(to_steps @ between @ to_steps.T)
    parts = {"centres": centres, "whitening": axes.T @ to_steps / scale, "between": variances.clamp(min=_LEAST_BETWEEN)}
    stored = {name: part.half().float() for name, part in parts.items()}  # the threshold is set on what is stored
    if not stored["whitening"].isfinite().all():
        raise InputError(alike)
    return MahalanobisDetector(feature=feature, threshold=_UNSET, **stored)


def examples_of(pooled: Tensor) -> Tensor:
    """Return at most `_EXAMPLES` of N inputs as a checkpoint stores them, evenly from the shortest to the longest.

    Texts are measured in that order.
    """
    chosen = torch.linspace(0, len(pooled) - 1, min(_EXAMPLES, len(pooled))).round().long()
    return pooled[chosen].half().float()


def _groups(classes: Tensor) -> Tensor:
    """Return classes (N,) numbered from 0; those named too seldom to have a centre of their own share one."""
    _, number, count = classes.unique(return_inverse=True, return_counts=True)
    seldom = (count < _LEAST_MEMBERS)[number]
    return torch.where(seldom, len(count), number).unique(return_inverse=True)[1]


def auroc(inside: Tensor, outside: Tensor) -> float:
    """Return the AUROC, the area under the ROC curve, 0-1 (Hanley & McNeil 1982).

    It is the probability that an input from outside scores higher than one from inside, ties counted half.

    Args:
        inside: (N,) scores.
        outside: (M,) scores.
    """
    ordered = inside.sort().values
    below = torch.searchsorted(ordered, outside) + torch.searchsorted(ordered, outside, right=True)
    return below.double().mean().item() / (2 * len(inside))


def with_threshold(signal: Distance, held_out: Sequence[Measurement], recall: float = RECALL) -> Distance:
    """Return the same detector with the smallest thresholds that let a share of each held-out part pass at each length:
    photos of the rarest source, which may be the sharpest, must pass as well, and so must texts of every form."""
    return replace(
        signal, threshold=thresholds([(_strangeness(signal, part), part.lengths) for part in held_out], recall)
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


def fit_plane(feature: str, training: Measurement, shown: Sequence[Measurement]) -> Tensor:
    """Fit a plane between training inputs and others by logistic regression; each of the kinds counts as much.

    Args:
        feature: a key of `FEATURES`, of whose means the plane is one.
        training: the inputs on the near side.
        shown: inputs of other kinds, which count as much as those all together.

    Returns:
        Weights and constant (E + 1,).
    """
    kinds = [one.features[feature].means.double() for one in (training, *shown)]
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
        total = (weights * each).sum() + _PULL * plane[:-1].square().sum()
        total.backward()
        return total

    optimizer.step(loss)
    found = plane.detach()
    slopes = found[:-1] / scale
    return torch.cat([slopes, found[-1:] - (slopes @ centre)[None]]).float()


def with_plane(distance: Distance, plane: Tensor, held_out: Sequence[Measurement]) -> ExposedDetector:
    """Return the detector of a distance and a plane; each lets so many pass that together they let a share of `RECALL`.

    The plane is scaled so that the median score of the held-out parts is the same by either.
    """
    recall = (1 + RECALL) / 2
    distance = with_threshold(distance, held_out, recall)
    median = torch.cat([_scores(distance, part) for part in held_out]).median()

    def beyond(detector: ExposedDetector) -> ExposedDetector:
        return replace(
            detector, beyond=thresholds([(_side(detector, part), part.lengths) for part in held_out], recall)
        )

    first = beyond(ExposedDetector(distance, _PLANE_FEATURE, plane, _UNSET))
    reach = torch.cat([first.beyond.at(part.lengths) - _side(first, part) for part in held_out]).median()
    scaled = (plane * (1 - median).clamp(min=0.01) / reach.clamp(min=1e-6)).half().float()
    return beyond(replace(first, plane=scaled))  # the threshold is set on what is stored


def _side(signal: ExposedDetector, part: Measurement) -> Tensor:
    return signal.values(part.features[signal.exposed].means)


def _selection(
    signals: dict[str, OODDetector], held_out: Sequence[Measurement], select: dict[str, Measurement]
) -> dict[str, dict[str, float]]:
    """Return the AUROC of each signal for each set, against the held-out parts."""
    return {
        name: {other: auroc(_of_all(signal, held_out), _scores(signal, select[other])) for other in select}
        for name, signal in signals.items()
    }


def _of_all(signal: OODDetector, parts: Sequence[Measurement]) -> Tensor:
    return torch.cat([_scores(signal, part) for part in parts])


def _scores(signal: OODDetector, part: Measurement) -> Tensor:
    """Return the scores (N,) of a detector, as it gives them of a forward pass."""
    if isinstance(signal, ExposedDetector):
        means = part.features[signal.exposed].means
        return torch.maximum(_scores(signal.distance, part), signal.scores_beyond(means, part.lengths))
    strangeness, limits = _strangeness(signal, part), signal.threshold.at(part.lengths)
    return (strangeness - limits).exp() if isinstance(signal, EnergyDetector) else strangeness / limits


def _strangeness(signal: Distance, measurement: Measurement) -> Tensor:
    if isinstance(signal, EnergyDetector):
        return measurement.energies
    if isinstance(signal, KNNDetector):
        return signal.distances(measurement.features["pooled"].means)
    measured = measurement.features[signal.feature]
    return signal.distances(measured.means, measured.steps)


def _tests(checkpoint: Checkpoint, signal: OODDetector, sets: OODSets) -> dict:
    """Return the entries of the card about the tests.

    `inside` and `by_length` tell how many inputs of the model's own kind pass, whole texts and pieces of them; `auroc`
    compares the whole ones, all together, with each of the others, beside the model's confidence; `elsewhere` tells how
    often the model is right of labelled inputs that are flagged, and of others.
    """
    whole = {one.name: measure(checkpoint, one) for one in sets.in_distribution}
    inside = whole | {one.name: measure(checkpoint, one) for one in sets.pieces}
    of_inside = {name: _scores(signal, measurement) for name, measurement in inside.items()}
    named = {one.name: _named(checkpoint, one) for one in (*sets.in_distribution, *sets.pieces, *sets.far)}
    all_whole = torch.cat([of_inside[name] for name in whole])
    all_confidence = torch.cat([measurement.confidence for measurement in whole.values()])
    areas = {}
    for kind, others in (("far", sets.far), ("near", sets.near)):
        for one in others:
            measurement = measure(checkpoint, one)
            outside = _scores(signal, measurement)
            areas[one.name] = {
                "auroc": auroc(all_whole, outside),
                "auroc_of_confidence": auroc(-all_confidence, -measurement.confidence),
                "flagged": _flagged(outside),
                **named.get(one.name, {}),
                "n_in": len(all_whole),
                "n_out": len(outside),
                "kind": kind,
            }
    passed = {name: {"recall": 1 - _flagged(some), "n": len(some), **named[name]} for name, some in of_inside.items()}
    record = {"inside": passed, "auroc": areas}
    if sets.pieces:
        lengths = torch.cat([measurement.lengths for measurement in inside.values()])
        record["by_length"] = _by_length(torch.cat([*of_inside.values()]), lengths)
    if sets.elsewhere:
        record["elsewhere"] = {
            name: _worth(signal, {index: measure(checkpoint, one) for index, one in by_class.items()})
            for name, by_class in sets.elsewhere.items()
        }
    return record


def _flagged(scores: Tensor) -> float:
    return (scores > 1).double().mean().item()


def _named(checkpoint: Checkpoint, inputs: InputSet) -> dict[str, float]:
    """Return the share of texts whose writing is named as foreign; nothing for photos."""
    check = checkpoint.writing
    if check is None or not inputs.texts:
        return {}
    return {"named": sum(bool(check.notice(text)) for text in inputs.texts) / len(inputs.texts)}


def _by_length(scores: Tensor, lengths: Tensor) -> list[dict]:
    """Return how many inputs are flagged in each bin of lengths that holds some: first length, share, and number."""
    bins = torch.searchsorted(torch.tensor(REPORTED), lengths, right=True) - 1
    return [
        {"from": first, "flagged": _flagged(scores[bins == number]), "n": int((bins == number).sum())}
        for number, first in enumerate(REPORTED)
        if (bins == number).any()
    ]


def _worth(signal: OODDetector, by_class: dict[int, Measurement]) -> dict[str, dict[str, int]]:
    """Return how many inputs are flagged and how many are not, and of how many of each the model is right."""
    strange = torch.cat([_scores(signal, part) > 1 for part in by_class.values()])
    right = torch.cat([part.classes == index for index, part in by_class.items()])
    return {
        name: {"n": int(some.sum()), "right": int((right & some).sum())}
        for name, some in (("flagged", strange), ("passed", ~strange))
    }
