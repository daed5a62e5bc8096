"""Runs a claim, and says what it was measured with."""

import os
import time
from datetime import UTC, datetime

from .files import rounded
from .registry import Claim
from .result import Provenance, Report, Result


def run(claim: Claim, size: str, report: Report) -> Result:
    """Measure a claim and apply its rule to the numbers.

    Args:
        size: "quick" or "full".
        report: takes the share that is done, 0-1; what it raises ends the measurement.
    """
    started, sizes = time.perf_counter(), claim.sizes(size)
    measured = rounded(claim.measure(sizes, report))
    seconds = time.perf_counter() - started
    return Result(claim.name, size, measured, claim.rule(measured.quantities), _provenance(claim, size, seconds))


def _provenance(claim: Claim, size: str, seconds: float) -> Provenance:
    import torch  # comes with the measurements

    from ....nn.devices import machine

    return Provenance(
        machine=machine(),
        date=datetime.now(UTC).strftime("%Y-%m-%d %H:%M"),
        seconds=round(seconds, 1),
        load=round(os.getloadavg()[0] / (os.cpu_count() or 1), 1),
        torch=torch.__version__,
        command=f"python -m rnnformer_demo claims {claim.name} --{size}",
    )
