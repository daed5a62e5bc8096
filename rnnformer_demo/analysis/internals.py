"""What went on inside: beliefs on the way, what attention and memory are worth, and the trust card."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch import Tensor

from ..checkpoints.store import Checkpoint
from ..interpret import attention_flow as jacobian
from ..interpret.attention_flow import conicity_below_attention, conicity_notice
from ..interpret.attribution import Report
from ..interpret.gates import median_half_life, saturation
from ..interpret.interventions import intervene, total_variation
from ..interpret.prefixes import PrefixLogits, flips
from ..interpret.prefixes import prefix_predictions as believe
from ..interpret.trust import assess as measure_trust
from .service import Analysis, get

ORIGINAL, MEMORY = "as it is", "without recurrence"
ATTENTION = ("uniform attention", "permuted attention", "uniform pooling", "permuted pooling")


@dataclass(frozen=True)
class PrefixTrajectory:
    """How the probabilities went along one scan of the input.

    Attributes:
        belief: the parts that were read, and their logits.
        probabilities: (n, C), calibrated for the length of each part.
        labels: of the classes.
        flips: places at which the label becomes another one.
        decided: the place from which on it stays what it is in the end.
    """

    belief: PrefixLogits
    probabilities: Tensor
    labels: tuple[str, ...]
    flips: tuple[int, ...]
    stable_from: int

    def as_dict(self) -> dict[str, Any]:
        """Part of what `inside` and `compare` give."""
        return {
            "scan": self.belief.scan,
            "read_last": list(self.belief.names),
            "parts_read": self.belief.positions.tolist(),
            "probabilities": {
                label: column.tolist() for label, column in zip(self.labels, self.probabilities.T, strict=True)
            },
            "flips": [self.belief.names[place] for place in self.flips],
            "decided_at": self.belief.names[self.stable_from],
        }


@dataclass(frozen=True)
class InterventionEffects:
    """Whether attention and memory matter to a decision: the prediction with each of them made useless.

    Attributes:
        target: the explained class.
        shares: its probability, 0-1, as the model stands and by what was made useless; of permuted weights the mean.
        distances: how far the whole output moves, as total variation distance 0-1; of permuted weights the median
            (Jain & Wallace 2019).
        conicity: of the states under the attention, -1 to 1.
        notice: a warning where conicity is high, else None.
    """

    target: str
    shares: dict[str, float]
    distances: dict[str, float]
    conicity: float
    notice: str | None

    def as_dict(self) -> dict[str, Any]:
        """Part of what `inside` gives."""
        return {"probability": self.shares, "total_variation": self.distances, "conicity": self.conicity}


def assess(analysis: Analysis, seed: int = 0, report: Report = lambda share: None) -> Analysis:
    """The same analysis with the trust card of its explanation.

    Args:
        report: is called with the share that is done, 0-1; what it raises ends the measurement.
    """
    checkpoint = get(analysis.prediction.model)
    trust = measure_trust(
        checkpoint.model,
        analysis.sample,
        analysis.explanation,
        calibrated(checkpoint, analysis),
        analysis.prediction.in_domain,
        seed,
        report,
    )
    return replace(analysis, trust=trust)


def prefix_predictions(analysis: Analysis) -> tuple[PrefixTrajectory, ...]:
    """What the model believes after every beginning and every end of a text, or after partial scans of a photo."""
    checkpoint = get(analysis.prediction.model)
    courses = []
    for belief in believe(checkpoint.model, analysis.sample):
        decision = flips(belief)
        probabilities = checkpoint.probabilities(belief.logits, belief.steps)
        courses.append(PrefixTrajectory(belief, probabilities, checkpoint.labels, decision.flips, decision.stable_from))
    return tuple(courses)


def measure_interventions(analysis: Analysis, seed: int = 0) -> InterventionEffects:
    """Whether attention and memory matter to a decision.

    Args:
        seed: of the permutations.
    """
    checkpoint = get(analysis.prediction.model)
    found = intervene(checkpoint.model, analysis.sample, seed=seed)
    logits = {name: getattr(found, name.replace(" ", "_")) for name in (*ATTENTION, MEMORY)}
    logits = {name: value for name, value in logits.items() if value is not None}
    probabilities, index = calibrated(checkpoint, analysis), checkpoint.labels.index(analysis.target)
    original = probabilities(found.original)
    shares, distances = {ORIGINAL: original[index].item()}, {}
    for name, value in logits.items():
        changed = probabilities(value)
        shares[name] = changed[..., index].mean().item()
        distances[name] = total_variation(changed, original).median().item()
    turned = conicity_below_attention(checkpoint.model, analysis.sample)
    return InterventionEffects(analysis.target, shares, distances, turned, conicity_notice(turned))


def inside(analysis: Analysis, courses: Sequence[PrefixTrajectory], found: InterventionEffects) -> dict[str, Any]:
    """The object that `explain --inside --json` and the API give beside the explanation: `beliefs`, `matter`, and as
    `memory` for each recurrence the median half-life in steps of either direction and the saturation of each gate, as
    the shares of its values near the lower and near the upper end.

    Args:
        courses: see `prefix_predictions`.
        found: see `measure_interventions`.
    """
    return {
        "beliefs": [course.as_dict() for course in courses],
        "matter": found.as_dict(),
        "memory": {
            name: {"half_life": _finite(median_half_life(gates).tolist()), "saturation": saturation(gates)}
            for name, gates in analysis.trace.gates.items()
        },
    }


def _finite(values: list[float]) -> list[float | None]:
    """JSON knows no infinity: None stands for it."""
    return [value if math.isfinite(value) else None for value in values]


def token_jacobian_norms(analysis: Analysis) -> Tensor:
    """How much what the attention reads at each step depends on each token, (T, T), see `token_jacobian_norms`."""
    return jacobian.token_jacobian_norms(get(analysis.prediction.model).model, analysis.sample)


def calibrated(checkpoint: Checkpoint, analysis: Analysis) -> Callable[[Tensor], Tensor]:
    """Calibrated as the whole input is: a part of it is no other input, so its length is not asked for."""
    steps = analysis.sample.mask.sum()
    return lambda logits: checkpoint.probabilities(logits, steps.expand(logits.shape[:-1]))
