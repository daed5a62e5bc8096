"""The section `recurrence`: states, gates and memory contributions of every recurrence, step by step."""

import math

from torch import Tensor

from ...document import Array, Contributor, Document, FullestUnit, Recurrence
from ...interpret.gates import Gates, median_half_life, memory_contributions, saturation, top_contributors
from ..context import Context
from . import encoding

_CONTRIBUTORS = 3
_MOST_TOKENS = 256  # of more, candidates are left out, or a document of 400 tokens would take more than 3 MB


def build_recurrence(context: Context, document: Document) -> tuple[Recurrence, ...]:
    """Return every recurrence, from the input to the output; none for a model without any."""
    trace = context.trace
    return tuple(_recurrence(name, states, trace.gates[name]) for name, states in trace.states.items())


def _recurrence(name: str, states: Tensor, gates: Gates) -> Recurrence:
    contributions = memory_contributions(gates)
    short = len(states) <= _MOST_TOKENS
    forward, backward = (value if math.isfinite(value) else None for value in median_half_life(gates).tolist())
    return Recurrence(
        name=name,
        cell=gates.kind,
        hidden=encoding.bounded(states),
        cells=None if gates.cells is None else encoding.unbounded(gates.cells),
        gates={
            gate: encoding.bounded(values) if gate == "candidate" else encoding.gate(values)
            for gate, values in gates.gates.items()
            if short or gate != "candidate"
        },
        contributions=Array.symmetric(contributions),
        half_life=(forward, backward),
        saturation=saturation(gates),
        fullest=(_fullest(gates, contributions, 0), _fullest(gates, contributions, 1)),
        gate_error=gates.error,
        left_out=() if short else (f"Candidates are left out: there are more than {_MOST_TOKENS} tokens.",),
    )


def _fullest(gates: Gates, contributions: Tensor, direction: int) -> FullestUnit:
    """Return the unit that holds most in the end; contributions (T, 2, U)."""
    unit = int(contributions[:, direction].sum(0).abs().argmax())
    steps = top_contributors(gates, direction, unit, _CONTRIBUTORS)
    return FullestUnit(unit, tuple(Contributor(step, share) for step, share in steps))
