"""What if a word or a patch were not there: the change that the scores forecast beside the one that comes, and the
fewest units whose removal changes the label.
"""

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

# That the greedy search weighs at each step: those that lower the label's lead most when they go alone.
_CANDIDATES = 24


@dataclass(frozen=True)
class ForecastCheck:
    """What taking units out does.

    Attributes:
        forecast: change of the explained class's logit that the scores promise: minus their sum.
        measured: the change that came.
        logits: (C,) afterwards.
    """

    forecast: float
    measured: float
    logits: Tensor


@dataclass(frozen=True)
class Counterfactual:
    """The fewest units found whose removal changes the label.

    Attributes:
        units: their indices; empty where no set was found.
        label: index of the label afterwards; None where no set was found.
        exact: whether it is certain that no smaller set does.
        rows: how many variants were tried.
    """

    units: tuple[int, ...]
    label: int | None
    exact: bool
    rows: int


def ablate_units(
    model: Hybrid, sample: Sample, explanation: Explanation, units: Sequence[int], perturbation: str
) -> ForecastCheck:
    """Takes units out of an input and compares what comes with what the scores forecast.

    Args:
        removal: a key of `Hybrid.perturbations`.

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
    """The fewest words or patches whose removal changes the label.

    First greedily: what lowers the label's lead most goes, until the label changes; then whatever need not have gone
    comes back. Then all smaller sets are tried, size by size, while a size has no more than `most_rows` of them: where
    that reaches up to the set found, it is exact.

    Args:
        removal: a key of `Hybrid.perturbations`.
        most_rows: how many variants either search may try.
        report: is called with a share, 0-1, that grows while it searches.
    """
    search = _Search(model, sample, perturbation)
    found = search.greedy(most_rows, report)
    if found is None:
        return Counterfactual((), None, False, search.rows)
    found = search.pruned(found)
    smaller, exact = search.smaller(len(found), most_rows, report)
    units = smaller or found
    report(1.0)
    return Counterfactual(tuple(units), int(search.logits([units]).argmax()), exact, search.rows)


class _Search:
    """Variants of one input, each a set of units that are gone."""

    def __init__(self, model: Hybrid, sample: Sample, perturbation: str):
        self.model, self.sample, self.perturbation, self.rows = model, sample, perturbation, 0
        self.count = len(sample.unit_names)
        self.label = int(self.logits([[]]).argmax())

    def logits(self, sets: Sequence[Sequence[int]]) -> Tensor:
        """(R, C) without each of R sets of units."""
        removed = torch.zeros(len(sets), self.count, dtype=torch.bool)
        for row, units in zip(removed, sets, strict=True):
            row[list(units)] = True
        self.rows += len(sets)
        return perturbed_logits(self.model, self.sample, removed, self.perturbation)

    def leads(self, sets: Sequence[Sequence[int]]) -> Tensor:
        """(R,) by how much the label's logit exceeds that of the next: below 0 it is no longer the label."""
        logits = self.logits(sets)
        others = logits.clone()
        others[:, self.label] = float("-inf")
        return logits[:, self.label] - others.max(1).values

    def greedy(self, most_rows: int, report: Report) -> list[int] | None:
        """Units in the order in which they went; None where the label stays, or `most_rows` are not enough."""
        alone = self.leads([[unit] for unit in range(self.count)]).argsort().tolist()
        removed: list[int] = []
        while len(removed) < self.count and self.rows < most_rows:
            candidates = [unit for unit in alone if unit not in removed][:_CANDIDATES]
            leads = self.leads([[*removed, unit] for unit in candidates])
            removed.append(candidates[int(leads.argmin())])
            if leads.min() < 0:
                return removed
            report(0.5 * min(1.0, self.rows / most_rows))
        return None

    def pruned(self, removed: list[int]) -> list[int]:
        """Without those that need not have gone."""
        for unit in list(reversed(removed)):
            rest = [other for other in removed if other != unit]
            if rest and self.leads([rest])[0] < 0:
                removed = rest
        return removed

    def smaller(self, size: int, most_rows: int, report: Report) -> tuple[list[int] | None, bool]:
        """A smaller set that changes the label, or None; and whether every set smaller than the result was tried."""
        for fewer in range(1, size):
            if comb(self.count, fewer) > most_rows:
                return None, False
            sets = list(combinations(range(self.count), fewer))
            leads = self.leads(sets)
            report(0.5 + 0.5 * fewer / size)
            if leads.min() < 0:
                return list(sets[int(leads.argmin())]), True
        return None, True
