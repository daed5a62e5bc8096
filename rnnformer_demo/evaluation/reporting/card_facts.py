"""Facts of a model for the page of models, as JSON takes them: from its card and its record."""

import statistics
from pathlib import Path
from typing import Any

from ...checkpoints.cards import names, read_card, weights_digest
from ..intervals import holm, wilson_interval
from ..records import read_pairs, read_tests
from .figures import HELD_OUT, accuracies_over_seeds, title_of
from .sources import Source, data_sets, pretrained, training_files

_MOST_CLASSES = 12  # of which a page shows a whole confusion matrix
_MOST_CONFUSIONS = 12
_FIGURES = (
    "n",
    "accuracy",
    "interval",
    "ece",
    "ece_by_chance",
    "ece_before_scaling",
)
_DATA = (
    "rows",
    "trained_on",
    "held_out",
    "rejected_rows",
    "left_out_rows",
    "left_out_classes",
    "unlabelled",
    "teacher",
)
_TRAINING = ("minutes", "machine")


def facts(name: str, folder: Path | None = None) -> dict[str, Any]:
    """Return a model's tests with reliability, confusions and paired comparisons, its data and training.

    Reliability and pairs are left out where they were measured of other weights.

    Raises:
        InputError: see `read_card`.
    """
    card = read_card(name, folder)
    digest = weights_digest(name, folder)
    measured = _corrected(name, read_tests(name, digest), folder)
    training = card.get("training", {})
    return {
        "name": name,
        "baseline_of": card.get("baseline_of"),
        "sha256": digest,
        "tests": [_test(card, test, measured.get(test, {})) for test in card["metrics"]],
        "data": {key: card["data"][key] for key in _DATA if card["data"].get(key)},
        "data_sets": [_source(source) for source in data_sets(training_files(card) if "file" in card["data"] else ())],
        "pretrained": [_source(source) for source in pretrained(card)],
        "teacher": card.get("teacher", {}).get("name"),
        "training": {key: training[key] for key in _TRAINING if key in training},
        "ood": {key: card["ood"][key] for key in ("signal", "recall", "n")} if "ood" in card else None,
    }


def _corrected(name: str, tests: dict[str, dict], folder: Path | None) -> dict[str, dict]:
    """Return what was measured with `p_holm` in each comparison: corrected for all models that were compared with the
    same one on the same test."""
    compared = {test: figures for test, figures in tests.items() if "paired" in figures}
    others = read_pairs(names(folder)) if compared else {}
    corrected = dict(tests)
    for test, figures in compared.items():
        p_values = others[test, figures["paired"]["with"]]
        corrected[test] = figures | {"paired": figures["paired"] | {"p_holm": holm(p_values)[name]}}
    return corrected


def _test(card: dict[str, Any], test: str, measured: dict[str, Any]) -> dict[str, Any]:
    figures, labels = card["metrics"][test], card["config"]["labels"]
    over_seeds = accuracies_over_seeds(card, test)
    about = {"name": test, "title": title_of(test), "chosen_on": test == HELD_OUT}
    about |= {key: figures[key] for key in _FIGURES if key in figures}
    if len(over_seeds) > 1:
        mean, spread = statistics.mean(over_seeds), statistics.stdev(over_seeds)
        about["seeds"] = {"count": len(over_seeds), "mean": mean, "sd": spread}
    if "confusion" in figures and len(labels) <= _MOST_CLASSES:
        about |= {"labels": labels, "confusion": figures["confusion"]}
    else:
        about["confusions"] = _largest_confusions(figures, labels)
    if "reliability" in measured:
        about["reliability"] = _bins(measured["reliability"])
    about |= {key: measured[key] for key in ("paired", "ablations") if key in measured}
    return about


def _largest_confusions(figures: dict[str, Any], labels: list[str]) -> list[dict[str, Any]]:
    """Return the classes that are most often mistaken for another one, with their number of inputs."""
    entries = figures.get("confusion_entries") or [
        (true, answer, count)
        for true, row in enumerate(figures.get("confusion", ()))
        for answer, count in enumerate(row)
        if count
    ]
    totals: dict[int, int] = {}
    for true, _, count in entries:
        totals[true] = totals.get(true, 0) + count
    wrong = sorted((entry for entry in entries if entry[0] != entry[1]), key=lambda entry: (-entry[2], *entry[:2]))
    return [
        {"true": labels[true], "answer": labels[answer], "count": count, "of": totals[true]}
        for true, answer, count in wrong[:_MOST_CONFUSIONS]
    ]


def _bins(reliability: dict[str, list]) -> list[dict[str, Any]]:
    """Return the bins that hold an input, each with the 95 % interval of its accuracy."""
    rows = zip(reliability["counts"], reliability["confidence"], reliability["accuracy"], strict=True)
    return [
        {
            "count": count,
            "confidence": confidence,
            "accuracy": accuracy,
            "interval": [round(end, 4) for end in wilson_interval(round(accuracy * count), count)],
        }
        for count, confidence, accuracy in rows
        if count
    ]


def _source(source: Source) -> dict[str, str]:
    return {"title": source.title, "citation": source.citation, "licence": source.licence}
