"""The sections `edits` and `comparison`: changed inputs, and other models."""

from dataclasses import dataclass, field
from typing import Literal

from .attribution import Attribution
from .behaviour import Trajectory
from .core import Model, Prediction
from .trust import Trust

EditKind = Literal["ablation", "replacement", "counterfactual"]


@dataclass(frozen=True)
class Edit:
    """A changed input: what the attribution forecast, and what came.

    Attributes:
        kind: "ablation" of units, "replacement" of a word, or a minimal "counterfactual".
        units: indices of the units that were changed; empty where no counterfactual was found.
        operation: the perturbation, or the word that was put in.
        before: label before.
        after: label afterwards; None where no counterfactual was found.
        probabilities: of every class afterwards, 0-1; empty for a counterfactual.
        target: the class whose logit is followed; None for a counterfactual.
        forecast: change of its logit that the scores promise; None for a counterfactual.
        measured: the change that came; None for a counterfactual.
        exact: of a counterfactual, whether it is certain that no smaller set changes the label; else None.
        evaluations: number of variants that were run.
    """

    kind: EditKind
    units: tuple[int, ...]
    operation: str
    before: str
    after: str | None
    probabilities: dict[str, float] = field(default_factory=dict)
    target: str | None = None
    forecast: float | None = None
    measured: float | None = None
    exact: bool | None = None
    evaluations: int = 1


@dataclass(frozen=True)
class ComparedModel:
    """The same input through one of several models.

    Attributes:
        model: that answered.
        prediction: with the fastest of a few latencies.
        attribution: by the same method, for the same class.
        trust: of that attribution.
        prefixes: see `Trajectory`.
    """

    model: Model
    prediction: Prediction
    attribution: Attribution
    trust: Trust
    prefixes: tuple[Trajectory, ...]
