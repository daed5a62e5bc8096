"""Tests of a detector on sets that nothing is chosen on: the entries of a card about them."""

import torch
from torch import Tensor

from ...checkpoints.store import Checkpoint
from ...confidence.ood import OODDetector
from .measuring import Measurement, measure
from .scoring import auroc, scores
from .sets import InputSet, OODSets

REPORTED = (1, 2, 3, 4, 8, 16, 32, 64)  # first tokens of the bins of lengths


def tests_of(checkpoint: Checkpoint, signal: OODDetector, sets: OODSets) -> dict:
    """Return the entries of the card about the tests.

    `inside` and `by_length` tell how many inputs of the model's own kind pass, whole texts and pieces of them; `auroc`
    compares the whole ones, all together, with each of the others, beside the model's confidence; `elsewhere` tells how
    often the model is right of labelled inputs that are flagged, and of others.
    """
    whole = {one.name: measure(checkpoint, one) for one in sets.in_distribution}
    inside = whole | {one.name: measure(checkpoint, one) for one in sets.pieces}
    of_inside = {name: scores(signal, measurement) for name, measurement in inside.items()}
    named = {one.name: _named(checkpoint, one) for one in (*sets.in_distribution, *sets.pieces, *sets.far)}
    all_whole = torch.cat([of_inside[name] for name in whole])
    all_confidence = torch.cat([measurement.confidence for measurement in whole.values()])
    areas = {}
    for kind, others in (("far", sets.far), ("near", sets.near)):
        for one in others:
            measurement = measure(checkpoint, one)
            outside = scores(signal, measurement)
            areas[one.name] = {
                "auroc": auroc(all_whole, outside),
                "auroc_of_confidence": auroc(-all_confidence, -measurement.confidence),
                "flagged": _flagged(outside),
                **named.get(one.name, {}),
                "n_in": len(all_whole),
                "n_out": len(outside),
                "kind": kind,
                **({"touched": True} if one.name in sets.touched else {}),
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


def _flagged(found: Tensor) -> float:
    return (found > 1).double().mean().item()


def _named(checkpoint: Checkpoint, inputs: InputSet) -> dict[str, float]:
    """Return the share of texts whose writing is named as foreign; nothing for photos."""
    check = checkpoint.writing
    if check is None or not inputs.texts:
        return {}
    return {"named": sum(bool(check.notice(text)) for text in inputs.texts) / len(inputs.texts)}


def _by_length(found: Tensor, lengths: Tensor) -> list[dict]:
    """Return how many inputs are flagged in each bin of lengths that holds some: first length, share, and number."""
    bins = torch.searchsorted(torch.tensor(REPORTED), lengths, right=True) - 1
    return [
        {"from": first, "flagged": _flagged(found[bins == number]), "n": int((bins == number).sum())}
        for number, first in enumerate(REPORTED)
        if (bins == number).any()
    ]


def _worth(signal: OODDetector, by_class: dict[int, Measurement]) -> dict[str, dict[str, int]]:
    """Return how many inputs are flagged and how many are not, and of how many of each the model is right."""
    strange = torch.cat([scores(signal, part) > 1 for part in by_class.values()])
    right = torch.cat([part.classes == index for index, part in by_class.items()])
    return {
        name: {"n": int(some.sum()), "right": int((right & some).sum())}
        for name, some in (("flagged", strange), ("passed", ~strange))
    }
