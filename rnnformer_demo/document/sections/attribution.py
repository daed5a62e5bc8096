"""The section `attribution`: scores of one method for one class."""

from dataclasses import dataclass, field


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
        bias_relevance: the part of the logit that biases get and no unit: with it the scores add up to the logit. None
            where a method does not share the logit out.
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
    bias_relevance: float | None = None
