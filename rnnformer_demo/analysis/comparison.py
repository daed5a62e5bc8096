"""The same input through a hybrid and its baselines: prediction, attribution with trust, prefixes, latency."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..checkpoints.cards import by_family, readable_cards
from ..data import InputError
from ..data.opening import open_encoded
from ..document import ComparedModel, Document, require
from ..interpret.attribution import Report
from .progress import part_of
from .registry import card_of
from .service import DEFAULT_METHOD, analyse, extend, predict

_CALLS = 5  # of which the fastest counts: the first pays for loading, and the machine may be busy


def family(model: str, folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of a hybrid and its baselines, the hybrid first; any of them finds all.

    Args:
        folder: of the checkpoints.

    Raises:
        InputError: for a model that is not there.
    """
    hybrid = card_of(model, folder).get("baseline_of") or model
    cards = by_family(readable_cards(folder))
    return tuple(name for name, card in cards.items() if hybrid in (name, card.get("baseline_of")))


def compare(document: Document, report: Report = lambda share: None) -> Document:
    """Run the input of a document through every model of a family.

    Args:
        document: analysis by any model of the family. All explain its target by its method, so that they can be
            compared.
        report: is called with the share that is done, 0-1.

    Returns:
        The document with the section `comparison`.

    Raises:
        InputError: for a model that has no baselines, and see `analyse`.
    """
    names = _family_of(document.model.name)
    source = document.input.text if document.input.image is None else open_encoded(document.input.image)
    method = document.attribution.method if document.attribution else DEFAULT_METHOD
    compared = []
    for done, name in enumerate(names):
        part = analyse(name, source, ("attribution", "prefixes"), document.target, method, document.provenance.seed)
        part = extend(part, "trust", part_of(report, done, len(names)))
        fastest = min(predict(name, source).prediction.latency_ms for _ in range(_CALLS))
        prediction = replace(part.prediction, latency_ms=fastest)
        compared.append(
            ComparedModel(
                part.model,
                prediction,
                require(part.attribution, "attribution"),
                require(part.trust, "trust"),
                require(part.prefixes, "prefixes"),
            )
        )
    return replace(document, comparison=tuple(compared))


def compare_input(
    model: str,
    source: Any,
    target: str | None = None,
    method: str = DEFAULT_METHOD,
    seed: int = 0,
    report: Report = lambda share: None,
) -> Document:
    """Analyse an input with the first model of a family and compare all of them.

    Args:
        model: any model of the family; the hybrid explains the class that it predicts where no target is given.

    Raises:
        InputError: see `compare`.
    """
    hybrid = _family_of(model)[0]
    document = analyse(hybrid, source, ("attribution",), target, method, seed)
    return compare(document, report)


def _family_of(model: str) -> tuple[str, ...]:
    names = family(model)
    if len(names) < 2:
        raise InputError(f"{model} has no baselines here to be compared with.")
    return names
