"""Records of what `evaluate --write` measured of each model: its reliability, how it does beside another model, and how
without parts of its own.

They lie in `results/`, a file a model, and can be made again from its weights and a data set. Imports no torch.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..checkpoints.aside import write_aside
from ..checkpoints.cards import read_card
from ..data import InputError

RESULTS = Path(__file__).with_name("results")
_KEPT = ("n", "accuracy", "ece", "reliability", "paired", "ablations")


def read_record(name: str, folder: Path = RESULTS) -> dict[str, Any]:
    """Return the record of a model: `sha256` of the weights that were measured, and `tests` by name; {} without one."""
    return read_lines(folder / f"{name}.json")


def read_tests(name: str, sha256: str, folder: Path = RESULTS) -> dict[str, dict[str, Any]]:
    """Return what was measured of a model by the names of the tests; {} where that was of other weights."""
    record = read_record(name, folder)
    return record["tests"] if record.get("sha256") == sha256 else {}


def read_pairs(models: Iterable[str], folder: Path = RESULTS) -> dict[tuple[str, str], dict[str, float]]:
    """Return the p-values of the models that were compared with another one on a test, by the test and that other."""
    pairs: dict[tuple[str, str], dict[str, float]] = {}
    for name in models:
        for test, figures in read_record(name, folder).get("tests", {}).items():
            if paired := figures.get("paired"):
                pairs.setdefault((test, paired["with"]), {})[name] = paired["p"]
    return pairs


def write_record(figures: dict[str, Any], sha256: str, folder: Path = RESULTS) -> Path:
    """Add the figures of one test to the record of a model, in the place of earlier ones.

    Args:
        figures: of `classification.evaluate`, or of a model beside it.
        sha256: of the weights; what was measured of others goes.

    Raises:
        InputError: where the model's card knows no test of this name on as many inputs.
    """
    name, test = figures["model"], figures["data"]
    known = read_card(name)["metrics"]
    if known.get(test, {}).get("n") != figures["n"]:
        raise InputError(f"The card of {name} has no test {test!r} of {figures['n']:,} inputs: nothing is written.")
    tests = read_tests(name, sha256, folder)
    kept = {key: figures[key] for key in _KEPT if key in figures}
    kept = {key: tests[test][key] for key in ("paired", "ablations") if key in tests.get(test, {})} | kept
    tests = {each: (tests | {test: kept})[each] for each in known if each == test or each in tests}
    return write_lines(folder / f"{name}.json", {"model": name, "sha256": sha256, "tests": tests}, "tests")


def write_lines(path: Path, values: dict[str, Any], key: str) -> Path:
    """Write an object as JSON, the entries of its last key, a list or an object, a line each; return the path.

    Raises:
        InputError: for a folder that cannot be written to.
    """
    entries, head = values[key], {name: value for name, value in values.items() if name != key}
    named = entries.items() if isinstance(entries, dict) else [(None, each) for each in entries]
    begin, end = "{}" if isinstance(entries, dict) else "[]"
    lines = ",\n".join(f"  {'' if name is None else f'{_json(name)}: '}{_json(each)}" for name, each in named)
    start = "".join(f" {_json(name)}: {_json(value)},\n" for name, value in head.items())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_aside(path, f"{{\n{start} {_json(key)}: {begin}\n{lines}\n {end}\n}}\n")
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror}.") from error
    return path


def read_lines(path: Path) -> dict[str, Any]:
    """Return an object that was written; {} where none was."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
