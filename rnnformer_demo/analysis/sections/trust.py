"""The section `trust`: how far the attribution can be trusted, measured on this input."""

from dataclasses import asdict
from typing import Any

from ...document import Document, Faithfulness, RankedScore, Trust
from ...evaluation.explanations import citation
from ...interpret.trust import FaithfulnessScores, assess
from ..context import Context, require


def build_trust(context: Context, document: Document) -> Trust:
    """Measure the document's attribution.

    Raises:
        ValueError: for a document without one.
    """
    attribution, ood = require(document.attribution, "an attribution"), document.prediction.ood
    card = assess(
        context.checkpoint.model,
        context.sample,
        context.explanation(attribution),
        context.probabilities,
        None if ood is None else ood.in_domain,
        document.provenance.seed,
        context.report,
    )
    return Trust(
        method=attribution.method,
        target=attribution.target,
        verdict=card.verdict,
        reasons=card.reasons,
        perturbations={name: _faithfulness(scores) for name, scores in card.perturbations.items()},
        completeness_gap=card.completeness_gap,
        max_sensitivity=card.max_sensitivity,
        infidelity=card.infidelity,
        agreement=card.agreement,
        seed=card.seed,
        seconds=card.seconds,
        benchmark=citation(attribution.method, context.checkpoint.model.modality, document.model.name),
    )


def _faithfulness(scores: FaithfulnessScores) -> Faithfulness:
    values: dict[str, Any] = {
        name: RankedScore(**value) if isinstance(value, dict) else value for name, value in asdict(scores).items()
    }
    return Faithfulness(**values)
