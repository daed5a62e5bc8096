"""Fitting of an out-of-distribution detector to a trained model: its statistics, its thresholds, and its tests."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from ...checkpoints import store
from ...checkpoints.store import Checkpoint
from ...confidence.ood import Distance, EnergyDetector, ExposedDetector, KNNDetector, OODDetector
from ..config import OODConfig
from ..recipes import stage_of
from .distances import UNSET, examples_of, fit
from .limits import PLANES, fit_plane, with_plane, with_threshold
from .measuring import Measurement, measure
from .reading import read_sets
from .scoring import auroc, scores
from .sets import OODSets
from .testing import tests_of


def train(config: OODConfig, folder: Path | None = None) -> Checkpoint:
    """Fit a detector to a trained model on the sets that a config names; see `fit_ood`."""
    checkpoint = store.load(config.name, folder)
    return fit_ood(checkpoint, read_sets(checkpoint, config), stage_of(config), folder)


def fit_ood(checkpoint: Checkpoint, sets: OODSets, recipe: dict, folder: Path | None = None) -> Checkpoint:
    """Fit a detector for each feature, alone and with a plane beside it, keep the one whose worst AUROC on the
    selection sets is best, test it, and write the checkpoint anew with the same weights.

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
    candidates: list[Distance] = [
        *(fit(name, measured, training.classes) for name, measured in training.features.items()),
        EnergyDetector(UNSET),
    ]
    if checkpoint.model.modality == "text":  # of a CNN's 1,280 channels the examples would be too large to store
        candidates.append(KNNDetector(examples_of(training.features["pooled"].means), UNSET))
    distances = {each.feature: with_threshold(each, held_out) for each in candidates}
    signals: dict[str, OODDetector] = {**distances}
    if sets.exposure:
        plan = PLANES[checkpoint.model.modality]
        plane = fit_plane(plan, training, [measure(checkpoint, one) for one in sets.exposure])
        signals |= {f"{name} and plane": with_plane(each, plan, plane, held_out) for name, each in distances.items()}
    selection = _selection(signals, held_out, select)
    signal = signals[max(selection, key=lambda name: min(selection[name].values()))]
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
        **tests_of(checkpoint, signal, sets),
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


def _plane_entry(signal: OODDetector) -> dict:
    if not isinstance(signal, ExposedDetector):
        return {}
    return {"plane": {"feature": signal.exposed, "threshold": signal.beyond.entry(), "reach": signal.reach.entry()}}


def _selection(
    signals: Mapping[str, OODDetector], held_out: Sequence[Measurement], select: Mapping[str, Measurement]
) -> dict[str, dict[str, float]]:
    """Return the AUROC of each signal for each set, against the held-out parts."""
    return {
        name: {other: auroc(_of_all(signal, held_out), scores(signal, select[other])) for other in select}
        for name, signal in signals.items()
    }


def _of_all(signal: OODDetector, parts: Sequence[Measurement]) -> Tensor:
    return torch.cat([scores(signal, part) for part in parts])
