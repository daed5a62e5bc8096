"""Start-up, latency and memory on this machine: `python -m rnnformer_demo bench`."""

import os
from typing import Any

from .beside_photos import text_beside_photos
from .browser import in_browser, screenshots
from .crowd import crowd, crowd_table
from .distilbert import beside_distilbert
from .fuzz import fuzz, fuzz_table
from .latency import LoadEncoder, beside_minilm, latencies
from .live_claims import live_claims, live_claims_table
from .page import Page, clicks, first_click, first_page
from .passes import passes
from .resnet18 import beside_resnet18
from .table import markdown
from .timing import PHOTO_MODEL, TEXT_MODEL

__all__ = [
    "PHOTO_MODEL",
    "TEXT_MODEL",
    "Page",
    "crowd",
    "crowd_table",
    "fuzz",
    "fuzz_table",
    "live_claims",
    "live_claims_table",
    "markdown",
    "passes",
    "run",
    "screenshots",
]

_READING_SECONDS = 5  # of a visitor who reads the page before the first click


def run(runs: int, load_encoder: LoadEncoder) -> dict[str, Any]:
    """Measure everything and return it by name: seconds (_s), milliseconds (_ms), megabytes (_mb) and ratios.

    Args:
        runs: least number of measurements of each figure.
        load_encoder: see `beside_minilm`.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # as app.py does
    import torch

    figures: dict[str, Any] = {"runs": runs, "threads": torch.get_num_threads(), "processors": os.cpu_count()}
    figures |= first_page()
    figures["first_click_at_once_s"] = first_click(pause=0)
    figures[f"first_click_after_{_READING_SECONDS}_s"] = first_click(pause=_READING_SECONDS)
    figures |= clicks(runs)
    figures |= text_beside_photos(runs)
    figures |= in_browser()
    figures |= latencies(runs)
    figures |= beside_resnet18(runs)
    figures |= beside_distilbert(runs)
    figures |= beside_minilm(runs, load_encoder)
    return figures
