"""Forward passes of a model over a set of inputs: what detectors are fitted to, chosen on and tested on."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from tqdm import tqdm

from ...checkpoints.store import Checkpoint
from ...confidence.ood import EnergyDetector, features_of, mean_of_steps
from ...data import InputError
from ...nn.hooks import capture
from .sets import InputSet


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


@torch.no_grad()
def measure(checkpoint: Checkpoint, inputs: InputSet) -> Measurement:
    """Run the model on every input of a set.

    Raises:
        InputError: for a set that is empty.
    """
    read = features_of(checkpoint.model.config)
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
