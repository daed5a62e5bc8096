"""Tables of the search and the ablations, in Markdown for the README files. Read without torch."""

import json
import statistics
from pathlib import Path
from typing import Any

from .figures import percent
from .markdown import table

RESULTS = Path(__file__).resolve().parents[2] / "training" / "results"
SEARCH = RESULTS / "search.json"
ABLATIONS, IMAGE_ABLATIONS = RESULTS / "ablations.json", RESULTS / "ablations-image.json"
DISTILLATION = RESULTS / "distillation-zh.json"
_NONE = "Nothing has been ablated yet."
_SEARCHED = (
    *("units", "recurrent blocks", "attention layers", "dropout", "learning rate", "epochs"),
    "held out, %",
)


def readme_parts() -> dict[str, str]:
    """Return the parts of README files that are made from the studies, by the marker before which they stand."""
    return {
        "search": search_table(),
        "ablations": ablations_tables(),
        "image-ablations": image_ablations_table(),
        "distillation-zh": distillation_table(),
    }


def search_table(path: Path = SEARCH) -> str:
    """Return the data of the search, and a row for each trial, the best first."""
    if not path.exists():
        return "Nothing has been searched yet."
    about = json.loads(path.read_text(encoding="utf-8"))
    caption = f"On {about['data']}, {about['held_out']} texts held out, {about['recipe']['epochs']} epochs:"
    rows = [
        (
            *(row["units"], row["recurrent_layers"], row["attention_layers"], f"{row['dropout']:.1f}"),
            f"{row['learning_rate']:.1e}",
            f"{row['epochs']}, stopped" if row["stopped"] else row["epochs"],
            percent(row["held_out"]),
        )
        for row in sorted(about["trials"], key=lambda row: -row["held_out"])
    ]
    return f"{caption}\n\n{table(_SEARCHED, rows, 'rrrrrrr')}"


def ablations_tables(path: Path = ABLATIONS) -> str:
    """Return accuracies with their intervals over the seeds, then accuracies by length, in per cent."""
    groups = by_condition(path)
    if not groups:
        return _NONE
    header = ("model", "weights without embedding", "seeds", "held out", "test", "test, words shuffled")
    return f"{_accuracies(groups, header, ('held_out', 'accuracy', 'shuffled'))}\n\n{_length_table(groups)}"


def image_ablations_table(path: Path = IMAGE_ABLATIONS) -> str:
    """Return accuracies with their intervals over the seeds, in per cent."""
    groups = by_condition(path)
    header = ("model", "weights of the core", "seeds", "held out", "test", "test, mean of the classes")
    return _accuracies(groups, header, ("held_out", "accuracy", "mean_class_accuracy")) if groups else _NONE


def distillation_table(path: Path = DISTILLATION) -> str:
    """Return accuracies by what a model learned from, and those of its teachers on the held-out part, in per cent."""
    about = json.loads(path.read_text(encoding="utf-8"))
    parts = ("held_out", "dev", "test")
    rows = [
        (row["condition"], row["seeds"], *(f"{mean:.1f} ± {half:.1f}" for mean, half in (row[part] for part in parts)))
        for row in about["rows"]
    ]
    rows += [
        (f"teacher: {name}", len(values), ", ".join(map(str, values)), "", "")
        for name, values in about["teachers"].items()
    ]
    return table(("learned from", "models", "held out", "dev set", "test set"), rows, "lrrrr")


def mean_with_interval(values: list[float]) -> str:
    """Return the mean of shares over seeds and the half-width of its 95 % interval (Student's t), in per cent:
    "85.0 ± 2.5"; the mean alone of one."""
    from scipy.stats import t  # here alone: whoever reads no study needs no scipy

    mean = percent(statistics.mean(values))
    if len(values) < 2:
        return mean
    half = t.ppf(0.975, len(values) - 1) * statistics.stdev(values) / len(values) ** 0.5
    return f"{mean} ± {percent(half)}"


def by_condition(path: Path) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of a table by their condition; none where there is no table."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in json.loads(path.read_text(encoding="utf-8")) if path.exists() else ():
        groups.setdefault(row["condition"], []).append(row)
    return groups


def _accuracies(groups: dict[str, list[dict[str, Any]]], header: tuple[str, ...], figures: tuple[str, ...]) -> str:
    """Return a row for each condition: weights of its core, seeds, and figures with their intervals."""
    rows = [
        (
            name,
            f"{group[0]['core']:,}",
            len(group),
            *(mean_with_interval([row[key] for row in group]) for key in figures),
        )
        for name, group in groups.items()
    ]
    return table(header, rows, "lrrrrr")


def _length_table(groups: dict[str, list[dict[str, Any]]]) -> str:
    lengths = {length: part["n"] for group in groups.values() for length, part in group[0]["by_length"].items()}
    rows = [
        (name, *(percent(statistics.mean(row["by_length"][length]["accuracy"] for row in group)) for length in lengths))
        for name, group in groups.items()
    ]
    header = ("tokens (texts)", *(f"{length} ({n:,})" for length, n in lengths.items()))
    return table(header, rows, "l" + "r" * len(lengths))
