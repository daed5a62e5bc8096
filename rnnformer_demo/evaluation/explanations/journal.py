"""Journals of measurements: a run that was cut off goes on from what stands there, and measures nothing twice."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ...data import InputError
from .scoring import Part


class Entry(NamedTuple):
    """What a method did on an input: its parts of each measure, the seconds that it took, and those of scoring it."""

    parts: dict[str, Part | None]
    seconds: float
    scoring: float


class Journal:
    """The entries of one measurement, each a line of a file as soon as it is there.

    Inputs are drawn in the same order whatever the limit, so that a longer run goes on from a shorter one.

    Args:
        folder: of the journals; None keeps nothing.
        setting: what the measurement depends on beside the input and the method, such as the digest of the weights: of
            another setting nothing is read. What is written must be told by it: after a change of the code that
            measures, begin with an empty folder.

    Raises:
        InputError: for a folder that cannot be written to.
    """

    def __init__(self, folder: Path | None, **setting: Any) -> None:
        self._entries: dict[tuple[str, int], Entry] = {}
        self._whole: dict[str, Any] = {}
        self._path = None if folder is None else folder / f"{_name(setting)}.jsonl"
        if self._path is not None:
            self._open(self._path)

    def _open(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a+b") as file:
                file.seek(0)
                lines = file.read()
                whole = lines[: lines.rfind(b"\n") + 1]
                file.truncate(len(whole))  # of a line that was cut off nothing is left
        except OSError as error:
            raise InputError(f"{path} cannot be written: {error.strerror}.") from error
        for line in whole.splitlines():
            self._read(json.loads(line))

    def _read(self, line: dict[str, Any]) -> None:
        if "whole" in line:
            self._whole[line["whole"]] = line["value"]
            return
        parts = {name: None if part is None else (part[0], part[1]) for name, part in line["parts"].items()}
        self._entries[line["method"], line["number"]] = Entry(parts, line["seconds"], line["scoring"])

    def entry(self, method: str, number: int, measure: Callable[[], Entry]) -> Entry:
        """Return the entry of a method on an input by its number, measured where it does not stand there yet."""
        if (method, number) not in self._entries:
            entry = self._entries[method, number] = measure()
            self._write({"method": method, "number": number, **entry._asdict()})
        return self._entries[method, number]

    def whole(self, name: str, measure: Callable[[], Any]) -> Any:
        """Return what was measured as a whole, of values that JSON holds, likewise."""
        if name not in self._whole:
            self._whole[name] = measure()
            self._write({"whole": name, "value": self._whole[name]})
        return self._whole[name]

    def of(self, method: str) -> list[Entry]:
        """Return the entries of a method."""
        return [entry for (name, _), entry in self._entries.items() if name == method]

    def _write(self, line: dict[str, Any]) -> None:
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line, ensure_ascii=False) + "\n")


def _name(setting: dict[str, Any]) -> str:
    """Return a file name that tells settings apart: words to read, and a digest of all of it."""
    text = json.dumps(setting, sort_keys=True, ensure_ascii=False)
    words = (str(setting[key]).replace(" ", "-").replace("/", "-") for key in ("model", "kind", "data"))
    return f"{'-'.join(words)}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
