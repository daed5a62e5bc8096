"""What a model card says of an out-of-distribution detector: its tests, its rivals, and what a flag is worth."""

from collections.abc import Iterator
from typing import Any

from .figures import area, percent
from .markdown import table


def detector_text(ood: dict[str, Any]) -> Iterator[str]:
    """Yield lines of Markdown about a detector, from its entry in a card."""
    yield ""
    passed = f"{percent(ood['recall'])} % of {ood['n']:,} held-out inputs lie below the threshold"
    yield f"OOD score: {ood['signal']}; {passed}."
    yield ""
    rows = [
        (
            *(other, figures["kind"], area(figures), f"{figures['auroc_of_confidence']:.3f}"),
            *(percent(figures["flagged"]), f"{figures['n_out']:,}"),
        )
        for other, figures in ood["auroc"].items()
    ]
    yield table(("against", "kind", "AUROC", "AUROC of the confidence alone", "flagged, %", "n"), rows, "llrrrr")
    if any(figures.get("touched") for figures in ood["auroc"].values()):
        yield ""
        yield "† Settings of the detector were made with figures of this test in view."
    yield from _flagged_of_its_own(ood)
    yield from _worth_of_a_flag(ood)
    yield from _candidates(ood)


def _flagged_of_its_own(ood: dict[str, Any]) -> Iterator[str]:
    """Yield how many inputs of the model's own kind are flagged, by set and by length."""
    if inside := ood.get("inside"):
        named = any("named" in figures for figures in inside.values())
        rows = [
            (
                name,
                percent(1 - figures["recall"]),
                *([percent(figures.get("named", 0.0))] if named else []),
                f"{figures['n']:,}",
            )
            for name, figures in inside.items()
        ]
        header = ("of its own kind", "flagged, %", *(["named as foreign writing, %"] if named else []), "n")
        yield ""
        yield table(header, rows, "l" + "r" * (len(header) - 1))
    if bins := ood.get("by_length"):
        rows = [(f"{each['from']} or more", percent(each["flagged"]), f"{each['n']:,}") for each in bins]
        yield ""
        yield "The same inputs by their length in tokens, each up to where the next row begins:"
        yield ""
        yield table(("tokens", "flagged, %", "n"), rows, "rrr")


def _worth_of_a_flag(ood: dict[str, Any]) -> Iterator[str]:
    """Yield how often the model is right of inputs from elsewhere, flagged ones and others."""
    if elsewhere := ood.get("elsewhere"):
        rows = [
            (name, *(cell for part in ("flagged", "passed") for cell in _right(figures[part])))
            for name, figures in elsewhere.items()
        ]
        yield ""
        yield table(("from elsewhere", "flagged: right, %", "n", "others: right, %", "n"), rows, "lrrrr")


def _right(counts: dict[str, int]) -> tuple[str, str]:
    return percent(counts["right"] / counts["n"]) if counts["n"] else "", f"{counts['n']:,}"


def _candidates(ood: dict[str, Any]) -> Iterator[str]:
    """Yield what the detector was chosen among, with its AUROC on each set to choose on; the chosen one comes first."""
    if not (selection := ood.get("selection")):
        return
    ordered = sorted(selection, key=lambda name: -min(selection[name].values()))
    others = [*selection[ordered[0]]]
    rows = [(name, *(f"{selection[name][other]:.3f}" for other in others)) for name in ordered]
    yield ""
    yield "It was chosen on inputs that no test holds, as the one whose lowest AUROC is highest:"
    yield ""
    yield table(("detector", *others), rows, "l" + "r" * len(others))
