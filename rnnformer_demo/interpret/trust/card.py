"""The trust card: the measures of one explanation, and the verdict on it. Plain numbers, no tensors."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class RankedScore:
    """One measure of faithfulness.

    Attributes:
        value: value of the measure, see `FaithfulnessScores`.
        normalised: 0 at the worst known order, 1 at the best (after Edin et al. 2025: the range differs by model and
            input); None where all orders are the same.
        percentile: share of random orders that do worse, 0-100, half of those that do as well included.
    """

    value: float
    normalised: float | None
    percentile: float


@dataclass(frozen=True)
class FaithfulnessScores:
    """Faithfulness under one perturbation. p is the probability of the explained class.

    Attributes:
        comprehensiveness: mean fall of p when the highest-scoring units go (DeYoung et al. 2020); high is good.
        sufficiency: mean fall of p when only the highest-scoring units stay (ibid.); low is good.
        deletion_auc: area under p while the units go, the highest-scoring first (Petsiuk et al. 2018); low is good.
        insertion_auc: area under p while they come, the highest-scoring first (ibid.); high is good.
        orders: number of random orders that they were compared with.
        shares: shares of the units at which p was measured.
        deletion, insertion: p at these shares.
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
class Trust:
    """The trust card of one explanation.

    Attributes:
        perturbations: faithfulness by the name of the perturbation; the usual one first.
        completeness_gap: completeness gap of the explanation; None where its method does not promise completeness.
        max_sensitivity: largest relative change of the scores when the embedded input shifts by 2 % of its norm (Yeh
            et al. 2019); None where computing the scores again takes seconds each time.
        infidelity: normalised squared error of the scores as a forecast of the loss of the logit when a random half of
            the units goes (Yeh et al. 2019); 0 is perfect, 1 as good as forecasting no change.
        agreement: Spearman's rank correlation with other methods, by their name.
        seed: seed of the random orders and of all other draws.
        verdict: "trust", "with care" or "don't".
        reasons: a sentence for each reason of the verdict.
        seconds: wall-clock time of the measurement.
    """

    perturbations: dict[str, FaithfulnessScores]
    completeness_gap: float | None
    max_sensitivity: float | None
    infidelity: float | None
    agreement: dict[str, float]
    seed: int
    verdict: str
    reasons: tuple[str, ...]
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return the object that `explain --trust --json` and the API give; the four measures are those of the first
        perturbation, and `perturbations` has them all."""
        first = next(iter(self.perturbations.values()), None)
        measures = (
            {}
            if first is None
            else {name: asdict(getattr(first, name)) for name in ("comprehensiveness", "sufficiency")}
            | {name: getattr(first, name).value for name in ("deletion_auc", "insertion_auc")}
        )
        return measures | {
            "max_sensitivity": self.max_sensitivity,
            "infidelity": self.infidelity,
            "completeness_gap": self.completeness_gap,
            "agreement": self.agreement,
            "perturbations": {name: asdict(removed) for name, removed in self.perturbations.items()},
            "seed": self.seed,
            "verdict": self.verdict,
            "reasons": list(self.reasons),
        }
