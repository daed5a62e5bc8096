"""The registry of claims. Imports no torch."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ....data import InputError
from .result import Measured, Quantity, Report, Verdict

CLAIMS: dict[str, "Claim"] = {}
SIZES = ("quick", "full")


@dataclass(frozen=True)
class Claim:
    """A claim of the article, its measurement and the rule of its verdict.

    Attributes:
        name: id, the name of its file.
        place: its place in the article, from 1 on.
        sentence: what the article says.
        source: the part of the article that says so.
        method: how it is measured, in a sentence.
        quick: sizes of the live measurement, at most 20 seconds on two cores.
        full: sizes of the recorded one.
        measure: function of sizes and a report of progress.
        rule: function from the quantities alone to the verdict, the same for both sizes.
    """

    name: str
    place: int
    sentence: str
    source: str
    method: str
    quick: Any
    full: Any
    measure: Callable[[Any, Report], Measured]
    rule: Callable[[Sequence[Quantity]], Verdict]

    def sizes(self, size: str) -> Any:
        """Return the sizes of that name, one of `SIZES`."""
        if size not in SIZES:
            raise ValueError(f"size must be one of {SIZES}, got {size!r}")
        return self.quick if size == "quick" else self.full


def register(claim: Claim) -> Claim:
    """Register a claim under its name.

    Raises:
        ValueError: for a name or a place that is taken.
    """
    if claim.name in CLAIMS:
        raise ValueError(f"name must be new, got {claim.name!r} twice")
    if any(other.place == claim.place for other in CLAIMS.values()):
        raise ValueError(f"place must be new, got {claim.place} twice")
    CLAIMS[claim.name] = claim
    return claim


def in_order() -> list[Claim]:
    """Return the claims in the article's order."""
    return sorted(CLAIMS.values(), key=lambda claim: claim.place)


def claim_named(name: str) -> Claim:
    """Return a claim.

    Raises:
        InputError: for an unknown name.
    """
    if name not in CLAIMS:
        raise InputError(f"There is no claim {name[:40]!r}. Claims: {', '.join(claim.name for claim in in_order())}.")
    return CLAIMS[name]
