"""The tables that the search and the ablations leave behind, in Markdown for README.md. Read without torch."""

import json
import statistics
from collections.abc import Iterator
from pathlib import Path

RESULTS = Path(__file__).with_name("results")
SEARCH, ABLATIONS = RESULTS / "search.json", RESULTS / "ablations.json"
_T_QUANTILES = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776, 6: 2.571, 7: 2.447, 8: 2.365}  # of Student's t, 97.5 %


def readme_parts(search: Path = SEARCH, ablations: Path = ABLATIONS) -> dict[str, str]:
    """The parts of README.md that are made from the tables, by the marker before which they stand."""
    return {"search": search_table(search), "ablations": ablations_tables(ablations)}


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
    if not path.exists():
        return "Nothing has been ablated yet."
    groups: dict[str, list[dict]] = {}
    for row in json.loads(path.read_text(encoding="utf-8")):
        groups.setdefault(row["condition"], []).append(row)
    lines = [
        "| model | weights without embedding | seeds | held out | test | test, words shuffled |",
        "|---|---|---|---|---|---|",
    ]
    for name, group in groups.items():
        cells = (_interval([row[key] for row in group]) for key in ("held_out", "accuracy", "shuffled"))
        lines.append(f"| {name} | {group[0]['core']:,} | {len(group)} | {' | '.join(cells)} |")
    return "\n".join([*lines, "", *_length_table(groups)])


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
