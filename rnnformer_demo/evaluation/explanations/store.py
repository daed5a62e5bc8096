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

    Methods that were measured before in the same way (same weights, inputs and seed) stay in the file. A result of
    fewer inputs than one of the same weights that is there stands beside it, in a file whose name ends with their
    number.

    Raises:
        InputError: for a folder that cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{_name(result)}.json"
        before = _read(path)
        if before and before["model_sha256"] == result["model_sha256"] and before["n"] > result["n"]:
            path = folder / f"{_name(result)}-{result['n']}.json"
            before = _read(path)
        if before and _setting(before) == _setting(result):
            result = _joined(before, result)
        write_aside(path, json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}.") from error
    return path


def _name(result: dict[str, Any]) -> str:
    if result["model_sha256"] is None:  # of planted models, whose name says it all
        return result["kind"].replace("planted", result["model"])
    return f"{result['model']}-{result['kind']}-{result['data'].replace(' ', '-')}"


def _read(path: Path) -> dict[str, Any] | None:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _joined(before: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """Return a result with the methods of an earlier one of the same setting, and the machines of both."""
    methods = before["methods"] | result["methods"]
    left_out = before["left_out"] | result["left_out"]
    left_out = {name: reason for name, reason in left_out.items() if name not in methods}
    machines = dict.fromkeys(each["machine"] for each in (before, result) if "machine" in each)
    return result | {"methods": methods, "left_out": left_out, "machine": "; ".join(machines)}


def _setting(result: dict[str, Any]) -> dict[str, Any]:
    """Return the setting of a measurement: every entry but those that depend on the choice of methods, or on when and
    where they were timed.

    Methods of two results can stand side by side where their settings are the same.
    """
    return {key: value for key, value in result.items() if key not in ("methods", "left_out", "references", "machine")}


def load_results(folder: Path = RESULTS) -> list[dict[str, Any]]:
    """Return all results, by kind, then by model, hybrids (whose names are shorter) before their baselines; of the same
    data that of most inputs first."""
    results = [json.loads(path.read_text(encoding="utf-8")) for path in folder.glob("*.json")]
    return sorted(results, key=_place)


def _place(result: dict[str, Any]) -> tuple:
    return result["kind"], len(result["model"]), result["model"], result["data"], -result["n"]


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
