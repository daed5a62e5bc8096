"""Ways back through the operations of a graph: of gradients, and of relevance propagation.

A rule adds to a graph what leads from the gradients of an operation's outputs to those of its inputs. `GRADIENT` holds
the derivatives. `CP_LRP` and `ATTN_LRP` take the network for linear at its input, as `interpret/relevance/rules.py`
does: gates, standard deviations and the ratios f(z) / z of element-wise functions are constants. By CP-LRP the weights
of attention and pooling are, too; by AttnLRP each factor of a product of two that depend on the input gets half.
"""

import math
from collections.abc import Callable, Mapping, Sequence

from .builder import Graph, Step, Uncovered
from .recurrence import gru_gradient, gru_relevance, lstm_gradient, lstm_relevance
from .wire import ELEMENT_TYPES

Gradients = Sequence[str | None]  # one for each output, or input; None where there is none
Rule = Callable[[Graph, Step, list[str]], Gradients]
Rules = Mapping[str, Rule]

_SMALLEST = 1e-6  # see `nn/secant.py`


def gradients(graph: Graph, output: str, seed: str, rules: Rules) -> dict[str, str]:
    """Add the way back from an output to all that it depends on.

    Args:
        output: the value whose gradient is `seed`.
        seed: of the shape of `output`.

    Returns:
        The gradients by the names of the values; one that is missing is 0.

    Raises:
        Uncovered: for an operation without a rule.
    """
    found: dict[str, str] = {output: seed}
    for step in reversed(list(graph.steps)):
        incoming = [found.get(name) for name in step.outputs]
        if not any(incoming):
            continue
        if step.kind not in rules:
            raise Uncovered(f"no rule leads back through {step.kind}")
        whole = [
            gradient or graph.mul(name, graph.constant(0.0))
            for name, gradient in zip(step.outputs, incoming, strict=True)
            if gradient or step.kind == "Split"
        ]
        for name, gradient in zip(step.inputs, rules[step.kind](graph, step, whole), strict=False):
            if gradient is not None and graph.is_moving(name):
                found[name] = graph.add(found[name], gradient) if name in found else gradient
    return found


def _same(graph: Graph, step: Step, back: list[str]) -> Gradients:
    return back * len(step.inputs)


def _product(graph: Graph, step: Step, back: list[str]) -> Gradients:
    a, b = step.inputs
    return graph.mul(back[0], b), graph.mul(back[0], a)


def _matrix_product(graph: Graph, step: Step, back: list[str]) -> Gradients:
    a, b = step.inputs
    return (
        graph.matmul(back[0], graph.transpose(b)) if graph.is_moving(a) else None,
        graph.matmul(graph.transpose(a), back[0]) if graph.is_moving(b) else None,
    )


def _shared_matrix_product(graph: Graph, step: Step, back: list[str]) -> Gradients:
    parts = _matrix_product(graph, step, back)
    half = graph.constant(0.5)
    return [graph.mul(part, half) for part in parts if part] if all(parts) else parts


def _transpose(graph: Graph, step: Step, back: list[str]) -> Gradients:
    order = step.attributes["perm"]
    assert isinstance(order, list)
    return [graph.transpose(back[0], *sorted(range(len(order)), key=order.__getitem__))]


def _reshape(graph: Graph, step: Step, back: list[str]) -> Gradients:
    as_it_was = graph.op("Reshape", back[0], graph.op("Shape", step.inputs[0]))
    graph.set_rank(as_it_was, graph.rank(step.inputs[0]))
    return [as_it_was]


def _squeeze(graph: Graph, step: Step, back: list[str]) -> Gradients:
    return [graph.unsqueeze(back[0], *graph.axes_of(step.inputs[1]))]


def _unsqueeze(graph: Graph, step: Step, back: list[str]) -> Gradients:
    return [graph.squeeze(back[0], *graph.axes_of(step.inputs[1]))]


def _split(graph: Graph, step: Step, back: list[str]) -> Gradients:
    return [graph.op("Concat", *back, axis=step.attributes["axis"])]


def _concat(graph: Graph, step: Step, back: list[str]) -> Gradients:
    axis = step.attributes["axis"]
    assert isinstance(axis, int)
    return graph.split(back[0], len(step.inputs), axis)


def _softmax(graph: Graph, step: Step, back: list[str]) -> Gradients:
    (weights,) = step.outputs
    passed = graph.mul(weights, back[0])
    return [graph.sub(passed, graph.mul(weights, graph.sum(passed, -1)))]


def _constant_weights(graph: Graph, step: Step, back: list[str]) -> Gradients:
    return [None]


def _layer_norm(graph: Graph, step: Step, back: list[str]) -> Gradients:
    x, weight, _ = step.inputs
    _, mean, inverse_deviation = step.outputs
    normed = graph.mul(graph.sub(x, mean), inverse_deviation)
    scaled = graph.mul(back[0], weight)
    centred = graph.sub(scaled, graph.mean(scaled, -1))
    along = graph.mul(normed, graph.mean(graph.mul(scaled, normed), -1))
    return [graph.mul(inverse_deviation, graph.sub(centred, along))]


def _layer_norm_relevance(graph: Graph, step: Step, back: list[str]) -> Gradients:
    scaled = graph.mul(back[0], graph.mul(step.outputs[2], step.inputs[1]))
    return [graph.sub(scaled, graph.mean(scaled, -1))]


def _gelu(graph: Graph, step: Step, back: list[str]) -> Gradients:
    (x,) = step.inputs
    below = graph.op("Erf", graph.mul(x, graph.constant(math.sqrt(0.5))))
    share = graph.mul(graph.constant(0.5), graph.add(graph.constant(1.0), below))
    density = graph.op("Exp", graph.mul(graph.constant(-0.5), x, x))
    slope = graph.add(share, graph.mul(x, density, graph.constant(1 / math.sqrt(2 * math.pi))))
    return [graph.mul(back[0], slope)]


def _clip(graph: Graph, step: Step, back: list[str]) -> Gradients:
    x, low, high = step.inputs
    inside = graph.op("And", graph.op("Greater", x, low), graph.op("Less", x, high))
    return [graph.mul(back[0], graph.op("Cast", inside, to=ELEMENT_TYPES["float32"]))]


def _secant(graph: Graph, step: Step, back: list[str]) -> Gradients:
    x, *limits = step.inputs
    smallest = graph.constant(_SMALLEST)
    away = graph.op("Where", graph.op("Less", graph.op("Abs", x), smallest), smallest, x)
    return [graph.mul(back[0], graph.op("Div", graph.op(step.kind, away, *limits), away))]


_LINEAR: dict[str, Rule] = {
    "Add": _same,
    "Concat": _concat,
    "Identity": _same,
    "MatMul": _matrix_product,
    "Mul": _product,
    "Reshape": _reshape,
    "Split": _split,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
GRADIENT: Rules = _LINEAR | {
    "Clip": _clip,
    "GRU": gru_gradient,
    "Gelu": _gelu,
    "LSTM": lstm_gradient,
    "LayerNormalization": _layer_norm,
    "Softmax": _softmax,
}
CP_LRP: Rules = _LINEAR | {
    "Clip": _secant,
    "GRU": gru_relevance,
    "Gelu": _secant,
    "LSTM": lstm_relevance,
    "LayerNormalization": _layer_norm_relevance,
    "Softmax": _constant_weights,
}
ATTN_LRP: Rules = {**CP_LRP, "MatMul": _shared_matrix_product, "Softmax": _softmax}
