"""Benchmarks of explanations where the truth is known: `python -m rnnformer_demo evaluate-explanations`.

Words that people marked, sentiments of phrases, outlines of animals, evidence that was planted, and models whose
weights were drawn anew. Importing this imports no torch: whoever wants to cite the figures reads them from `results/`.
"""

from __future__ import annotations

from typing import Any

from ..reporting import leaderboard
from ..reporting.explanation_tables import markdown
from .store import RESULTS, citation, load_results, write

__all__ = [
    "RESULTS",
    "citation",
    "evaluate_all",
    "evaluate_explanations",
    "leaderboards",
    "load_results",
    "markdown",
    "outlooks",
    "readme_parts",
    "write",
]


def evaluate_explanations(*arguments: Any, **options: Any) -> dict[str, Any]:
    """Call `run.evaluate_explanations`, which imports torch."""
    from . import run

    return run.evaluate_explanations(*arguments, **options)


def evaluate_all(*arguments: Any, **options: Any) -> dict[str, Any]:
    """Call `plan.evaluate_all`, which imports torch."""
    from . import plan

    return plan.evaluate_all(*arguments, **options)


def outlooks(*arguments: Any, **options: Any) -> tuple[dict[str, Any], str]:
    """Return the steps of `plan.outlooks`, which imports torch, and a table of them."""
    from dataclasses import asdict

    from . import outlook, plan

    steps = [*plan.outlooks(*arguments, **options)]
    return {"steps": [asdict(step) for step in steps]}, outlook.markdown(steps)


def readme_parts() -> dict[str, str]:
    """Return the parts of a README file that the results make, by the markers before which they stand."""
    results = load_results()
    return {"leaderboard": leaderboard.markdown(results), "explanations": markdown(results)}


def leaderboards() -> dict[str, dict]:
    """Return the leaderboard of each modality, see `reporting.leaderboard`."""
    results = load_results()
    return {modality: leaderboard.leaderboard(results, modality) for modality in ("text", "image")}
