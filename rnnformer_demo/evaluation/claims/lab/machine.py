"""Runs a claim, and says what it was measured with."""

import os
import time
from datetime import UTC, datetime

from .files import rounded
from .journal import spared
from .registry import Claim
from .result import Provenance, Report, Result


def run(claim: Claim, size: str, report: Report) -> Result:
    """Measure a claim and apply its rule to the numbers.

    Args:
        size: "quick" or "full".
        report: takes the share that is done, 0-1; what it raises ends the measurement.
    """
    from .timing import threads  # torch comes with the measurements

    started = time.perf_counter()
    with threads(1):  # a claim that compares numbers of threads sets its own
        measured = rounded(claim.measure(claim.sizes(size), report))
        about = _provenance(claim, size, time.perf_counter() - started + spared())
    return Result(claim.name, size, measured, claim.rule(measured.quantities), about)


def _provenance(claim: Claim, size: str, seconds: float) -> Provenance:
    import torch

    from ....nn.devices import machine

    return Provenance(
        machine=machine(),
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        seconds=round(seconds, 1),
        load=round(os.getloadavg()[0] / (os.cpu_count() or 1), 1),
        torch=torch.__version__,
        command=f"python -m rnnformer_demo claims {claim.name} --{size}",
    )
