"""Shapley values from the random orders of a trust card: what was run to rank an explanation is a sample of them."""

import torch
from torch import Tensor

from ...document import ShapleyEstimate
from ..attribution.coalitions import shapley_regression, standard_errors
from .agreement import rank_correlation
from .faithfulness import PerturbationCurves

_PAIRS_PER_UNIT = 3  # pairs of complementary coalitions: of fewer the errors would be too large to tell


def shapley_of_orders(curves: PerturbationCurves, pairs: int, scores: Tensor) -> ShapleyEstimate | None:
    """Estimate each unit's Shapley value in the probability of the explained class, without running anything.

    Every order comes with its reverse, so that what stays along one is what has gone along the other: pairs of
    complementary coalitions, to which the regression of KernelSHAP is fitted. Of such pairs it is free of bias where
    units act together by twos; where they do by threes and more, it depends on how large the coalitions are.

    Args:
        curves: along which as many orders were run.
        pairs: number of pairs of random orders.
        scores: (n,) of the explanation that the card is about.

    Returns:
        None where the orders are too few for so many units.
    """
    coalitions, shares = curves.coalitions(pairs)
    count = coalitions.shape[1]
    if (len(coalitions) - 2) / 2 < max(2, _PAIRS_PER_UNIT * count):
        return None
    values = shapley_regression(coalitions, shares, torch.ones(len(coalitions)))
    errors = standard_errors(coalitions, shares, values)
    return ShapleyEstimate(
        scores=tuple(round(value, 5) for value in values.tolist()),
        standard_errors=tuple(round(error, 5) for error in errors.tolist()),
        coalitions=len(coalitions),
        correlation=rank_correlation(scores.double(), values),
    )
