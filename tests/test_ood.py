"""What tells inputs that a model does not know: the signal, its fitting, and the command that does it."""

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest
import tiny
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from rnnformer_demo.checkpoints import Checkpoint, load
from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError
from rnnformer_demo.ood import FEATURES, OODSignal, mean_of_steps
from rnnformer_demo.pipeline import predict
from rnnformer_demo.tracing import tapped
from rnnformer_demo.training.ood import RECALL, Measured, auroc, fit, fit_ood, measure
from rnnformer_demo.training.ood_sets import InputSet, OODSets, OODSources, read_sets

every_feature = pytest.mark.parametrize("feature", sorted(FEATURES))


def batches_of(checkpoint: Checkpoint, count: int, seed: int, inside: bool = True) -> InputSet:
    """Random inputs of several lengths; those from outside are of unknown words, or of one colour."""
    lengths = [1 + index % 9 for index in range(count)]
    inputs, mask = tiny.inputs(checkpoint.model, lengths, seed)
    if not inside:
        inputs = mask.long() if checkpoint.model.modality == "text" else torch.full_like(inputs, 3.0)
    name = f"{'inside' if inside else 'outside'} {seed}"
    return InputSet(name, lambda: zip(inputs.split(16), mask.split(16), strict=True))


@pytest.fixture(scope="module")
def fitted(saved, tmp_path_factory) -> dict[str, tuple[Checkpoint, OODSets, dict]]:
    """For each modality a checkpoint with a signal, the sets that it was fitted with, and the record in its card."""
    folder = tmp_path_factory.mktemp("fitted")
    made = {}
    for modality in ("image", "text"):
        plain = load(modality, saved)
        sets = OODSets(
            training=batches_of(plain, 60, 1),
            held_out=batches_of(plain, 41, 2),
            inside=[batches_of(plain, 20, 3)],
            select=[batches_of(plain, 20, 4, inside=False)],
            far=[batches_of(plain, 20, 5, inside=False)],
            near=[batches_of(plain, 20, 6)],
        )
        made[modality] = (*fit_ood(plain, sets, "a command", folder)[:1], sets, {})
        made[modality] = (made[modality][0], sets, made[modality][0].card["ood"])
    return made


def scores(checkpoint: Checkpoint, inputs: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    with tapped(checkpoint.model) as seen, torch.no_grad():
        checkpoint.model(inputs, mask)
    return checkpoint.ood.scores(seen, mask)


def scores_of(checkpoint: Checkpoint, some: InputSet) -> torch.Tensor:
    return torch.cat([scores(checkpoint, *batch) for batch in some.batches()])
