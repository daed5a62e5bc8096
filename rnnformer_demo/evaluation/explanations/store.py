"""Results in the repository, and sentences that cite them. Read without torch."""

import json
from pathlib import Path
from typing import Any

from ...checkpoints.aside import write_aside
from ...data import InputError
from ..reporting.explanation_tables import format_value

RESULTS = Path(__file__).with_name("results")


def write(result: dict[str, Any], folder: Path = RESULTS) -> Path:
    """Write a result to `<model>-<kind>-<data>.json`, as a whole or not at all.

    Methods that were measured before in the same way (same weights, inputs and seed) stay in the file.

    Raises:
        InputError: for a folder that cannot be written to.
    """
    if result["model_sha256"] is None:  # of planted models, whose name says it all
        path = folder / f"{result['kind'].replace('planted', result['model'])}.json"
    else:
        path = folder / f"{result['model']}-{result['kind']}-{result['data'].replace(' ', '-')}.json"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            before = json.loads(path.read_text(encoding="utf-8"))
            if _setting(before) == _setting(result):
                methods = before["methods"] | result["methods"]
                left_out = before["left_out"] | result["left_out"]
                left_out = {name: reason for name, reason in left_out.items() if name not in methods}
                machines = dict.fromkeys(each["machine"] for each in (before, result) if "machine" in each)
                result = result | {"methods": methods, "left_out": left_out, "machine": "; ".join(machines)}
        write_aside(path, json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
    return path


def _setting(result: dict[str, Any]) -> dict[str, Any]:
    """Return the setting of a measurement: every entry but those that depend on the choice of methods, or on when and
    where they were timed.

    Methods of two results can stand side by side where their settings are the same.
    """
    return {key: value for key, value in result.items() if key not in ("methods", "left_out", "references", "machine")}


def load_results(folder: Path = RESULTS) -> list[dict[str, Any]]:
    """Return all results, by kind, then by model, hybrids (whose names are shorter) before their baselines."""
    results = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    return sorted(results, key=lambda result: (result["kind"], len(result["model"]), result["model"], result["data"]))


def citation(method: str, modality: str, model: str | None = None, folder: Path = RESULTS) -> str:
    """Cite the results of a method in one sentence; "" where there are none.

    Args:
        modality: "text" or "image".
        model: the one whose results are preferred, where there are several of a kind; those of others name their model.
    """
    by_kind: dict[str, dict] = {}
    for result in load_results(folder):
        fits = result["modality"] == modality and method in result["methods"]
        if fits and (result["kind"] not in by_kind or result["model"] == model != by_kind[result["kind"]]["model"]):
            by_kind[result["kind"]] = result
    parts = [part for result in by_kind.values() if (part := _citation(method, result, model))]
    return f"Measured: {'; '.join(parts)}." if parts else ""


def _citation(method: str, result: dict, model: str | None) -> str:
    """Cite the first measure of a result beside the values of the random control and the references."""
    measure, about = next(iter(result["measures"].items()))
    figure = result["methods"][method]["measures"][measure]
    if figure["value"] is None:
        return ""
    others = result["methods"] | result["references"]
    beside = [
        f"{name} {format_value(other['measures'][measure]['value'], about['unit'])}"
        for name, other in others.items()
        if name in ("random", *result["references"]) and name != method
    ]
    among = f"{result['n']} {result['inputs']} of {result['data']}" if result["model_sha256"] else result["data"]
    if result["model_sha256"] and result["model"] != model:
        among = f"{result['model']}, {among}"
    counted = f", n = {figure['n']:,}" if not result["model_sha256"] or figure["n"] != result["n"] else ""
    return (
        f"{about['title']} {format_value(figure['value'], about['unit'])} ({among}{counted}"
        f"{'; ' if beside else ''}{', '.join(beside)})"
    )
