"""Batches on Ray: two workers, one of them killed, and the same answer as on one machine."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from rnnformer_demo.batch import job as jobs
from rnnformer_demo.batch import on_ray
from rnnformer_demo.batch.job import Job, run_batch

pytest.importorskip("ray.data", reason="Ray is an extra: pip install -r rnnformer_demo/batch/requirements-ray.txt")


def killed_once(mark: Path) -> type[on_ray.ScorerActor]:
    """An actor that is killed as it scores its third chunk: the first that gets so far, and no other."""

    class Killed(on_ray.ScorerActor):
        calls = 0

        def __call__(self, batch: dict[str, Any]) -> dict[str, list]:
            self.calls += 1
            if self.calls == 3 and not mark.exists():
                mark.write_text(str(batch["number"][0]))
                os.kill(os.getpid(), signal.SIGKILL)
            return super().__call__(batch)

    return Killed


@pytest.mark.timeout(1200)  # Ray starts its processes slowly where the machine is busy
def test_a_killed_worker_changes_nothing(saved, tmp_path, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(saved))
    monkeypatch.setitem(jobs.ROWS_PER_CHUNK, "text", 24)
    data, mark = tmp_path / "rows.csv", tmp_path / "killed"
    data.write_text("text\n" + "".join(f"a good film {'and a bad plot ' * (n % 9)}\n" for n in range(600)))
    run_batch(Job("text", data, tmp_path / "local.csv"))
    monkeypatch.setattr(on_ray, "ScorerActor", killed_once(mark))
    figures = run_batch(Job("text", data, tmp_path / "ray.csv", runner="ray", workers=2))
    assert mark.exists()
    assert figures["scored_now"] == figures["rows"] == 600
    assert (tmp_path / "ray.csv").read_bytes() == (tmp_path / "local.csv").read_bytes()
