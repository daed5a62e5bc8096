"""The tables that the search and the ablations leave behind, in Markdown for the README files. Read without torch."""

import json
import statistics
from collections.abc import Iterator
from pathlib import Path

RESULTS = Path(__file__).resolve().parents[2] / "training" / "results"
SEARCH = RESULTS / "search.json"
ABLATIONS, IMAGE_ABLATIONS = RESULTS / "ablations.json", RESULTS / "ablations-image.json"
_NONE = "Nothing has been ablated yet."
_T_QUANTILES = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365}  # of Student's t, 97.5 %


def readme_parts() -> dict[str, str]:
    """The parts of README files that are made from the tables, by the marker before which they stand."""
    return {
        "search": search_table(),
        "ablations": ablations_tables(),
        "image-ablations": image_ablations_table(),
    }


def search_table(path: Path = SEARCH) -> str:
    """What was searched on, and a row for each trial, the best first."""
    if not path.exists():
        return "Nothing has been searched yet."
    about = json.loads(path.read_text(encoding="utf-8"))
    lines = [
        f"On {about['data']}, {about['held_out']} texts held out, {about['recipe']['epochs']} epochs:",
        "",
        "| units | recurrent blocks | attention layers | dropout | learning rate | epochs | held out, % |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in sorted(about["trials"], key=lambda row: -row["held_out"]):
        epochs = f"{row['epochs']}, stopped" if row["stopped"] else str(row["epochs"])
        lines.append(
            f"| {row['units']} | {row['recurrent_layers']} | {row['attention_layers']} | {row['dropout']:.1f} "
            f"| {row['learning_rate']:.1e} | {epochs} | {100 * row['held_out']:.1f} |"
        )
    return "\n".join(lines)


def ablations_tables(path: Path = ABLATIONS) -> str:
    """Accuracies with their intervals over the seeds, then accuracies by length, in per cent."""
    groups = _by_condition(path)
    if not groups:
        return _NONE
    lines = [
        "| model | weights without embedding | seeds | held out | test | test, words shuffled |",
        "|---|---|---|---|---|---|",
        *_accuracies(groups, ("held_out", "accuracy", "shuffled")),
    ]
    return "\n".join([*lines, "", *_length_table(groups)])


def image_ablations_table(path: Path = IMAGE_ABLATIONS) -> str:
    """Accuracies with their intervals over the seeds, in per cent."""
    groups = _by_condition(path)
    lines = [
        "| model | weights of the core | seeds | held out | test | test, mean of the classes |",
        "|---|---|---|---|---|---|",
        *_accuracies(groups, ("held_out", "accuracy", "mean_class_accuracy")),
    ]
    return "\n".join(lines) if groups else _NONE


def _by_condition(path: Path) -> dict[str, list[dict]]:
    """The rows of a table by what was changed; none where there is no table."""
    groups: dict[str, list[dict]] = {}
    for row in json.loads(path.read_text(encoding="utf-8")) if path.exists() else ():
        groups.setdefault(row["condition"], []).append(row)
    return groups


def _accuracies(groups: dict[str, list[dict]], figures: tuple[str, ...]) -> Iterator[str]:
    """A line for each condition: weights of its core, seeds, and figures with their intervals."""
    for name, group in groups.items():
        cells = (_interval([row[key] for row in group]) for key in figures)
        yield f"| {name} | {group[0]['core']:,} | {len(group)} | {' | '.join(cells)} |"


def _length_table(groups: dict[str, list[dict]]) -> Iterator[str]:
    lengths = {length: part["n"] for group in groups.values() for length, part in group[0]["by_length"].items()}
    yield "| tokens (texts) | " + " | ".join(f"{length} ({n:,})" for length, n in lengths.items()) + " |"
    yield "|---|" + "---|" * len(lengths)
    for name, group in groups.items():
        means = [statistics.mean(row["by_length"][length]["accuracy"] for row in group) for length in lengths]
        yield f"| {name} | " + " | ".join(f"{100 * mean:.1f}" for mean in means) + " |"


def _interval(values: list[float]) -> str:
    """Mean and half-width of the 95 % interval over seeds, in per cent."""
    mean = f"{100 * statistics.mean(values):.1f}"
    if len(values) < 2:
        return mean
    half = _T_QUANTILES[len(values)] * statistics.stdev(values) / len(values) ** 0.5
    return f"{mean} ± {100 * half:.1f}"
