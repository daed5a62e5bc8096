"""Tables of the models for README files, in Markdown, from the cards. Shares stand in per cent."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...checkpoints.cards import in_families, size_on_disk
from .figures import HELD_OUT, accuracy_with_interval, area, calibration, over_seeds, percent, threshold, title_of
from .markdown import table
from .training_lines import training_lines

_ALL_TESTS = "all tests"
NO_OOD = "No card has an out-of-distribution detector yet."
NO_TEACHERS = "No model here was distilled from another network of photos."
NO_LIMITS = "No card names limits of its own model yet."
_TEST_COLUMNS = (
    *("tested on", "n", "accuracy, % (95 % interval)", "mean ± sd over seeds", "macro F1, %"),
    "ECE, %, before → after scaling",
)


def task_table(folder: Path | None = None) -> str:
    """Return a row for each hybrid: its task and its training data; its baselines have the same."""
    rows = []
    for name, card in _hybrids(folder):
        stages = [*([card["data"]["start"]] if "start" in card["data"] else []), card["data"]]
        files = ", then ".join(data["file"] for data in stages)
        counts = ", then ".join(f"{data['trained_on']:,} of {data['rows']:,}" for data in stages)
        task = card.get("task", "").rstrip(".")
        rows.append((f"`{name}`", task, len(card["config"]["labels"]), files, counts))
    return table(("model", "task", "classes", "trained on", "rows"), rows, "llrlr")


def summary_table(folder: Path | None = None) -> str:
    """Return a row for each hybrid: its task, and its accuracy on all tests or, where none joins them, on the first."""
    rows = []
    for name, card in _hybrids(folder):
        tests = [test for test in card["metrics"] if test != HELD_OUT] or [*card["metrics"]]
        test = _ALL_TESTS if _ALL_TESTS in tests else tests[0]
        figures = card["metrics"][test]
        task = card.get("task", "").rstrip(".")
        rows.append((task, f"`{name}`", title_of(test), f"{figures['n']:,}", accuracy_with_interval(figures)))
    return table(("task", "model", "tested on", "n", "accuracy, % (95 % interval)"), rows, "lllrr")


def model_table(folder: Path | None = None) -> str:
    """Return a row for each model and test."""
    rows = []
    for name, card in in_families(folder).items():
        about = (f"`{name}`", f"{card['parameters']:,}", f"{size_on_disk(name, folder) / 1e6:.1f}")
        for row in test_rows(card):
            rows.append((*about, *row))
            about = ("", "", "")  # said once for each model
    return table(("model", "weights", "MB", *_TEST_COLUMNS), rows, "lrrlrrrrr")


def test_table(card: dict[str, Any]) -> str:
    """Return a row for each test of one model."""
    return table(_TEST_COLUMNS, test_rows(card), "lrrrrr")


def test_rows(card: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    """Yield the cells of a card's tests, one row a test."""
    for test, figures in card["metrics"].items():
        yield (
            title_of(test),
            f"{figures['n']:,}",
            accuracy_with_interval(figures),
            over_seeds(card, test),
            percent(figures["macro_f1"]),
            calibration(figures, "→"),
        )


def ood_table(folder: Path | None = None) -> str:
    """Return a row for each model: how well its OOD score tells its own inputs from far and near ones, as AUROC."""
    rows = []
    for name, card in in_families(folder).items():
        if "ood" in card:
            ood = card["ood"]
            passed = f"{threshold(ood)} ({percent(ood['recall'])} % of {ood['n']:,})"
            far, near = (", ".join(_areas(ood, kind)) for kind in ("far", "near"))
            rows.append((f"`{name}`", ood["signal"], passed, _false_alarms(ood), far, near))
    header = (
        *("model", "OOD score", "threshold (held-out inputs below it)", "flagged of its own kind, %, at any length"),
        *("far OOD: AUROC", "near OOD: AUROC"),
    )
    return table(header, rows) if rows else NO_OOD


def _false_alarms(ood: dict[str, Any]) -> str:
    """Return the least and the largest share that is flagged of inputs of the model's own kind, over their lengths;
    where those were not told apart, over the test sets."""
    shares = [each["flagged"] for each in ood.get("by_length", ())]
    shares = shares or [1 - each["recall"] for each in ood.get("inside", {}).values()]
    return f"{percent(min(shares))} to {percent(max(shares))}" if shares else ""


def _areas(ood: dict[str, Any], kind: str) -> Iterator[str]:
    for name, measured in ood["auroc"].items():
        if measured["kind"] == kind:
            yield f"{name} {area(measured)}"


def teachers_table(folder: Path | None = None) -> str:
    """Return a row for each test of a distilled model, beside its teacher on the same photos."""
    header = (
        *("model", "teacher", "photos of", "same answer, % (95 % interval)", "n"),
        *("teacher right, %", "n of known class", "model's accuracy / teacher's"),
    )
    rows = [
        (f"`{name}`", card["teacher"]["name"], title_of(test), *_beside_teacher(beside))
        for name, card in in_families(folder).items()
        for test, beside in card.get("teacher", {}).get("tests", {}).items()
    ]
    return table(header, rows, "lllrrrrr") if rows else NO_TEACHERS


def _beside_teacher(beside: dict[str, Any]) -> list[str]:
    same = beside["agreement"]
    low, high = same["interval"]
    cells = [f"{percent(same['share'])} ({percent(low)} to {percent(high)})", f"{same['n']:,}"]
    if "ratio" not in beside:
        return [*cells, "", "", ""]
    return [*cells, percent(beside["accuracy"]), f"{beside['n']:,}", f"{beside['ratio']:.3f}"]


def limits_list(folder: Path | None = None) -> str:
    """Return the limits of each hybrid; its baselines share them."""
    lines = [f"- `{name}`: {card['limits']}" for name, card in _hybrids(folder) if card.get("limits")]
    return "\n".join(lines) or NO_LIMITS


def training_commands(folder: Path | None = None) -> str:
    """Return the commands that train the models again, those of the stages before each of them included."""
    staged = [training_lines(name, card, folder) for name, card in in_families(folder).items()]
    return "\n".join(dict.fromkeys(command for commands in staged for command in commands))


def _hybrids(folder: Path | None) -> Iterator[tuple[str, dict[str, Any]]]:
    cards = in_families(folder)
    return ((name, card) for name, card in cards.items() if card.get("baseline_of") not in cards)
