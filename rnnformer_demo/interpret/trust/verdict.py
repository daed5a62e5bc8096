"""The verdict in words on the measures of an explanation. The thresholds stand here and nowhere else."""

from collections.abc import Iterator

from ...document import Faithfulness

VERDICTS = ("trust", "with care", "don't")
BETTER_THAN = 95.0  # percentile among random orders that a trusted explanation reaches under every removal
NO_BETTER_THAN = 75.0  # percentile under some removal below which an explanation is no guide
GAP = 0.01  # completeness gap of a trusted explanation
LARGE_GAP = 0.10  # and one above which its numbers are off
SENSITIVITY = 0.5  # relative change of the scores under a small move of the input
FEWEST_UNITS = 4  # with fewer, every order is like many others


def verdict(
    perturbations: dict[str, Faithfulness],
    units: int,
    gap: float | None,
    sensitivity: float | None,
    in_domain: bool | None,
) -> tuple[str, tuple[str, ...]]:
    """Return the verdict, and a sentence for each reason.

    Args:
        perturbations: faithfulness by perturbation; empty where there are too few.
        units: number of words or patches.
        gap: completeness gap, None where none is promised.
        sensitivity: see `stability.max_sensitivity`.
        in_domain: False where the input is out of distribution, None where that is unknown.
    """
    doubts = [*_not_at_all(perturbations, gap)]
    if doubts:
        return VERDICTS[2], tuple(doubts)
    cares = [*_with_care(perturbations, units, gap, sensitivity, in_domain)]
    if cares:
        return VERDICTS[1], tuple(cares)
    lowest = min(removed.comprehensiveness.percentile for removed in perturbations.values())
    orders = next(iter(perturbations.values())).orders
    return VERDICTS[0], (
        f"Taking out what it marks changes the prediction more than {lowest:.0f} % of {orders} random orders do, "
        f"whichever way it is taken out ({', '.join(perturbations)}).",
    )


def _not_at_all(perturbations: dict[str, Faithfulness], gap: float | None) -> Iterator[str]:
    for name, removed in perturbations.items():
        percentile = removed.comprehensiveness.percentile
        if percentile < NO_BETTER_THAN:
            yield (
                f"Taking out what it marks ({name}) changes the prediction no more than chance would: it beats "
                f"{percentile:.0f} % of {removed.orders} random orders, and {NO_BETTER_THAN:.0f} % is the least."
            )
    if gap is not None and gap > LARGE_GAP:
        yield f"Its scores miss the change of the logit by {gap:.0%}, more than {LARGE_GAP:.0%}."


def _with_care(
    perturbations: dict[str, Faithfulness],
    units: int,
    gap: float | None,
    sensitivity: float | None,
    in_domain: bool | None,
) -> Iterator[str]:
    if units < FEWEST_UNITS:
        yield f"With {units} part{'s' * (units != 1)} there are too few orders to tell a good one from chance."
    for name, removed in perturbations.items():
        for what, measure in (
            ("what it marks goes", removed.comprehensiveness),
            ("only what it marks stays", removed.sufficiency),
        ):
            if measure.percentile < BETTER_THAN:
                yield (
                    f"When {what} ({name}), it beats {measure.percentile:.0f} % of {removed.orders} random orders; "
                    f"{BETTER_THAN:.0f} % would be convincing."
                )
    if gap is not None and gap > GAP:
        yield f"Its scores miss the change of the logit by {gap:.1%}, more than {GAP:.0%}."
    if sensitivity is not None and sensitivity > SENSITIVITY:
        yield f"A move of the input by 2 % changes its scores by {sensitivity:.0%} of their size."
    if in_domain is False:
        yield "The input is not like what the model was trained on: even a true picture of its answer may mean nothing."
