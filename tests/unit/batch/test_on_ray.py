"""Batches on Ray: two workers, one of them killed, and the same answer as on one machine."""

import os
import signal
import time
from pathlib import Path
from threading import Thread

import pytest

from rnnformer_demo.batch import job as jobs
from rnnformer_demo.batch.job import Job, run_batch

pytest.importorskip("ray.data", reason="Ray is an extra: pip install -r rnnformer_demo/batch/requirements-ray.txt")

PATIENCE = 120  # seconds: Ray starts slowly on a busy machine


def scorers() -> list[int]:
    """Process ids of the scorers that this process has started, by way of Ray's own."""
    parents, titles = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            titles[int(folder.name)] = (folder / "cmdline").read_bytes()
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has ended
            continue

    def is_own(pid: int) -> bool:
        return pid == os.getpid() or (pid in parents and is_own(parents[pid]))

    return [pid for pid, title in titles.items() if b"ScorerActor" in title and is_own(pid)]


def test_a_killed_worker_changes_nothing(saved, tmp_path, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(saved))
    monkeypatch.setitem(jobs.ROWS_PER_CHUNK, "text", 24)
    data, killed = tmp_path / "rows.csv", []
    data.write_text("text\n" + "".join(f"a good film {'and a bad plot ' * (n % 9)}\n" for n in range(2400)))
    run_batch(Job("text", data, tmp_path / "local.csv"))

    def kill_one() -> None:
        parts, until = tmp_path / "ray.csv.parts", time.monotonic() + PATIENCE
        while time.monotonic() < until and not killed:
            if any(parts.glob("part-*")) and (pids := scorers()):
                os.kill(pids[0], signal.SIGKILL)
                killed.append(pids[0])

    killer = Thread(target=kill_one)
    killer.start()
    figures = run_batch(Job("text", data, tmp_path / "ray.csv", runner="ray", workers=2))
    killer.join()
    assert killed
    assert figures["scored_now"] == figures["rows"] == 2400
    assert (tmp_path / "ray.csv").read_bytes() == (tmp_path / "local.csv").read_bytes()
