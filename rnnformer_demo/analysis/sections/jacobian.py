"""The section `jacobian`: how much each attended state depends on each token, through the recurrence."""

from ...document import Document, Jacobian
from ...interpret.jacobian import token_jacobian
from ..context import Context
from . import encoding


def build_jacobian(context: Context, document: Document) -> Jacobian:
    """Return the token Jacobian norms, estimated with random probes, and the estimate's error."""
    jacobian = token_jacobian(
        context.checkpoint.model, context.sample, seed=document.provenance.seed, report=context.report
    )
    return Jacobian(encoding.weights(jacobian.norms), document.provenance.seed, round(jacobian.relative_error, 4))
