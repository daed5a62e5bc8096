"""Sections of the analysis document: plain values, tuples of them, and `Array`s. No torch, no models.

Shape legend: T tokens (of a text, or cells of a photo's grid), n units (words or cells), C classes, H heads, U units of
one direction of one recurrence. Tokens of a text are pieces of words; `Input.token_to_unit` says of which.
"""

from dataclasses import dataclass, field
from typing import Literal

from .arrays import Array

Layout = Literal["sequence", "grid"]


@dataclass(frozen=True)
class Model:
    """The model that was analysed.

    Attributes:
        name: of its checkpoint.
        sha256: of its weights.
        labels: class names, in the order of the logits.
        parameters: number of its weights.
    """

    name: str
    sha256: str
    labels: tuple[str, ...]
    parameters: int


@dataclass(frozen=True)
class Unit:
    """A part of the input that scores belong to: a word, or a cell of a photo's grid.

    Attributes:
        name: the word as it was typed, or "row 2, column 5".
        span: start and end of the word in `Input.text`; None for a cell.
        cell: row and column of the cell, counted from 0; None for a word.
    """

    name: str
    span: tuple[int, int] | None = None
    cell: tuple[int, int] | None = None


@dataclass(frozen=True)
class Input:
    """The input as the model read it.

    Attributes:
        layout: "sequence" for words, "grid" for the cells of a photo.
        units: words or cells, in the order in which the model reads them.
        token_to_unit: (T,) index of the unit that each token belongs to.
        text: what was read of a text; None for a photo.
        image: the square that was read of a photo, as the base64 of a PNG; None for a text and where it was not asked
            for.
        grid: rows and columns of the cells; None for words.
        source: the input as the command line names it: a text, or the path of a photo; None where it came otherwise.
        warnings: sentences about what was changed on the way in.
    """

    layout: Layout
    units: tuple[Unit, ...]
    token_to_unit: tuple[int, ...]
    text: str | None = None
    image: str | None = None
    grid: tuple[int, int] | None = None
    source: str | None = None
    warnings: tuple[str, ...] = ()

    @property
    def unit_names(self) -> tuple[str, ...]:
        """Names of the units."""
        return tuple(unit.name for unit in self.units)


@dataclass(frozen=True)
class OutOfDistribution:
    """Whether the input looks like what the model was trained on.

    Attributes:
        score: out-of-distribution score, 0 or more; 1 is the threshold.
        in_domain: whether the score is at most 1.
        detector: what the score measures, in words.
        message: a warning where the input is out of domain, else "".
    """

    score: float
    in_domain: bool
    detector: str
    message: str = ""


@dataclass(frozen=True)
class Prediction:
    """The model's answer.

    Attributes:
        label: the most probable class.
        confidence: its calibrated probability, 0-1.
        probabilities: calibrated, 0-1, of every class, in the order of the labels.
        logits: (C,), in the order of the labels.
        temperature: by which the logits were divided before the softmax.
        latency_ms: of reading and one forward pass, without waiting for others.
        ood: None where the checkpoint has no detector.
    """

    label: str
    confidence: float
    probabilities: dict[str, float]
    logits: tuple[float, ...]
    temperature: float
    latency_ms: float
    ood: OutOfDistribution | None = None


@dataclass(frozen=True)
class Attribution:
    """Scores of an attribution method for one class.

    Attributes:
        method: id of the method, such as "integrated-gradients".
        title: its name in full.
        help: one or two sentences on what its scores mean.
        scale: what the numbers are, for axes and legends.
        signed: whether negative scores speak against the class; otherwise all are 0 or more.
        target: the class that is explained.
        scores: one for each unit, or for each pixel where `grid` is finer than that of the input.
        grid: rows and columns of the scores of a photo; None for words.
        completeness_gap: |sum of scores - (f(x) - f(baseline))| / |f(x) - f(baseline)|; None where the method does not
            promise completeness.
        seed: of what was drawn; None where nothing is.
        options: of the method, by name.
        warnings: sentences about the computation.
    """

    method: str
    title: str
    help: str
    scale: str
    signed: bool
    target: str
    scores: tuple[float, ...]
    grid: tuple[int, int] | None = None
    completeness_gap: float | None = None
    seed: int | None = None
    options: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Attention:
    """Attention weights of every layer and head, and of the pooling.

    Attributes:
        layers: by name, (H, T, T): rows are queries, columns keys; each row sums to 1.
        pooling: (T,) weight of each token in the decision; sums to 1.
        pooled_rollout: (T,) attention rollout read by the pooling (Abnar & Zuidema 2020); sums to 1.
        conicity: mean cosine of the states under the attention with their mean, -1 to 1.
        warning: where conicity is high, what that means for the reader; else None.
    """

    layers: dict[str, Array]
    pooling: Array
    pooled_rollout: Array
    conicity: float
    warning: str | None = None


@dataclass(frozen=True)
class Jacobian:
    """How much each attended state depends on each token, through the recurrence.

    Attributes:
        norms: (T, T) Frobenius norms |d x_t / d e_s|: row t is the state, column s the token. Estimated.
        seed: of the random probes.
    """

    norms: Array
    seed: int


@dataclass(frozen=True)
class Contributor:
    """A step that wrote into a recurrent unit.

    Attributes:
        step: index of the token.
        share: its part of all that was written, with the sign of what it wrote: -1 to 1.
    """

    step: int
    share: float


@dataclass(frozen=True)
class FullestUnit:
    """The unit that holds most when a direction has read its last step, and who wrote it.

    Attributes:
        unit: 0 to U - 1.
        contributors: the strongest first.
    """

    unit: int
    contributors: tuple[Contributor, ...]


@dataclass(frozen=True)
class Recurrence:
    """One recurrence, forward and backward, step by step.

    Attributes:
        name: such as "lstm tokens 1".
        cell: kind of its cell, such as "lstm".
        hidden: (T, 2, U) hidden states of the forward and the backward direction, in the order of the tokens.
        cells: (T, 2, U) cell states; None for a cell that has none.
        gates: by name, (T, 2, U): gates in 0-1, "candidate" in -1 to 1. Recomputed exactly.
        contributions: (T, 2, U) memory contributions: what each step left in the memory as it is in the end.
        half_life: steps after which half of what a unit holds is left, median over units, of both directions; None for
            a unit that forgets nothing.
        saturation: by gate, shares of its values near the lower and the upper end of its range, 0-1.
        fullest: of both directions.
        gate_error: largest difference between the hidden states that follow from the gates and those of the network.
        left_out: sentences about what is missing here, and why.
    """

    name: str
    cell: str
    hidden: Array
    cells: Array | None
    gates: dict[str, Array]
    contributions: Array
    half_life: tuple[float | None, float | None]
    saturation: dict[str, tuple[float, float]]
    fullest: tuple[FullestUnit, FullestUnit]
    gate_error: float
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Trajectory:
    """Predictions on growing parts of the input, along one scan.

    Attributes:
        scan: such as "from the start" or "rows from the top".
        names: of the word or line that each part read last.
        positions: number of words or lines of each part; the last part is the whole input.
        probabilities: (parts, C), calibrated for the length of each part.
        flips: indices of the parts at which the label becomes another one.
        stable_from: index of the part from which on the label stays what it is in the end.
        left_out: a sentence where only some of the parts were run; else "".
    """

    scan: str
    names: tuple[str, ...]
    positions: tuple[int, ...]
    probabilities: Array
    flips: tuple[int, ...]
    stable_from: int
    left_out: str = ""


@dataclass(frozen=True)
class Interventions:
    """The prediction with attention or the recurrence made useless (Jain & Wallace 2019).

    Attributes:
        target: the class whose probability is followed.
        probability: of that class, 0-1, by intervention; "as it is" is the model's own, of permutations the mean.
        total_variation: how far the whole output moves, 0-1, by intervention; of permutations the median.
        seed: of the permutations.
    """

    target: str
    probability: dict[str, float]
    total_variation: dict[str, float]
    seed: int


@dataclass(frozen=True)
class RankedScore:
    """A measure of faithfulness among random orders.

    Attributes:
        value: of the measure.
        normalised: 0 at the worst order found, 1 at the best; None where all are the same.
        percentile: share of random orders that do worse, 0-100.
    """

    value: float
    normalised: float | None
    percentile: float


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
class Trust:
    """How far an attribution can be trusted.

    Attributes:
        method: the method that was measured.
        target: the class it explains.
        verdict: "trust", "with care" or "don't".
        reasons: sentences.
        perturbations: by name, the usual one first.
        completeness_gap: of the attribution.
        max_sensitivity: largest relative change of the scores when what is embedded moves by 2 % (Yeh et al. 2019).
        infidelity: normalised squared error of the scores as a forecast; 0 is perfect (ibid.).
        agreement: Spearman's rank correlation with other methods.
        seed: of all that was drawn.
        seconds: the measurement took.
        benchmark: what was measured of the method over data sets, in a sentence; "" where nothing was.
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


@dataclass(frozen=True)
class Provenance:
    """How the document came about.

    Attributes:
        version: of this software.
        seed: of all that was drawn.
        command: that repeats it; "" where the input has no name on a command line.
        seconds: each section took, by its name.
    """

    version: str
    seed: int
    command: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
