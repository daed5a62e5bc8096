"""Recurrences of a graph: the fused operators forward, and the ways back through them.

An operator gives the hidden states alone. As in `interpret/gates.py` all gates follow from them by matrix products; the
cell state of an LSTM and the way back through time take one `Scan` each, for both directions at once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .builder import Graph, Step, Uncovered

# Orders of the gates: PyTorch's LSTM has i f g o, ONNX's i o f c; PyTorch's GRU has r z n, ONNX's z r h.
_GATES = {"lstm": (0, 3, 1, 2), "gru": (1, 0, 2)}
_DIRECTIONS = ("forward_rnn", "backward_rnn")


def recurrence(graph: Graph, kind: str, x: str, lengths: str | None, name: str) -> tuple[str, Step]:
    """Add both directions of a recurrence.

    Args:
        kind: "lstm" or "gru".
        x: (S, L, D), steps first.
        lengths: (L,) int32, the real steps of each sequence; None where all are.
        name: of the module in the checkpoint.

    Returns:
        The hidden states (S, L, 2U), forward units first, and the step that makes them.

    Raises:
        Uncovered: for another kind of cell.
    """
    if kind not in _GATES:
        raise Uncovered(f"there is no operator for the cell {kind}")
    units = graph.shape_of(f"{name}.{_DIRECTIONS[0]}.weight_hh_l0")[1]
    of_inputs, of_states = (_stacked(graph, kind, name, f"weight_{each}_l0") for each in ("ih", "hh"))
    biases = graph.once(
        "Concat", *(_stacked(graph, kind, name, f"bias_{each}_l0") for each in ("ih", "hh")), axis=1
    )  # (2, 2 G U)
    attributes: dict[str, object] = {"direction": "bidirectional", "hidden_size": units}
    if kind == "gru":
        attributes["linear_before_reset"] = 1
    inputs = (x, of_inputs, of_states, biases, *([lengths] if lengths else []))
    states = graph.op(kind.upper(), *inputs, **attributes)  # (S, 2, L, U)
    step = Step(kind.upper(), inputs[:4], (states,), attributes)
    return graph.reshape(graph.transpose(states, 0, 2, 1, 3), [0, 0, 2 * units]), step


def gates_of(graph: Graph, step: Step) -> dict[str, str]:
    """Add the gates of a recurrence without padding: (S, 2, L, U) each, in the order of the steps for both directions.

    They bear the names that `Cell.gates` gives them; the cell states of an LSTM are under "cells".
    """
    if step.kind == "LSTM":
        gates = _lstm_gates(graph, _read(graph, step, 4))
        named = {"input": gates.entering, "forget": gates.kept, "candidate": gates.candidate, "output": gates.leaving}
        named["cells"] = gates.cells
    else:
        update, reset, candidate, _, _ = _gru_gates(graph, _read(graph, step, 3))
        named = {"reset": reset, "update": update, "candidate": candidate}
    return {name: _in_order(graph, values) for name, values in named.items()}


def _stacked(graph: Graph, kind: str, name: str, part: str) -> str:
    """Return a weight of both directions, gates in ONNX's order: (2, G U, ...)."""
    directions = []
    for direction in _DIRECTIONS:
        gates = graph.weight(f"{name}.{direction}.{part}")
        units = graph.shape_of(f"{name}.{direction}.{part}")[0] // len(_GATES[kind])
        order = np.concatenate([np.arange(units) + units * gate for gate in _GATES[kind]])
        rows = graph.once("Gather", gates, graph.whole(order), axis=0)
        directions.append(graph.once("Unsqueeze", rows, graph.whole([0])))
    return graph.once("Concat", *directions, axis=0)


@dataclass(frozen=True)
class _Reading:
    """A recurrence in its order of reading: the backward direction has its last step first.

    Attributes:
        before: (S, 2, L, U) hidden states before each step.
        from_inputs, from_states: for each gate (S, 2, L, U), what inputs and hidden states add to its argument.
        of_inputs, of_states: (2, G U, D) and (2, G U, U).
        zero: (2, L, U) of zeros.
    """

    before: str
    from_inputs: tuple[str, ...]
    from_states: tuple[str, ...]
    of_inputs: str
    of_states: str
    zero: str


def _read(graph: Graph, step: Step, gates: int) -> _Reading:
    x, of_inputs, of_states, biases = step.inputs
    both = graph.unsqueeze(x, 1)  # (S, 1, L, D)
    inputs = graph.concat([both, graph.reversed(both)], 1)
    before = _shifted(graph, _in_order(graph, step.outputs[0]))
    input_bias, state_bias = graph.split(graph.unsqueeze(biases, 1), 2, 2)  # (2, 1, G U)
    from_inputs = graph.add(graph.matmul(inputs, graph.once("Transpose", of_inputs, perm=[0, 2, 1])), input_bias)
    from_states = graph.add(graph.matmul(before, graph.once("Transpose", of_states, perm=[0, 2, 1])), state_bias)
    zero = graph.mul(graph.squeeze(graph.cut(before, 0, 1, 0), 0), graph.constant(0.0))
    return _Reading(
        before,
        graph.split(from_inputs, gates, -1),
        graph.split(from_states, gates, -1),
        of_inputs,
        of_states,
        zero,
    )


def _in_order(graph: Graph, states: str) -> str:
    """Return (S, 2, L, U) with the steps of the backward direction reversed; its own inverse."""
    return graph.concat(
        [graph.cut(states, 0, 1, 1), graph.reversed(graph.cut(states, 1, 2, 1))],
        1,
    )


def _shifted(graph: Graph, states: str) -> str:
    """Return what was there a step before, zeros before the first."""
    return graph.op("Pad", graph.cut(states, 0, -1, 0), graph.whole([1, 0, 0, 0, 0, 0, 0, 0]))


def _scan(
    graph: Graph,
    carried: Sequence[str],
    read: Sequence[str],
    step: Callable[[tuple[str, ...], tuple[str, ...]], tuple[Sequence[str], str]],
    backwards: bool,
) -> str:
    """Go along the first dimension of values, from the last step on where it goes backwards.

    Args:
        carried: values before the first step that is visited.
        read: (S, ...) each.
        step: maps what is carried, and what is read at a step, to what is carried on, and to a result.

    Returns:
        The results (S, ...), in the order of `read`.
    """
    number = graph.number()
    inner_carried = tuple(f"carried {number} {index}" for index in range(len(carried)))
    inner_read = tuple(f"read {number} {index}" for index in range(len(read)))

    def make() -> Sequence[str]:
        new, result = step(inner_carried, inner_read)
        return (*new, result)

    ranks = dict(zip(inner_carried, map(graph.rank, carried), strict=True))
    ranks |= {name: graph.rank(value) - 1 for name, value in zip(inner_read, read, strict=True)}
    body = graph.body(f"step {number}", ranks, make)
    direction = int(backwards)
    outputs = graph.ops(
        "Scan",
        len(carried) + 1,
        *carried,
        *read,
        body=body,
        num_scan_inputs=len(read),
        scan_input_directions=[direction] * len(read),
        scan_output_directions=[direction],
    )
    return outputs[-1]


def _to_inputs(graph: Graph, of_gates: str, weights: str) -> list[str]:
    """Return the gradient of the inputs (S, L, D) from that of the gates' arguments (S, 2, L, G U)."""
    of_inputs = graph.matmul(of_gates, weights)  # (S, 2, L, D)
    ahead, behind = graph.split(of_inputs, 2, 1)
    return [graph.squeeze(graph.add(ahead, graph.reversed(behind)), 1)]


def _less(graph: Graph, x: str) -> str:
    """Return 1 - x."""
    return graph.sub(graph.constant(1.0), x)


def _sigmoid_slope(graph: Graph, gate: str) -> str:
    return graph.mul(gate, _less(graph, gate))


def _tanh_slope(graph: Graph, value: str) -> str:
    return _less(graph, graph.mul(value, value))


@dataclass(frozen=True)
class _LSTMGates:
    """Gates, argument of the candidate, and cell states of an LSTM, (S, 2, L, U) each, in its order of reading."""

    entering: str
    leaving: str
    kept: str
    argument: str
    candidate: str
    cells: str


def _lstm_gates(graph: Graph, reading: _Reading) -> _LSTMGates:
    arguments = [graph.add(a, b) for a, b in zip(reading.from_inputs, reading.from_states, strict=True)]
    entering, leaving, kept = (graph.op("Sigmoid", each) for each in arguments[:3])
    candidate = graph.op("Tanh", arguments[3])

    def step(carried: tuple[str, ...], read: tuple[str, ...]) -> tuple[Sequence[str], str]:
        cell = graph.add(graph.mul(carried[0], read[0]), read[1])
        return [cell], cell

    cells = _scan(graph, [reading.zero], [kept, graph.mul(entering, candidate)], step, backwards=False)
    return _LSTMGates(entering, leaving, kept, arguments[3], candidate, cells)


def lstm_gradient(graph: Graph, step: Step, back: list[str]) -> list[str]:
    """Lead the gradient back through an LSTM."""
    reading = _read(graph, step, 4)
    gates = _lstm_gates(graph, reading)
    shown = graph.op("Tanh", gates.cells)
    to_cell = graph.mul(gates.leaving, _tanh_slope(graph, shown))
    slopes = graph.concat(
        [
            graph.mul(gates.candidate, _sigmoid_slope(graph, gates.entering)),
            graph.mul(shown, _sigmoid_slope(graph, gates.leaving)),
            graph.mul(_shifted(graph, gates.cells), _sigmoid_slope(graph, gates.kept)),
            graph.mul(gates.entering, _tanh_slope(graph, gates.candidate)),
        ],
        -1,
    )

    def body(carried: tuple[str, ...], read: tuple[str, ...]) -> tuple[Sequence[str], str]:
        of_hidden = graph.add(read[0], carried[0])
        of_cell = graph.add(carried[1], graph.mul(of_hidden, read[1]))
        of_gates = graph.mul(graph.concat([of_cell, of_hidden, of_cell, of_cell], -1), read[2])
        return [graph.matmul(of_gates, reading.of_states), graph.mul(of_cell, read[3])], of_gates

    given = [_in_order(graph, back[0]), to_cell, slopes, gates.kept]
    of_gates = _scan(graph, [reading.zero, reading.zero], given, body, backwards=True)
    return _to_inputs(graph, of_gates, reading.of_inputs)


def gru_gradient(graph: Graph, step: Step, back: list[str]) -> list[str]:
    """Lead the gradient back through a GRU."""
    reading = _read(graph, step, 3)
    update, reset, candidate, of_state = _gru_gates(graph, reading)[:4]
    of_update = graph.mul(graph.sub(reading.before, candidate), _sigmoid_slope(graph, update))
    of_candidate = graph.mul(_less(graph, update), _tanh_slope(graph, candidate))
    of_reset = graph.mul(of_candidate, of_state, _sigmoid_slope(graph, reset))
    slopes = graph.concat([of_update, of_reset, of_candidate], -1)
    state_slopes = graph.concat([of_update, of_reset, graph.mul(of_candidate, reset)], -1)

    def body(carried: tuple[str, ...], read: tuple[str, ...]) -> tuple[Sequence[str], str]:
        of_hidden = graph.add(read[0], carried[0])
        of_gates = graph.mul(graph.concat([of_hidden] * 3, -1), read[1])
        return [graph.add(graph.mul(of_hidden, read[2]), graph.matmul(of_gates, reading.of_states))], of_hidden

    of_hidden = _scan(graph, [reading.zero], [_in_order(graph, back[0]), state_slopes, update], body, backwards=True)
    return _to_inputs(graph, graph.mul(graph.concat([of_hidden] * 3, -1), slopes), reading.of_inputs)


def _gru_gates(graph: Graph, reading: _Reading) -> tuple[str, str, str, str, str]:
    """Return update, reset, candidate, the part of the candidate's argument that a state adds, and the argument."""
    update, reset = (
        graph.op("Sigmoid", graph.add(reading.from_inputs[gate], reading.from_states[gate])) for gate in (0, 1)
    )
    argument = graph.add(reading.from_inputs[2], graph.mul(reset, reading.from_states[2]))
    return update, reset, graph.op("Tanh", argument), reading.from_states[2], argument


def lstm_relevance(graph: Graph, step: Step, back: list[str]) -> list[str]:
    """Lead the gradient back through an LSTM whose gates, and ratios tanh(a) / a, are constants (LRP-all)."""
    reading = _read(graph, step, 4)
    gates = _lstm_gates(graph, reading)
    written = graph.mul(gates.entering, _ratio(graph, gates.argument))
    shown = graph.mul(gates.leaving, _ratio(graph, gates.cells))
    of_memory = _memory_gradient(graph, reading, 4, back[0], gates.kept, written, shown)
    return _to_inputs(graph, graph.mul(written, of_memory), _of_candidate(graph, reading.of_inputs, 4))


def gru_relevance(graph: Graph, step: Step, back: list[str]) -> list[str]:
    """Lead the gradient back through a GRU whose gates, and ratios tanh(a) / a, are constants (LRP-all)."""
    reading = _read(graph, step, 3)
    update, reset, _, _, argument = _gru_gates(graph, reading)
    written = graph.mul(_less(graph, update), _ratio(graph, argument))
    of_memory = _memory_gradient(graph, reading, 3, back[0], update, graph.mul(reset, written), None)
    return _to_inputs(graph, graph.mul(written, of_memory), _of_candidate(graph, reading.of_inputs, 3))


def _of_candidate(graph: Graph, weights: str, gates: int) -> str:
    """Return the rows of weights (2, G U, ...) that make the candidate, which comes last."""
    return graph.split(weights, gates, 1)[-1]


def _memory_gradient(
    graph: Graph, reading: _Reading, gates: int, back: str, kept: str, passed: str, shown: str | None
) -> str:
    """Return the gradient of the memory (S, 2, L, U): dm = shown dh + kept' dm', dh = given + (passed' dm') V."""
    weights = _of_candidate(graph, reading.of_states, gates)

    def body(carried: tuple[str, ...], read: tuple[str, ...]) -> tuple[Sequence[str], str]:
        of_hidden = graph.add(read[0], carried[0])
        of_memory = graph.add(graph.mul(of_hidden, read[3]) if shown else of_hidden, carried[1])
        through = graph.matmul(graph.mul(read[2], of_memory), weights)
        return [through, graph.mul(read[1], of_memory)], of_memory

    given = [_in_order(graph, back), kept, passed, *([shown] if shown else [])]
    return _scan(graph, [reading.zero, reading.zero], given, body, backwards=True)


def _ratio(graph: Graph, x: str) -> str:
    """Return tanh(x) / x, see `nn/secant.py`."""
    smallest = graph.constant(1e-6)
    away = graph.op("Where", graph.op("Less", graph.op("Abs", x), smallest), smallest, x)
    return graph.op("Div", graph.op("Tanh", away), away)
