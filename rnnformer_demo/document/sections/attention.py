"""The sections `attention` and `jacobian`: what the attention weights, and through the recurrence."""

from dataclasses import dataclass

from ..arrays import Array


@dataclass(frozen=True)
class Attention:
    """Attention weights of every layer and head, and of the pooling.

    Attributes:
        layers: by name, (H, T, T): rows are queries, columns keys; each row sums to 1.
        pooling: (T,) weight of each token in the decision; sums to 1.
        pooled_rollout: (T,) attention rollout read by the pooling (Abnar & Zuidema 2020); sums to 1.
        conicity: mean cosine of the states under the attention with their mean, -1 to 1.
        warning: where conicity is high, what that means for the reader; else None.
    """

    layers: dict[str, Array]
    pooling: Array
    pooled_rollout: Array
    conicity: float
    warning: str | None = None


@dataclass(frozen=True)
class Jacobian:
    """How much each attended state depends on each token, through the recurrence.

    Attributes:
        norms: (T, T) Frobenius norms |d x_t / d e_s|: row t is the state, column s the token. Estimated.
        seed: of the random probes.
        relative_error: standard error of a norm as a share of it; None in documents that were made before it was known.
    """

    norms: Array
    seed: int
    relative_error: float | None = None
