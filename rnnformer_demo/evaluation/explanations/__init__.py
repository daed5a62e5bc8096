"""Benchmarks of explanations where the truth is known: `python -m rnnformer_demo evaluate-explanations`.

Words that people marked, sentiments of phrases, outlines of animals, evidence that was planted, and models whose
weights were drawn anew. Importing this imports no torch: whoever wants to cite the figures reads them from `results/`.
"""

from __future__ import annotations

from typing import Any

from ..reporting.explanation_tables import markdown
from .store import RESULTS, citation, load_results, write

__all__ = ["RESULTS", "citation", "evaluate_explanations", "load_results", "markdown", "readme_parts", "write"]


def evaluate_explanations(*arguments: Any, **options: Any) -> dict[str, Any]:
    """Call `run.evaluate_explanations`, which imports torch."""
    from . import run

    return run.evaluate_explanations(*arguments, **options)


def readme_parts() -> dict[str, str]:
    """Return the part of a README file that the results make, by the marker before which it stands."""
    return {"explanations": markdown(load_results())}
