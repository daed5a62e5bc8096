"""How good the explanations are where the truth is known: `python -m rnnformer_demo evaluate-explanations`.

Words that people marked, sentiments of phrases, outlines of animals, evidence that was planted, and models whose
weights were drawn anew. Importing this imports no torch: whoever wants to cite the figures reads them from `results/`.
"""

from __future__ import annotations

from typing import Any

from ..reporting.explanation_tables import markdown
from .store import RESULTS, citation, load_results, write

__all__ = ["RESULTS", "citation", "evaluate", "load_results", "markdown", "readme_parts", "write"]


def evaluate(*arguments: Any, **options: Any) -> dict[str, Any]:
    """See `evaluation.evaluate`, which imports torch."""
    from .run import evaluate as run

    return run(*arguments, **options)


def readme_parts() -> dict[str, str]:
    """The part of a README file that is made from the results, by the marker before which it stands."""
    return {"explanations": markdown(load_results())}
