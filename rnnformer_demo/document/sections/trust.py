"""The section `trust`: how far an attribution can be trusted."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RankedScore:
    """A measure of faithfulness among random orders.

    Attributes:
        value: of the measure.
        normalised: 0 at the worst order found, 1 at the best; None where all are the same.
        percentile: share of random orders that do worse, 0-100.
        controls: values of the measure for the random orders: the least, the 5th, 25th, 50th, 75th and 95th percentile,
            the largest; rounded to four decimals.
        outdone: share of random orders that do better by more than 0.02, 0-1.
        outdone_interval: its 95 % confidence interval, which follows from the number of orders.
    """

    value: float
    normalised: float | None
    percentile: float
    controls: tuple[float, ...] = ()
    outdone: float | None = None
    outdone_interval: tuple[float, float] | None = None


@dataclass(frozen=True)
class Faithfulness:
    """Faithfulness under one perturbation.

    Attributes:
        comprehensiveness: mean fall of the probability when the highest-scoring units are removed; higher is better.
        sufficiency: mean fall when only they are kept; lower is better.
        deletion_auc: area under the probability while units are removed; lower is better.
        insertion_auc: area while they are inserted; higher is better.
        orders: number of random orders they were compared with.
        shares: of the units, at which the probability was measured.
        deletion, insertion: the probability at these shares.
    """

    comprehensiveness: RankedScore
    sufficiency: RankedScore
    deletion_auc: RankedScore
    insertion_auc: RankedScore
    orders: int
    shares: tuple[float, ...]
    deletion: tuple[float, ...]
    insertion: tuple[float, ...]


@dataclass(frozen=True)
class ShapleyEstimate:
    """Shapley values of the units, estimated from the random orders that faithfulness was measured among.

    Attributes:
        scores: one for each unit, in the probability of the explained class.
        standard_errors: of each.
        coalitions: number of sets of units that the estimate rests on.
        correlation: Spearman's rank correlation with the attribution; None where one of the two is constant.
    """

    scores: tuple[float, ...]
    standard_errors: tuple[float, ...]
    coalitions: int
    correlation: float | None


@dataclass(frozen=True)
class Trust:
    """How far an attribution can be trusted.

    Attributes:
        method: the method that was measured.
        target: the class it explains.
        verdict: "trust", "with care", "don't" or "undecided".
        reasons: sentences.
        perturbations: by name, the usual one first.
        completeness_gap: of the attribution.
        max_sensitivity: largest relative change of the scores when what is embedded moves by 2 % (Yeh et al. 2019).
        infidelity: normalised squared error of the scores as a forecast; 0 is perfect (ibid.).
        agreement: Spearman's rank correlation with other methods.
        seed: of all that was drawn.
        seconds: the measurement took.
        benchmark: what was measured of the method over data sets, in a sentence; "" where nothing was.
        left_out: sentences on what would have taken too long on this input.
        shapley: Shapley values under the usual perturbation, at no further cost; None where the orders are too few for
            so many units.
    """

    method: str
    target: str
    verdict: str
    reasons: tuple[str, ...]
    perturbations: dict[str, Faithfulness]
    completeness_gap: float | None
    max_sensitivity: float | None
    infidelity: float | None
    agreement: dict[str, float]
    seed: int
    seconds: float
    benchmark: str = ""
    left_out: tuple[str, ...] = ()
    shapley: ShapleyEstimate | None = None
