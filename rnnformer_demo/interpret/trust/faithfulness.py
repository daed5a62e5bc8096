"""Faithfulness: the prediction while units go in the order of their scores, beside random orders.

A value of comprehensiveness alone says little: its range differs from model to model and from input to input. Each is
therefore placed between the worst and the best known order, and among random orders.

How many random orders that takes depends on the input: `measure_until` draws more of them until a conclusion no longer
depends on which were drawn, or until `MOST_STEPS` are run.
"""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from ...data import Sample
from ...document import Faithfulness, RankedScore
from ...models import Hybrid
from ..perturb import Counter, perturbed_logits

# Of the units that go first. Symmetric, so that the units that stay half-way along an order are those that are gone
# from its reverse. Each variant of a photo takes a run of the CNN: there more orders tell more than more places.
SHARES = {"sequence": (0.1, 0.3, 0.5, 0.7, 0.9), "grid": (0.3, 0.7)}
# Numbers of pairs of random orders to try in turn. Of 2 * 37 = 74 orders, none of which is better, it follows by the
# 95 % interval that fewer than 5 % of all are.
STAGES = (10, 37, 74, 148, 296)
MOST_STEPS = {"sequence": 200_000, "grid": 10_000}  # tokens or cells that one perturbation may run through the model
MIN_EFFECT = 0.02  # of probability: what differs by less decides nothing
MAX_LEAVE_ONE_OUT = 128  # units: of more it would take long to take out each alone
CONTROL_QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)  # of the random orders' values, kept beside the measure
_CONFIDENCE = 0.95  # of the interval of `RankedScore.outdone`

Confidence = Callable[[Tensor], Tensor]  # logits (R, C) to the probability of the explained class (R,)


def random_orders(units: int, pairs: int, seed: int) -> Tensor:
    """Draw permutations, each followed by its reverse: (2 * pairs, units); the first ones are those of fewer pairs."""
    generator = torch.Generator().manual_seed(seed)
    orders = [torch.randperm(units, generator=generator) for _ in range(pairs)]
    return torch.stack([direction for order in orders for direction in (order, order.flip(0))])


def perturbation_curves(
    model: Hybrid, sample: Sample, confidence: Confidence, seed: int, report: Counter = lambda rows: None
) -> dict[str, "PerturbationCurves"]:
    """Return the curves of an input, by perturbation; none for a single unit, which has no order.

    Args:
        confidence, seed, report: see `PerturbationCurves`.
    """
    if len(sample.unit_names) < 2:
        return {}
    return {name: PerturbationCurves(model, sample, name, confidence, seed, report) for name in model.perturbations}


def measure_until(
    curves: Mapping[str, "PerturbationCurves"],
    scores: Tensor,
    decided: Callable[[dict[str, Faithfulness]], bool],
) -> dict[str, Faithfulness]:
    """Measure scores (n,) under each perturbation among more and more random orders, until that decides.

    Args:
        curves: see `perturbation_curves`.
        decided: tells from what was measured whether more random orders could not change the conclusion.
    """
    measured: dict[str, Faithfulness] = {}
    for pairs in next(iter(curves.values())).stages if curves else ():
        measured = {name: along.measure(scores, pairs) for name, along in curves.items()}
        if decided(measured):
            break
    return measured


class PerturbationCurves:
    """The prediction of one input along many orders in which its units go: any explanation is placed among them.

    Nothing is run before a measurement asks for it, and no variant of the input twice.

    Args:
        perturbation: a key of `Hybrid.perturbations`.
        confidence: maps logits to the probability of the explained class.
        seed: seed of the random orders.
        report: is called with the number of variants after each pass.

    Attributes:
        stages: those of `STAGES` that stay within `MOST_STEPS`, and the first two whatever they take.
        most_rows: number of variants of the input that the last stage and one measurement take.

    Raises:
        ValueError: for fewer than two units, which have no order.
    """

    def __init__(
        self,
        model: Hybrid,
        sample: Sample,
        perturbation: str,
        confidence: Confidence,
        seed: int,
        report: Counter = lambda rows: None,
    ) -> None:
        count = len(sample.unit_names)
        if count < 2:
            raise ValueError(f"sample must have two units at least, which have an order, got {count}")
        half = {min(max(1, round(share * count)), count - 1) for share in SHARES[sample.layout]}
        self._sizes = [0, *sorted({*half, *(count - size for size in half)}), count]
        most = MOST_STEPS[sample.layout] / (sample.mask.shape[1] * 2 * (len(self._sizes) - 2))
        self.stages = (*STAGES[:2], *(pairs for pairs in STAGES[2:] if pairs <= most))
        self.most_rows = count + 1 + (2 * self.stages[-1] + 4) * (len(self._sizes) - 2)
        self._run = lambda removed: confidence(perturbed_logits(model, sample, removed, perturbation, report))
        self._known: dict[bytes, float] = {}
        self._count, self._seed = count, seed

    def leave_one_out(self) -> Tensor:
        """Return the fall of the explained class's probability when each unit goes alone, (n,)."""
        nothing, each = torch.zeros(1, self._count, dtype=torch.bool), torch.eye(self._count, dtype=torch.bool)
        shares = self._probabilities(torch.cat([nothing, each]))
        return shares[0] - shares[1:]

    def coalitions(self, pairs: int) -> tuple[Tensor, Tensor]:
        """Return the sets of units that stay along random orders, and the probabilities that they leave.

        Returns:
            Rows (R, n) of 0 and 1: all units, none, then pairs of a set and its complement; and p (R,).
        """
        orders = random_orders(self._count, pairs, self._seed)
        gone = _gone(orders, self._sizes[1:-1]).unflatten(0, (pairs, 2))  # (P, 2, K, n)
        both = torch.stack([gone[:, 0], gone[:, 1].flip(1)], dim=2)  # (P, K, 2, n): the reverse loses what stayed
        ends = torch.arange(2)[:, None].expand(2, self._count).bool()
        removed = torch.cat([ends, both.flatten(0, 2)])
        return (~removed).long(), self._probabilities(removed)

    def measure(self, scores: Tensor, pairs: int) -> Faithfulness:
        """Measure the faithfulness of scores (n,), one for each unit: the highest goes first.

        The best and the worst order are sought among those by the fall that each unit alone causes, too, unless there
        are more than `MAX_LEAVE_ONE_OUT`.

        Args:
            pairs: number of pairs of random orders, see `random_orders`.
        """
        orders = [_both_ways(scores), random_orders(self._count, pairs, self._seed)]
        if self._count <= MAX_LEAVE_ONE_OUT:
            orders.append(_both_ways(self.leave_one_out()))
        curves = self._along(torch.cat(orders))  # (O, K)
        # A row's reverse is its neighbour: the units that stay when so many have gone are those its reverse has lost.
        staying = curves[torch.arange(len(curves)) ^ 1].flip(1)  # p when only the first 0, ..., n units are there
        early = [index for index, size in enumerate(self._sizes) if 0 < 2 * size <= self._count]  # up to a half
        whole, shares = curves[:, :1], torch.tensor(self._sizes) / self._count
        values = {
            "comprehensiveness": (whole - curves[:, early]).mean(1),
            "sufficiency": (whole - staying[:, early]).mean(1),
            "deletion_auc": torch.trapezoid(curves, shares, dim=1),
            "insertion_auc": torch.trapezoid(staying, shares, dim=1),
        }
        low_is_good = ("sufficiency", "deletion_auc")
        return Faithfulness(
            **{name: _measure(value, -1 if name in low_is_good else 1, 2 * pairs) for name, value in values.items()},
            orders=2 * pairs,
            shares=tuple(shares.tolist()),
            deletion=tuple(curves[0].tolist()),
            insertion=tuple(staying[0].tolist()),
        )

    def _along(self, orders: Tensor) -> Tensor:
        """Return p (O, K) when the first of each of K sizes of every order (O, n) are gone."""
        return self._probabilities(_gone(orders, self._sizes).flatten(0, 1)).view(len(orders), -1)

    def _probabilities(self, removed: Tensor) -> Tensor:
        """Return p (R,) without the units that are true in each row (R, n)."""
        different, which = removed.unique(dim=0, return_inverse=True)
        keys = [row.tobytes() for row in different.numpy()]
        new = [index for index, key in enumerate(keys) if key not in self._known]
        if new:
            found = self._run(different[new]).tolist()
            self._known.update((keys[index], share) for index, share in zip(new, found, strict=True))
        return torch.tensor([self._known[key] for key in keys])[which]


def _gone(orders: Tensor, sizes: list[int]) -> Tensor:
    """Return the units that have gone (O, K, n) when so many as each of K sizes tells have, along orders (O, n)."""
    ranks = orders.argsort(1)  # when each unit goes
    return ranks[:, None] < torch.tensor(sizes)[None, :, None]


def _both_ways(scores: Tensor) -> Tensor:
    """Return both orders of the units (2, n): the highest score first, then the lowest first."""
    order = scores.argsort(descending=True, stable=True)
    return torch.stack([order, order.flip(0)])


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
    better = int((random > good[0] + MIN_EFFECT).sum())
    return RankedScore(
        value=values[0].item(),
        normalised=((good[0] - worst) / (best - worst)).item() if best > worst else None,
        percentile=round(100 * (below + same / 2), 1),
        controls=_quantiles(values[2 : 2 + orders]),
        outdone=better / orders,
        outdone_interval=exact_interval(better, orders),
    )


def exact_interval(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a share, 0-1 (Clopper & Pearson 1934)."""
    from scipy.special import betaincinv

    tail = (1 - _CONFIDENCE) / 2
    low = betaincinv(hits, of - hits + 1, tail) if hits else 0.0
    high = betaincinv(hits + 1, of - hits, 1 - tail) if hits < of else 1.0
    return round(float(low), 4), round(float(high), 4)


def _quantiles(values: Tensor) -> tuple[float, ...]:
    """Return the values at `CONTROL_QUANTILES`, rounded: a few numbers tell what drawing them all would."""
    places = torch.tensor(CONTROL_QUANTILES, dtype=torch.float64)
    return tuple(round(value, 4) for value in values.double().quantile(places).tolist())
