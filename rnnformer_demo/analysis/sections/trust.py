"""The section `trust`: how far the attribution can be trusted, measured on this input."""

from dataclasses import replace

from ...document import Document, Trust, require
from ...evaluation.explanations import citation
from ...interpret.trust import assess
from ..context import Context


def build_trust(context: Context, document: Document) -> Trust:
    """Measure the document's attribution.

    Raises:
        ValueError: for a document without one.
    """
    attribution, ood = require(document.attribution, "attribution"), document.prediction.ood
    model = context.checkpoint.model
    trust = assess(
        model,
        context.sample,
        context.explanation(attribution),
        context.probabilities,
        None if ood is None else ood.in_domain,
        document.provenance.seed,
        context.report,
    )
    return replace(trust, benchmark=citation(attribution.method, model.modality, document.model.name))
