"""Effects of removing units: the forecast of the scores beside the measured change, and the minimal counterfactual."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import comb

import torch
from torch import Tensor

from ..data import Sample
from ..models import Hybrid
from .attribution import Explanation, Report
from .perturb import perturbed_logits
from .trust.stability import unit_scores

# Units that the greedy search tries at each step: those that lower the label's margin most when removed alone.
_CANDIDATES = 24


@dataclass(frozen=True)
class ForecastCheck:
    """Forecast and measured effect of removing units.

    Attributes:
        forecast: change of the explained class's logit according to the scores: minus their sum.
        measured: change of that logit.
        logits: (C,) without the units.
    """

    forecast: float
    measured: float
    logits: Tensor


@dataclass(frozen=True)
class Counterfactual:
    """The smallest set of units, of those tried, whose removal changes the label.

    Attributes:
        units: their indices; empty where no set changes it.
        label: index of the label without them; None where no set changes it.
        exact: True where it is certain that no smaller set does.
        rows: number of variants that were tried.
    """

    units: tuple[int, ...]
    label: int | None
    exact: bool
    rows: int


def ablate_units(
    model: Hybrid, sample: Sample, explanation: Explanation, units: Sequence[int], perturbation: str
) -> ForecastCheck:
    """Remove units from an input and compare the change with the one that the scores forecast.

    Args:
        perturbation: a key of `Hybrid.perturbations`.

    Raises:
        ValueError: for a unit that is not there.
    """
    count = len(sample.unit_names)
    if not all(0 <= unit < count for unit in units):
        raise ValueError(f"units must be 0 to {count - 1}, got {sorted(units)}")
    removed = torch.zeros(2, count, dtype=torch.bool)
    removed[1, list(units)] = True
    before, after = perturbed_logits(model, sample, removed, perturbation)
    return ForecastCheck(
        forecast=-unit_scores(explanation, sample)[list(units)].sum().item(),
        measured=(after - before)[explanation.target].item(),
        logits=after,
    )


def minimal_counterfactual(
    model: Hybrid,
    sample: Sample,
    perturbation: str,
    most_rows: int = 2500,
    report: Report = lambda share: None,
) -> Counterfactual:
    """Search for the smallest set of units whose removal changes the label.

    First greedily: the unit that lowers the label's margin most is removed, until the label changes; then each unit
    that is not needed is put back. Then all smaller sets are tried, size by size, while a size has no more than
    `most_rows` of them: where all sizes below the greedy set's have been tried, the result is exact.

    Args:
        perturbation: a key of `Hybrid.perturbations`.
        most_rows: largest number of variants that either search may try.
        report: is called with a share, 0-1, that grows while it searches.
    """
    search = _Search(model, sample, perturbation)
    greedy = search.greedy(most_rows, report)
    if greedy is None:
        return Counterfactual((), None, False, search.rows)
    pruned = search.pruned(greedy)
    smaller, exact = search.smaller(len(pruned), most_rows, report)
    units = smaller or pruned
    report(1.0)
    return Counterfactual(tuple(units), int(search.logits([units]).argmax()), exact, search.rows)


class _Search:
    """Variants of one input, each a set of units that are removed."""

    def __init__(self, model: Hybrid, sample: Sample, perturbation: str) -> None:
        self.model, self.sample, self.perturbation, self.rows = model, sample, perturbation, 0
        self.count = len(sample.unit_names)
        self.label = int(self.logits([[]]).argmax())

    def logits(self, sets: Sequence[Sequence[int]]) -> Tensor:
        """Return the logits (R, C) without each of R sets of units."""
        removed = torch.zeros(len(sets), self.count, dtype=torch.bool)
        for row, units in zip(removed, sets, strict=True):
            row[list(units)] = True
        self.rows += len(sets)
        return perturbed_logits(self.model, self.sample, removed, self.perturbation)

    def margins(self, sets: Sequence[Sequence[int]]) -> Tensor:
        """Return the label's margin over the next class (R,): below 0 it is no longer the label."""
        logits = self.logits(sets)
        others = logits.clone()
        others[:, self.label] = float("-inf")
        return logits[:, self.label] - others.max(1).values

    def greedy(self, most_rows: int, report: Report) -> list[int] | None:
        """Return units in the order of removal; None where the label stays, or `most_rows` are not enough."""
        alone = self.margins([[unit] for unit in range(self.count)]).argsort().tolist()
        removed: list[int] = []
        while len(removed) < self.count and self.rows < most_rows:
            candidates = [unit for unit in alone if unit not in removed][:_CANDIDATES]
            margins = self.margins([[*removed, unit] for unit in candidates])
            removed.append(candidates[int(margins.argmin())])
            if margins.min() < 0:
                return removed
            report(0.5 * min(1.0, self.rows / most_rows))
        return None

    def pruned(self, removed: list[int]) -> list[int]:
        """Return the units without those that are not needed."""
        for unit in list(reversed(removed)):
            rest = [other for other in removed if other != unit]
            if rest and self.margins([rest])[0] < 0:
                removed = rest
        return removed

    def smaller(self, size: int, most_rows: int, report: Report) -> tuple[list[int] | None, bool]:
        """Search for a smaller set that changes the label.

        Returns:
            The set, or None.
            True where all sets smaller than the result were tried.
        """
        for fewer in range(1, size):
            if comb(self.count, fewer) > most_rows:
                return None, False
            sets = list(combinations(range(self.count), fewer))
            margins = self.margins(sets)
            report(0.5 + 0.5 * fewer / size)
            if margins.min() < 0:
                return list(sets[int(margins.argmin())]), True
        return None, True
