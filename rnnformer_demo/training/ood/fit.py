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
from ...confidence.ood import EnergyDetector, KNNDetector, MahalanobisDetector, OODDetector, features_of, mean_of_steps
from ...data import InputError
from ...nn.hooks import capture
from ..config import OODConfig
from ..recipes import stage_of
from .reading import read_sets
from .sets import InputSet, OODSets

RECALL = 0.95  # share of the held-out part that the threshold lets pass

# Towards independent coordinates (Ledoit & Wolf 2004 in its simplest form). On the selection sets anything from 0.003
# to 0.3 does as well; at 0.1 the whitening is conditioned well enough for 16 bits.
_SHRINKAGE = 0.1
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
    classes that it names (N,), and how confident it is (N,), 0-1."""

    features: dict[str, Measured]
    energies: Tensor
    classes: Tensor
    confidence: Tensor


def train(config: OODConfig, folder: Path | None = None) -> Checkpoint:
    """Fit a detector to a trained model on the sets that a config names; see `fit_ood`."""
    checkpoint = store.load(config.name, folder)
    return fit_ood(checkpoint, read_sets(checkpoint, config), stage_of(config), folder)


def fit_ood(checkpoint: Checkpoint, sets: OODSets, recipe: dict, folder: Path | None = None) -> Checkpoint:
    """Fit a detector for each feature, keep the one whose worst AUROC on the selection sets is best, set its threshold
    on the held-out parts, test it, and write the checkpoint anew with the same weights.

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
    signals: dict[str, OODDetector] = {
        name: fit(name, measured, training.classes) for name, measured in training.features.items()
    }
    signals[EnergyDetector.feature] = EnergyDetector(0.0)
    if checkpoint.model.modality == "text":  # of a CNN's 1,280 channels the examples would be too large to store
        signals[KNNDetector.feature] = KNNDetector(examples_of(training.features["pooled"].means), 1.0)
    selection = _selection(signals, held_out, {one.name: measure(checkpoint, one) for one in sets.selection})
    best = max(selection, key=lambda name: min(selection[name].values()))
    signal = with_threshold(signals[best], held_out)
    passing = _of_all(signal, held_out)
    record = {
        "signal": signal.about,
        "feature": best,
        "threshold": signal.threshold,
        "recall": (passing <= signal.threshold).double().mean().item(),
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


@torch.no_grad()
def measure(checkpoint: Checkpoint, inputs: InputSet) -> Measurement:
    """Run the model on every input of a set.

    Raises:
        InputError: for a set that is empty.
    """
    read = features_of(checkpoint.model)
    parts: dict[str, list[Measured]] = {name: [] for name in read}
    energies, probabilities = [], []
    for batch, mask in tqdm(inputs.batches(), desc=inputs.name, mininterval=2):
        with capture(checkpoint.model) as seen:
            logits = checkpoint.model(batch, mask)
        energies.append(EnergyDetector.energies(logits))
        probabilities.append(checkpoint.probabilities(logits, mask.sum(1)))
        for name, feature in read.items():
            vectors, real = feature.read(seen, mask)
            means, steps = mean_of_steps(vectors, real)
            deviations = (vectors - means[:, None])[real].double()  # (real steps, E)
            parts[name].append(Measured(means, steps, deviations.T @ deviations))
    if not probabilities:
        raise InputError(f"The {inputs.name} holds nothing to measure.")
    confidence, classes = torch.cat(probabilities).max(-1)
    features = {name: _joined(measured) for name, measured in parts.items()}
    return Measurement(features, torch.cat(energies), classes, confidence)


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
    return MahalanobisDetector(feature=feature, threshold=1.0, **stored)


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


def with_threshold(signal: OODDetector, held_out: Sequence[Measurement]) -> OODDetector:
    """Return the same detector with the smallest threshold that lets a share of `RECALL` of each held-out part pass:
    photos of the rarest source, which may be the sharpest, must pass as well."""
    needed = [_strangeness(signal, part).quantile(RECALL, interpolation="higher").item() for part in held_out]
    return replace(signal, threshold=max(needed))


def _selection(
    signals: dict[str, OODDetector], held_out: Sequence[Measurement], select: dict[str, Measurement]
) -> dict[str, dict[str, float]]:
    """Return the AUROC of each signal for each set, against the held-out parts."""
    return {
        name: {other: auroc(_of_all(signal, held_out), _strangeness(signal, select[other])) for other in select}
        for name, signal in signals.items()
    }


def _of_all(signal: OODDetector, parts: Sequence[Measurement]) -> Tensor:
    return torch.cat([_strangeness(signal, part) for part in parts])


def _strangeness(signal: OODDetector, measurement: Measurement) -> Tensor:
    if isinstance(signal, EnergyDetector):
        return measurement.energies
    if isinstance(signal, KNNDetector):
        return signal.distances(measurement.features["pooled"].means)
    measured = measurement.features[signal.feature]
    return signal.distances(measured.means, measured.steps)


def _tests(checkpoint: Checkpoint, signal: OODDetector, sets: OODSets) -> dict:
    """Return the entries of the card about the tests: the share of each in-distribution set that passes, and for each
    of the others the AUROC against all of these together, that of the model's confidence beside it, and the share that
    is flagged."""
    inside = {one.name: measure(checkpoint, one) for one in sets.in_distribution}
    of_inside = {name: _strangeness(signal, measurement) for name, measurement in inside.items()}
    all_inside = torch.cat([*of_inside.values()])
    all_confidence = torch.cat([measurement.confidence for measurement in inside.values()])
    areas = {}
    for kind, others in (("far", sets.far), ("near", sets.near)):
        for one in others:
            measurement = measure(checkpoint, one)
            outside = _strangeness(signal, measurement)
            areas[one.name] = {
                "auroc": auroc(all_inside, outside),
                "auroc_of_confidence": auroc(-all_confidence, -measurement.confidence),
                "flagged": (outside > signal.threshold).double().mean().item(),
                "n_in": len(all_inside),
                "n_out": len(outside),
                "kind": kind,
            }
    passed = {
        name: {"recall": (some <= signal.threshold).double().mean().item(), "n": len(some)}
        for name, some in of_inside.items()
    }
    return {"inside": passed, "auroc": areas}
