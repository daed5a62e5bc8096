"""Parts of a batch on disk: each chunk's results appear whole or not at all, so that a killed batch goes on."""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..checkpoints.aside import write_aside
from ..data import InputError
from .rows import Results

_MANIFEST, _PART = "manifest.json", "part-{:09d}.json"


class Parts:
    """The folder of one batch's parts, which one process holds at a time.

    Args:
        folder: is made where it is missing.
        job: what the batch does, in JSON: parts of another job are not mixed in.

    Attributes:
        done: numbers of the chunks whose results lie there.

    Raises:
        InputError: for a folder of another job, or one that another process holds.
    """

    def __init__(self, folder: Path, job: dict[str, Any]) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)
        self._held = (folder / "lock").open("w")
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)  # the system lets go of it with the process
        except BlockingIOError as error:
            raise InputError(f"Another process fills {folder} now: wait for it, or name another --out.") from error
        self._check(job)
        self.done = {int(path.stem.rpartition("-")[2]) for path in folder.glob(_PART.format(0).replace("0" * 9, "*"))}

    def _check(self, job: dict[str, Any]) -> None:
        manifest, wanted = self._folder / _MANIFEST, json.dumps(job, ensure_ascii=False, indent=1, sort_keys=True)
        if not manifest.exists():
            write_aside(manifest, wanted)
        elif (before := manifest.read_text(encoding="utf-8")) != wanted:
            others = json.loads(before)
            changed = sorted(name for name in job.keys() | others.keys() if job.get(name) != others.get(name))
            raise InputError(
                f"{self._folder} holds parts of a batch with another {changed[0]} "
                f"({str(others.get(changed[0]))[:60]}): delete it, or name another --out."
            )

    def write(self, number: int, results: Results) -> None:
        """Keep the results of a chunk."""
        write_aside(self._folder / _PART.format(number), json.dumps(asdict(results), ensure_ascii=False))
        self.done.add(number)

    def __iter__(self) -> Iterator[Results]:
        """Yield the results of all chunks in their order."""
        for number in sorted(self.done):
            yield self.read(number)

    def read(self, number: int) -> Results:
        """Return the results of a chunk that is done."""
        return Results(**json.loads((self._folder / _PART.format(number)).read_text(encoding="utf-8")))

    def remove(self) -> None:
        """Remove the folder; it is first put aside, for half of it would look like a batch to go on with."""
        aside = self._folder.with_name(f"{self._folder.name}.done")
        shutil.rmtree(aside, ignore_errors=True)  # of a process that was killed here
        self._folder.replace(aside)
        shutil.rmtree(aside)

    def close(self) -> None:
        """Let other processes have the folder."""
        self._held.close()
