"""Milliseconds of a pass on this machine, beside the nominal ones by which a request's cost is estimated."""

import time
from collections.abc import Callable
from typing import Any

from .timing import PHOTO_MODEL, TEXT_MODEL, inputs, median

_STEPS, _ROWS, _TURNS = 64, 16, 5


def passes() -> dict[str, Any]:
    """Measure the cost of a token forward and back, and of a photo, in milliseconds of one core."""
    import torch

    from ..analysis.registry import get
    from ..interpret import cost
    from ..nn.hooks import run

    text, photo = get(TEXT_MODEL).model, get(PHOTO_MODEL).model
    tokens = torch.randn(_ROWS, _STEPS, text.core.width_in, generator=torch.Generator().manual_seed(0))
    mask = torch.ones(_ROWS, _STEPS, dtype=torch.bool)

    def back() -> None:
        asked = tokens.clone().requires_grad_()
        text.classify_tokens(asked, mask)[:, 0].sum().backward()

    sample = get(PHOTO_MODEL).reader(str(inputs()[1]))
    forward = _milliseconds(lambda: run(text.classify_tokens, tokens, mask)) / (_ROWS * _STEPS)
    backward = _milliseconds(back) / (_ROWS * _STEPS)
    return {
        "step_ms": round(forward, 4),
        "step_ms_nominal": cost.STEP_MS,
        "backward_ratio": round(backward / forward, 2),
        "backward_ratio_nominal": cost.BACKWARD,
        "photo_ms": round(_milliseconds(lambda: run(photo, sample.inputs, sample.mask)), 2),
        "photo_ms_nominal": cost.PHOTO_MS,
    }


def _milliseconds(work: Callable[[], Any]) -> float:
    """Return the median milliseconds of processor time of a call, after one that does not count."""
    work()
    taken = []
    for _ in range(_TURNS):
        started = time.process_time()
        work()
        taken.append(1000 * (time.process_time() - started))
    return median(taken, 6)
