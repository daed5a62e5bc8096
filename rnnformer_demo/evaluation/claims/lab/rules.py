"""Parts that rules of verdicts are made of. Imports no torch."""

from collections.abc import Iterable, Sequence

from .result import FAILS, HOLDS, PARTLY, UNDECIDED, Quantity, Verdict


def is_above(quantity: Quantity, least: float, margin: float = 0.0) -> str:
    """Return if a quantity is above `least`: it holds where its whole interval is, fails where none of the interval is
    above `least + margin`, and is undecided otherwise.

    Args:
        margin: how much above would be too little to matter.
    """
    if quantity.low > least:
        return HOLDS
    return FAILS if quantity.high <= least + margin else UNDECIDED


def is_below(quantity: Quantity, most: float) -> str:
    """Return if a quantity is below `most`: by its whole interval, by nothing of it, or undecided."""
    if quantity.high < most:
        return HOLDS
    return FAILS if quantity.low >= most else UNDECIDED


def together(answers: Iterable[str]) -> str:
    """Return what answers under several conditions say together.

    All hold: holds. Some hold: holds partly. None holds: does not hold where more than half fail, else undecided.
    """
    answers = list(answers)
    if answers and all(answer == HOLDS for answer in answers):
        return HOLDS
    if HOLDS in answers:
        return PARTLY
    return FAILS if 2 * answers.count(FAILS) > len(answers) else UNDECIDED


def all_above(judged: Sequence[Quantity], margin: float, shown: Sequence[Quantity] | None = None) -> Verdict:
    """Return the verdict on quantities that should be above 0, see `is_above`, with a sentence on each.

    Args:
        shown: those that get a sentence, where they are not the ones that are judged.
    """
    answer = together(is_above(each, 0.0, margin) for each in judged)
    return Verdict(answer, tuple(sentence(each, 1) for each in (judged if shown is None else shown)))


def sentence(quantity: Quantity, digits: int = 2) -> str:
    """Return a quantity as words: where it was measured, its value and its interval."""
    where = ", ".join(
        value if isinstance(value, str) else f"{kind} {value:g}"
        for kind, value in quantity.where.items()
        if kind != "against"
    )
    where += f" against {quantity.where['against']}" if "against" in quantity.where else ""
    unit = f" {quantity.unit}" if quantity.unit else ""
    return (
        f"{where}: {quantity.name} {quantity.value:.{digits}f}{unit} "
        f"({quantity.low:.{digits}f} to {quantity.high:.{digits}f})"
    )
