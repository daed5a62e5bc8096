"""A card as text for a terminal."""

from collections.abc import Iterator
from pathlib import Path
from unicodedata import east_asian_width

from ...checkpoints.cards import read_card, size_on_disk
from .figures import accuracy_with_interval, area, calibration, percent, seeds_summary, threshold, title_of
from .training_lines import training_lines

_MOST_CLASSES = 20  # of which a confusion matrix can still be read


def describe(name: str, folder: Path | None = None) -> str:
    """Return a model's task, data, tests, training and limits, a line each.

    Raises:
        InputError: see `read_card`.
    """
    card = read_card(name, folder)
    parts = (
        _about(name, card, size_on_disk(name, folder)),
        _tests(card["metrics"]),
        _beside(card),
        _confusions(card),
        _ood(card),
        _training(name, card, folder),
        _line("Limits", card.get("limits")),
    )
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part)))


def _about(name: str, card: dict, size: int) -> Iterator[str]:
    labels, data = card["config"]["labels"], card["data"]
    yield f"{name}: {card['task']}" if card.get("task") else name
    yield from _line("Baseline of", card.get("baseline_of"))
    yield f"Classes ({len(labels)}): {', '.join(labels[:_MOST_CLASSES])}{', ...' * (len(labels) > _MOST_CLASSES)}"
    yield f"Data: {data['file']}"
    counts = f"{data['trained_on']:,} trained on, {data['held_out']:,} held out, {data['rejected_rows']:,} rejected"
    yield f"Rows ({data['rows']:,}): {counts}"
    if "start" in data:
        yield f"Started from: {data['start']['name']}, trained on {data['start']['file']}"
    if data.get("teacher"):
        yield f"Teacher: {data['teacher']}, on {data['unlabelled']:,} unlabelled texts as well"
    yield f"Size: {card['parameters']:,} parameters, {size / 1e6:.1f} MB"


def _tests(metrics: dict) -> Iterator[str]:
    head = ("test", "n", "accuracy, % (95 % interval)", "macro F1, %", "ECE, %, before -> after scaling")
    rows = [
        (
            title_of(test),
            f"{figures['n']:,}",
            accuracy_with_interval(figures),
            percent(figures["macro_f1"]),
            calibration(figures, "->"),
        )
        for test, figures in metrics.items()
    ]
    yield from _aligned([head, *rows])


def _confusions(card: dict) -> Iterator[str]:
    labels = card["config"]["labels"]
    if len(labels) > _MOST_CLASSES:
        return
    for test, figures in card["metrics"].items():
        yield f"Confusion, {title_of(test)} (a row for each true class, a column for each answer):"
        counts = ([label, *map(str, row)] for label, row in zip(labels, figures["confusion"], strict=True))
        yield from _aligned([["", *map(str, range(1, len(labels) + 1))], *counts])


def _beside(card: dict) -> Iterator[str]:
    for test, beside in card.get("teacher", {}).get("tests", {}).items():
        same = beside["agreement"]
        right = f"; accuracy {beside['ratio']:.3f} of the teacher's on {beside['n']:,}" if "ratio" in beside else ""
        yield f"Beside {card['teacher']['name']}, {title_of(test)}: the same answer for " + (
            f"{percent(same['share'])} % of {same['n']:,}{right}"
        )


def _ood(card: dict) -> Iterator[str]:
    if "ood" not in card:
        return
    ood = card["ood"]
    passed = f"{percent(ood['recall'])} % of {ood['n']:,} held-out inputs lie below it"
    yield f"OOD score: {ood['signal']}, threshold {threshold(ood)}: {passed}"
    for bin in ood.get("by_length", ()):
        yield f"Of its own kind, from {bin['from']} tokens on: {percent(bin['flagged'])} % of {bin['n']:,} flagged"
    for name, measured in ood["auroc"].items():
        counts = f"{measured['n_in']:,} in distribution, {measured['n_out']:,} out"
        yield f"AUROC against {name} ({measured['kind']}): {area(measured)} ({counts})"


def _training(name: str, card: dict, folder: Path | None) -> Iterator[str]:
    if "training" in card:
        training = card["training"]
        yield f"Training: {training['minutes']} minutes on {training.get('machine', 'a machine that it does not name')}"
    if "tuning" in card:
        tuning = card["tuning"]
        yield f"Fine-tuned: the CNN's last {tuning['blocks']} blocks, at {tuning['rate']} of the learning rate"
    yield f"Seeds: {seeds_summary(card)}"
    for command in training_lines(name, card, folder):
        yield f"Command: {command}"


def _line(title: str, text: str | None) -> Iterator[str]:
    if text:
        yield f"{title}: {text}"


def _aligned(rows: list) -> Iterator[str]:
    """Yield rows whose columns are as wide as their widest cell: the first to the left, the others to the right."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    for first, *others in rows:
        cells = [" " * (width - _width(cell)) + cell for cell, width in zip(others, widths[1:], strict=True)]
        yield "  ".join([first + " " * (widths[0] - _width(first)), *cells]).rstrip()


def _width(text: str) -> int:
    """Return the columns that a text takes in a terminal: a Chinese character takes two."""
    return sum(2 if east_asian_width(character) in "WF" else 1 for character in text)
