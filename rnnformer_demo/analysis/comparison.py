"""The same input through a hybrid and its rivals: what each says, why, how fast, and how far that can be trusted."""

from dataclasses import dataclass
from typing import Any

from ..checkpoints.cards import by_family, read_card, readable_cards
from ..data import InputError
from ..interpret.attribution import Report
from . import inquiry
from .inquiry import PrefixTrajectory
from .service import DEFAULT_METHOD, Analysis, analyse, predict

_CALLS = 5  # of which the fastest counts: the first pays for loading, and the machine may be busy


@dataclass(frozen=True)
class ModelComparison:
    """What one of the models says.

    Attributes:
        analysis: with its trust card.
        courses: of its beliefs.
        latency_ms: the fastest of a few predictions.
    """

    analysis: Analysis
    courses: tuple[PrefixTrajectory, ...]
    latency_ms: float

    def as_dict(self) -> dict[str, Any]:
        """Prediction, explanation with trust, and beliefs."""
        return {
            "prediction": self.analysis.prediction.as_dict() | {"latency_ms": round(self.latency_ms, 2)},
            "explanation": self.analysis.as_dict(),
            "beliefs": [course.as_dict() for course in self.courses],
        }


def family(model: str) -> tuple[str, ...]:
    """A hybrid and its rivals, the hybrid first; the name of any of them finds all.

    Raises:
        InputError: for a model that is not there.
    """
    hybrid = read_card(model).get("rival_of") or model
    cards = by_family(readable_cards())
    return tuple(name for name, card in cards.items() if hybrid in (name, card.get("rival_of")))


def compare(
    model: str,
    source: Any,
    target: str | None = None,
    method: str = DEFAULT_METHOD,
    seed: int = 0,
    report: Report = lambda share: None,
) -> tuple[ModelComparison, ...]:
    """The same input through every model of a family.

    Args:
        model: any of the family.
        target: class to explain with all of them; by default the one that the hybrid predicts, so that all answer the
            same question.
        report: is called with the share that is done, 0-1.

    Raises:
        InputError: see `analyse`; and for a model that has no rivals.
    """
    names = family(model)
    if len(names) < 2:
        raise InputError(f"{model} has no rivals here to be compared with.")
    sides: list[ModelComparison] = []
    for name in names:
        analysis = analyse(name, source, target, method, seed=seed)
        target = target or analysis.prediction.label
        done = len(sides)
        analysis = inquiry.assess(analysis, seed, lambda share, done=done: report((done + share) / len(names)))
        fastest = min(predict(name, source).latency_ms for _ in range(_CALLS))
        sides.append(ModelComparison(analysis, inquiry.prefix_predictions(analysis), fastest))
    return tuple(sides)
