"""The section `attribution`: scores of one method for one class."""

from ...document import Attribution, Document
from ...interpret.attribution import METHODS, explain
from ..context import Context

DEFAULT_METHOD = next(iter(METHODS))


def build_attribution(context: Context, document: Document) -> Attribution:
    """Score the units for the class that was asked for, the predicted one by default.

    Raises:
        InputError: for an unknown label, method or option.
    """
    method, target = context.request.get("method") or DEFAULT_METHOD, context.request.get("target")
    options: dict[str, str] = context.request.get("options", {})
    index = context.class_index(document.target if target is None else target)
    explanation = explain(
        context.checkpoint.model, context.sample, index, method, context.report, context.seed, **options
    )
    entry = METHODS[explanation.method]
    return Attribution(
        method=entry.name,
        title=entry.title,
        help=entry.about,
        scale=entry.scale,
        signed=entry.signed,
        target=context.checkpoint.labels[index],
        scores=tuple(explanation.scores.tolist()),
        grid=explanation.grid,
        completeness_gap=explanation.completeness_gap,
        seed=explanation.seed,
        options=dict(options),
        warnings=explanation.warnings,
        bias_relevance=explanation.bias_relevance,
    )
