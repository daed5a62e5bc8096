"""The verdict in words on the measures of an explanation. The thresholds stand here and nowhere else."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

from ...document import Faithfulness, RankedScore
from .faithfulness import MIN_EFFECT, PerturbationCurves, measure_until

VERDICTS = ("trust", "with care", "don't", "undecided")
# Shares of all random orders that do better by more than `MIN_EFFECT`:
OUTDONE = 0.05  # the most of a trusted explanation, under every removal
GUIDED = 0.25  # the most of one that is a guide at all
GAP = 0.01  # completeness gap of a trusted explanation
LARGE_GAP = 0.10  # and one above which its numbers are off
SENSITIVITY = 0.5  # relative change of the scores under a small move of the input
FEWEST_UNITS = 4  # with fewer, every order is like many others
_POINTS = f"{100 * MIN_EFFECT:.0f} points"


@dataclass(frozen=True)
class Findings:
    """What is known of an explanation beside its faithfulness.

    Attributes:
        units: number of words or patches.
        gap: completeness gap, None where none is promised.
        sensitivity: see `stability.max_sensitivity`; None where it was not measured.
        in_domain: False where the input is out of distribution, None where that is unknown.
    """

    units: int
    gap: float | None = None
    sensitivity: float | None = None
    in_domain: bool | None = None


@dataclass(frozen=True)
class _Question:
    """Whether more than a share of all random orders outdo an explanation.

    Attributes:
        name: of the perturbation.
        what: words for what is done to the input.
        limit: that share.
        measure: what was found by the random orders that were drawn.
        orders: how many.
    """

    name: str
    what: str
    limit: float
    measure: RankedScore
    orders: int

    @property
    def answer(self) -> bool | None:
        """Whether they do by the 95 % interval; None where it holds both answers."""
        low, high = self.measure.outdone_interval or (0.0, 1.0)
        return True if low > self.limit else False if high <= self.limit else None


def conclude(
    curves: Mapping[str, PerturbationCurves], scores: Tensor, findings: Findings
) -> tuple[dict[str, Faithfulness], tuple[str, tuple[str, ...]]]:
    """Measure the faithfulness of scores (n,) among as many random orders as the verdict takes; return both.

    Args:
        curves: see `perturbation_curves`.
    """
    measured = measure_until(curves, scores, lambda found: len(possible_verdicts(found, findings)) == 1)
    return measured, verdict(measured, findings)


def verdict(perturbations: Mapping[str, Faithfulness], findings: Findings) -> tuple[str, tuple[str, ...]]:
    """Return the verdict, and a sentence for each reason.

    Args:
        perturbations: faithfulness by perturbation; empty where there are too few units.
    """
    possible = possible_verdicts(perturbations, findings)
    if len(possible) > 1:
        open_ones = (question for question in _questions(perturbations) if question.answer is None)
        between = " and ".join(f"“{each}”" for each in possible)
        return VERDICTS[3], (f"It is undecided between {between}.", *map(_sentence, open_ones))
    (conclusion,) = possible
    if conclusion == VERDICTS[0]:
        lowest = min(removed.comprehensiveness.percentile for removed in perturbations.values())
        orders = next(iter(perturbations.values())).orders
        return conclusion, (
            f"Taking out what it marks changes the prediction more than {lowest:.0f} % of {orders} random orders do, "
            f"whichever way it is taken out ({', '.join(perturbations)}).",
        )
    if conclusion == VERDICTS[2]:
        return conclusion, (*_outdone(perturbations, GUIDED), *_large_gap(findings))
    return conclusion, (*_cares(perturbations, findings), *_outdone(perturbations, OUTDONE))


def possible_verdicts(perturbations: Mapping[str, Faithfulness], findings: Findings) -> tuple[str, ...]:
    """Return the verdicts between which the random orders that were drawn leave the choice, the best one first."""
    guided = [question.answer for question in _questions(perturbations) if question.limit == GUIDED]
    if any(guided) or any(_large_gap(findings)):
        return (VERDICTS[2],)
    refused = (VERDICTS[2],) if None in guided else ()
    convincing = [question.answer for question in _questions(perturbations) if question.limit == OUTDONE]
    if any(convincing) or any(_cares(perturbations, findings)):
        return (VERDICTS[1], *refused)
    return (VERDICTS[0], *((VERDICTS[1],) if None in convincing else ()), *refused)


def _questions(perturbations: Mapping[str, Faithfulness]) -> Iterator[_Question]:
    for name, removed in perturbations.items():
        goes = "what it marks goes"
        yield _Question(name, goes, GUIDED, removed.comprehensiveness, removed.orders)
        yield _Question(name, goes, OUTDONE, removed.comprehensiveness, removed.orders)
        yield _Question(name, "only what it marks stays", OUTDONE, removed.sufficiency, removed.orders)


def _outdone(perturbations: Mapping[str, Faithfulness], limit: float) -> Iterator[str]:
    """Yield a sentence for each question about a share to which the answer is yes."""
    yield from (_sentence(each) for each in _questions(perturbations) if each.limit == limit and each.answer)


def _sentence(question: _Question) -> str:
    low, high = question.measure.outdone_interval or (0.0, 1.0)
    return (
        f"When {question.what} ({question.name}), {question.measure.outdone or 0:.0%} of {question.orders} random "
        f"orders do better by {_POINTS} (of all, {low:.0%} to {high:.0%}); {question.limit:.0%} is the most."
    )


def _large_gap(findings: Findings) -> Iterator[str]:
    if findings.gap is not None and findings.gap > LARGE_GAP:
        yield f"Its scores miss the change of the logit by {findings.gap:.0%}, more than {LARGE_GAP:.0%}."


def _cares(perturbations: Mapping[str, Faithfulness], findings: Findings) -> Iterator[str]:
    """Yield a sentence for each doubt that no random order can settle."""
    units, gap, sensitivity = findings.units, findings.gap, findings.sensitivity
    if units < FEWEST_UNITS:
        yield f"With {units} part{'s' * (units != 1)} there are too few orders to tell a good one from chance."
    for name, removed in perturbations.items():
        measure = removed.comprehensiveness
        middle = measure.controls[len(measure.controls) // 2] if measure.controls else 0.0
        if measure.value - middle < MIN_EFFECT:
            yield (
                f"Taking out what it marks ({name}) changes the prediction by {measure.value:.2f}, a random order by "
                f"{middle:.2f}: where they differ by less than {_POINTS}, there is nothing to be told apart."
            )
    if gap is not None and gap > GAP:
        yield f"Its scores miss the change of the logit by {gap:.1%}, more than {GAP:.0%}."
    if sensitivity is not None and sensitivity > SENSITIVITY:
        yield f"A move of the input by 2 % changes its scores by {sensitivity:.0%} of their size."
    if findings.in_domain is False:
        yield (
            "The input is not like what the model was trained on: a true picture of its answer is no sign that it is "
            "right."
        )
