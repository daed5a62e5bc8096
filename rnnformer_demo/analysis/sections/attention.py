"""The section `attention`: weights of all layers, heads and the pooling, and how alike the attended states are."""

from ...document import Array, Attention, Document
from ...interpret.attention_flow import conicity_notice, pooled_rollout
from ...interpret.jacobian import conicity_below_attention
from ..context import Context
from . import encoding


def build_attention(context: Context, document: Document) -> Attention:
    """Return the attention weights of the forward pass."""
    trace = context.trace
    conicity = conicity_below_attention(context.checkpoint.model, context.sample)
    return Attention(
        layers={name: encoding.weights(layer) for name, layer in trace.attention.items()},
        pooling=Array.of(trace.pooling, "float32"),
        pooled_rollout=Array.of(pooled_rollout(trace), "float32"),
        conicity=conicity,
        warning=conicity_notice(conicity),
    )
