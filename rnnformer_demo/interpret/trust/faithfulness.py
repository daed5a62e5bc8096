"""Faithfulness: the prediction while units go in the order of their scores, beside random orders.

A value of comprehensiveness alone says little: its range differs from model to model and from input to input. Each is
therefore placed between the worst and the best known order, and among random orders.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from ...data import Sample
from ...document import Faithfulness, RankedScore
from ...models import Hybrid
from ..perturb import Counter, perturbed_logits

# Symmetric, so that the units that stay half-way along an order are those that are gone from its reverse.
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
_UP_TO = 0.5  # comprehensiveness and sufficiency look no further
_PAIRS = {"sequence": 25, "grid": 10}  # of random orders: a photo's forward pass takes twenty times as long
MAX_LEAVE_ONE_OUT = 128  # units: of more it would take long to take out each alone
CONTROL_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)  # of the random orders' values, kept beside the measure

Confidence = Callable[[Tensor], Tensor]  # logits (R, C) to the probability of the explained class (R,)


def leave_one_out(
    model: Hybrid, sample: Sample, perturbation: str, confidence: Confidence, report: Counter = lambda rows: None
) -> Tensor:
    """Return the fall of the explained class's probability when each unit goes alone, (n,)."""
    count = len(sample.unit_names)
    removed = torch.cat([torch.zeros(1, count, dtype=torch.bool), torch.eye(count, dtype=torch.bool)])
    shares = confidence(perturbed_logits(model, sample, removed, perturbation, report))
    return shares[0] - shares[1:]


def random_orders(units: int, pairs: int, seed: int) -> Tensor:
    """Draw permutations, each followed by its reverse: (2 * pairs, units)."""
    generator = torch.Generator().manual_seed(seed)
    orders = [torch.randperm(units, generator=generator) for _ in range(pairs)]
    return torch.stack([direction for order in orders for direction in (order, order.flip(0))])


def perturbation_curves(
    model: Hybrid, sample: Sample, confidence: Confidence, seed: int, report: Counter = lambda rows: None
) -> dict[str, "PerturbationCurves"]:
    """Run random orders of an input's units, by perturbation; none for a single unit, which has no order.

    Args:
        confidence, seed, report: see `PerturbationCurves`.
    """
    if len(sample.unit_names) < 2:
        return {}
    return {
        name: PerturbationCurves(model, sample, name, confidence, _pairs(sample), seed, report)
        for name in model.perturbations
    }


def rows_of(model: Hybrid, sample: Sample) -> int:
    """Estimate the number of variants of an input that `perturbation_curves` and one measurement run."""
    return len(model.perturbations) * (len(sample.unit_names) + (2 * _pairs(sample) + 4) * len(SHARES))


def _pairs(sample: Sample) -> int:
    return _PAIRS[sample.layout]


class PerturbationCurves:
    """The prediction of one input along many orders in which its units go: any explanation is placed among them.

    Args:
        perturbation: a key of `Hybrid.perturbations`.
        confidence: maps logits to the probability of the explained class.
        pairs: number of pairs of random orders, see `random_orders`. Beside them the best and the worst order are
            sought among those by the fall that each unit alone causes, unless there are more than `MAX_LEAVE_ONE_OUT`.
        seed: seed of the random orders.

    Raises:
        ValueError: for fewer than two units, which have no order.
    """

    def __init__(
        self,
        model: Hybrid,
        sample: Sample,
        perturbation: str,
        confidence: Confidence,
        pairs: int,
        seed: int,
        report: Counter = lambda rows: None,
    ) -> None:
        count = len(sample.unit_names)
        if count < 2:
            raise ValueError(f"sample must have two units at least, which have an order, got {count}")
        half = {min(max(1, round(share * count)), count - 1) for share in SHARES}
        sizes = sorted({*half, *(count - size for size in half)})
        self._run = lambda orders: _curves(model, sample, orders, sizes, perturbation, confidence, report)
        orders = [random_orders(count, pairs, seed)]
        if count <= MAX_LEAVE_ONE_OUT:
            orders.append(_both_ways(leave_one_out(model, sample, perturbation, confidence, report)))
        self._curves = self._run(torch.cat(orders))
        self._shares = torch.tensor([0, *sizes, count]) / count
        self.orders = 2 * pairs

    def measure(self, scores: Tensor) -> Faithfulness:
        """Measure the faithfulness of scores (n,), one for each unit: the highest goes first."""
        curves = torch.cat([self._run(_both_ways(scores)), self._curves])  # (O, K + 2)
        # A row's reverse is its neighbour: the units that stay when so many have gone are those its reverse has lost.
        staying = curves[torch.arange(len(curves)) ^ 1].flip(1)  # p when only the first 0, ..., n units are there
        half = _UP_TO + 0.5 / len(scores)
        early = [index for index, share in enumerate(self._shares.tolist()) if 0 < share <= half]
        whole = curves[:, :1]
        values = {
            "comprehensiveness": (whole - curves[:, early]).mean(1),
            "sufficiency": (whole - staying[:, early]).mean(1),
            "deletion_auc": torch.trapezoid(curves, self._shares, dim=1),
            "insertion_auc": torch.trapezoid(staying, self._shares, dim=1),
        }
        low_is_good = ("sufficiency", "deletion_auc")
        return Faithfulness(
            **{name: _measure(value, -1 if name in low_is_good else 1, self.orders) for name, value in values.items()},
            orders=self.orders,
            shares=tuple(self._shares.tolist()),
            deletion=tuple(curves[0].tolist()),
            insertion=tuple(staying[0].tolist()),
        )


def _both_ways(scores: Tensor) -> Tensor:
    """Return both orders of the units (2, n): the highest score first, then the lowest first."""
    order = scores.argsort(descending=True, stable=True)
    return torch.stack([order, order.flip(0)])


def _curves(
    model: Hybrid,
    sample: Sample,
    orders: Tensor,
    sizes: list[int],
    perturbation: str,
    confidence: Confidence,
    report: Counter,
) -> Tensor:
    """Return p (O, K + 2) when the first 0, then each of K sizes, then all units of every order are gone."""
    ranks = orders.argsort(1)  # (O, n): when each unit goes
    removed = ranks[:, None] < torch.tensor(sizes)[None, :, None]  # (O, K, n)
    ends = torch.tensor([[False], [True]]).expand(-1, orders.shape[1])
    logits = perturbed_logits(model, sample, torch.cat([ends, removed.flatten(0, 1)]), perturbation, report)
    shares = confidence(logits)
    first, last = (share.expand(len(orders), 1) for share in shares[:2])
    return torch.cat([first, shares[2:].view(len(orders), len(sizes)), last], dim=1)


def _measure(values: Tensor, sign: int, orders: int) -> RankedScore:
    """Rank the first of some orders' values among the others: its own reverse, random ones, and those of the search.

    Args:
        values: (O,) values of a measure, one for each order.
        sign: 1 where high is good, -1 where low is.
        orders: number of random orders.
    """
    good = sign * values
    random = good[2 : 2 + orders]
    worst, best = good.min(), good.max()
    below, same = ((random < good[0]).double().mean().item(), (random == good[0]).double().mean().item())
    return RankedScore(
        value=values[0].item(),
        normalised=((good[0] - worst) / (best - worst)).item() if best > worst else None,
        percentile=round(100 * (below + same / 2), 1),
        controls=_quantiles(values[2 : 2 + orders]),
    )


def _quantiles(values: Tensor) -> tuple[float, ...]:
    """Return the values at `CONTROL_QUANTILES`, rounded: a few numbers tell what drawing them all would."""
    places = torch.tensor(CONTROL_QUANTILES, dtype=torch.float64)
    return tuple(round(value, 4) for value in values.double().quantile(places).tolist())
