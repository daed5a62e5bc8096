"""A graph in the making: operations on named values, and the record of those that depend on its source."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from .wire import ELEMENT_TYPES, Body, Dimension, Node, Stored, Value

SCALE = ".scale"  # ends the name of the scales of a matrix that is stored in 8 bits, see `checkpoints/quantisation.py`


class Uncovered(ValueError):
    """A model that no graph can be written of. Its message says which part."""


@dataclass(frozen=True)
class Step:
    """One operation on values that depend on the source, with what is needed to go back through it.

    Attributes:
        kind: the operation, a key of the rules in `rules`.
        inputs, outputs: names of values.
        attributes: those of the operation, and of a recurrence the names of its weights.
    """

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, object]


class Graph:
    """A graph in the making.

    Args:
        stored: the tensors of the checkpoint by their names.
    """

    def __init__(self, stored: Mapping[str, Stored]) -> None:
        self._stored = stored
        self._nodes: list[Node] = []
        self._constants: dict[str, np.ndarray] = {}
        self._used: dict[str, Stored] = {}
        self._inputs: list[Value] = []
        self._outputs: list[Value] = []
        self._count = 0
        self._ranks: dict[str, int] = {}
        self._moving: set[str] = set()  # values that depend on a source
        self._memo: dict[tuple, str] = {}
        self.steps: list[Step] = []

    def input(self, name: str, shape: tuple[Dimension, ...], dtype: str = "float32", source: bool = False) -> str:
        """Declare an input; a `source` is one that gradients are asked of. Return its name."""
        self._inputs.append(Value(name, dtype, shape))
        self._ranks[name] = len(shape)
        if source:
            self._moving.add(name)
        return name

    def output(self, value: str, name: str) -> str:
        """Show a value under a name. Return the value, which what follows goes on with."""
        self._nodes.append(Node("Identity", (value,), (name,)))
        self._outputs.append(self._value(name, self.rank(value)))
        return value

    def constant(self, value: object, dtype: type = np.float32) -> str:
        """Return a constant; the same one twice is kept once."""
        array: np.ndarray = np.asarray(value, dtype)
        key = (array.dtype.name, array.shape, array.tobytes())
        if key not in self._memo:
            name = self._memo[key] = f"constant {len(self._constants)}"
            self._constants[name] = array
            self._ranks[name] = array.ndim
        return self._memo[key]

    def whole(self, value: object) -> str:
        """Return a constant of 64-bit whole numbers."""
        return self.constant(value, np.int64)

    def rank(self, value: str) -> int:
        """Return the number of dimensions of a value."""
        return self._ranks[value]

    def set_rank(self, value: str, rank: int) -> None:
        """Say the number of dimensions of a value where it does not follow from the operation."""
        self._ranks[value] = rank

    def has_weight(self, name: str) -> bool:
        """Return whether the checkpoint has a tensor of that name."""
        return name in self._stored

    def shape_of(self, name: str) -> tuple[int, ...]:
        """Return the shape of a tensor of the checkpoint."""
        return self._stored[name].shape

    def weight(self, name: str) -> str:
        """Return a tensor of the checkpoint in 32 bits, as it lies there in 32, 16 or 8."""
        stored = self._stored[name]
        raw = self._raw(name)
        if stored.dtype == "float32":
            return raw
        wide = self.once("Cast", raw, to=ELEMENT_TYPES["float32"])
        return self.once("Mul", wide, self.weight(name + SCALE)) if stored.dtype == "int8" else wide

    def rows(self, name: str, indices: str) -> str:
        """Return the rows of a matrix of the checkpoint at indices (...), in 32 bits: (..., width).

        Only those rows are widened.
        """
        stored = self._stored[name]
        rows = self.op("Gather", self._raw(name), indices)
        if stored.dtype == "float32":
            return rows
        rows = self.op("Cast", rows, to=ELEMENT_TYPES["float32"])
        return self.op("Mul", rows, self.rows(name + SCALE, indices)) if stored.dtype == "int8" else rows

    def _raw(self, name: str) -> str:
        self._used[name] = self._stored[name]
        self._ranks[name] = len(self._stored[name].shape)
        return name

    def once(self, kind: str, *inputs: str, **attributes: object) -> str:
        """Return an operation on constants; the same one twice is made once."""
        key = (kind, inputs, tuple(sorted((name, _hashable(value)) for name, value in attributes.items())))
        if key not in self._memo:
            self._memo[key] = self.op(kind, *inputs, **attributes)
        return self._memo[key]

    def op(self, kind: str, *inputs: str, **attributes: object) -> str:
        """Add an operation of one output, and return it."""
        return self.ops(kind, 1, *inputs, **attributes)[0]

    def ops(self, kind: str, count: int, *inputs: str, **attributes: object) -> tuple[str, ...]:
        """Add an operation of so many outputs, and return them."""
        self._count += 1
        outputs = tuple(f"{kind} {self._count}" + (f" {number}" if count > 1 else "") for number in range(count))
        self._nodes.append(Node(kind, inputs, outputs, attributes))
        rank = self._rank_of(kind, inputs, attributes)
        self._ranks.update(dict.fromkeys(outputs, rank))
        self.record(kind, inputs, outputs, attributes)
        return outputs

    def record(
        self, kind: str, inputs: Sequence[str], outputs: Sequence[str], attributes: Mapping[str, object]
    ) -> None:
        """Keep a step, where one of its inputs depends on a source; a shape depends on none."""
        if kind != "Shape" and any(value in self._moving for value in inputs):
            self._moving.update(outputs)
            self.steps.append(Step(kind, tuple(inputs), tuple(outputs), attributes))

    def number(self) -> int:
        """Return a number that no other value of the graph bears."""
        self._count += 1
        return self._count

    def is_moving(self, value: str) -> bool:
        """Return whether a value depends on a source."""
        return value in self._moving

    def _rank_of(self, kind: str, inputs: Sequence[str], attributes: Mapping[str, object]) -> int:
        first = self._ranks.get(inputs[0], 0) if inputs else 0
        match kind:
            case "Reshape" | "Expand":
                return int(self._constants[inputs[1]].size) if inputs[1] in self._constants else first
            case "Transpose" | "Split" | "Softmax" | "Cast" | "LayerNormalization" | "Attention":
                return first
            case "Unsqueeze":
                return first + int(self._constants[inputs[1]].size)
            case "Squeeze":
                return first - int(self._constants[inputs[1]].size)
            case "ReduceSum" | "ReduceMean":
                gone = 0 if attributes.get("keepdims", 1) else int(self._constants[inputs[1]].size)
                return first - gone
            case "Gather":
                return first - 1 + self._ranks.get(inputs[1], 0)
            case "LSTM" | "GRU":
                return 4
            case "Shape" | "Range":
                return 1
        return max(self._ranks.get(value, 0) for value in inputs)

    @staticmethod
    def _value(name: str, rank: int) -> Value:
        return Value(name, "float32", ("",) * rank)

    def body(self, name: str, inputs: Mapping[str, int], make: Callable[[], Sequence[str]]) -> Body:
        """Return a graph within this one, which sees its values: what `make` adds, with what it returns as outputs.

        Args:
            inputs: its inputs by name, with their numbers of dimensions.
        """
        self._ranks |= inputs
        outer, steps = self._nodes, self.steps
        self._nodes, self.steps = [], []
        ends = [self.op("Identity", value) for value in make()]
        inner, self._nodes, self.steps = self._nodes, outer, steps
        given, shown = ([self._value(each, self.rank(each)) for each in names] for names in (inputs, ends))
        return Body(name, inner, given, shown)

    def finish(self, name: str) -> Body:
        """Return the graph."""
        return Body(name, self._nodes, self._inputs, self._outputs, self._constants, self._used)

    # Operations that are used throughout.

    def add(self, *values: str) -> str:
        """Return the sum."""
        return self._fold("Add", values)

    def mul(self, *values: str) -> str:
        """Return the product, element by element."""
        return self._fold("Mul", values)

    def _fold(self, kind: str, values: Sequence[str]) -> str:
        result = values[0]
        for value in values[1:]:
            result = self.op(kind, result, value)
        return result

    def sub(self, a: str, b: str) -> str:
        """Return a - b."""
        return self.op("Sub", a, b)

    def matmul(self, a: str, b: str) -> str:
        """Return the matrix product over the last two dimensions."""
        return self.op("MatMul", a, b)

    def reshape(self, x: str, shape: Sequence[int]) -> str:
        """Return the values in another shape; 0 keeps a size, -1 takes what is left."""
        return self.op("Reshape", x, self.whole(list(shape)))

    def transpose(self, x: str, *order: int) -> str:
        """Return the values with their dimensions in another order; by default the last two change places."""
        if not order:
            rank = self.rank(x)
            order = (*range(rank - 2), rank - 1, rank - 2)
        return self.op("Transpose", x, perm=list(order))

    def squeeze(self, x: str, *axes: int) -> str:
        """Drop dimensions of size 1."""
        return self.op("Squeeze", x, self.whole(list(axes)))

    def unsqueeze(self, x: str, *axes: int) -> str:
        """Insert dimensions of size 1."""
        return self.op("Unsqueeze", x, self.whole(list(axes)))

    def sum(self, x: str, axis: int, keep: bool = True) -> str:
        """Return the sums over a dimension."""
        return self.op("ReduceSum", x, self.whole([axis]), keepdims=int(keep))

    def mean(self, x: str, axis: int) -> str:
        """Return the means over a dimension, which keeps the size 1."""
        return self.op("ReduceMean", x, self.whole([axis]), keepdims=1)

    def concat(self, values: Sequence[str], axis: int) -> str:
        """Join values along a dimension, in which all are of one size."""
        return self.op("Concat", *values, axis=axis) if len(values) > 1 else values[0]

    def split(self, x: str, count: int, axis: int) -> tuple[str, ...]:
        """Return parts of one size along a dimension."""
        return self.ops("Split", count, x, axis=axis, num_outputs=count) if count > 1 else (x,)

    def cut(self, x: str, start: int, end: int, axis: int, step: int = 1) -> str:
        """Return what lies between two places of a dimension."""
        return self.op("Slice", x, *(self.whole([each]) for each in (start, end, axis, step)))

    def reversed(self, x: str) -> str:
        """Return the values with the order of the first dimension reversed."""
        return self.cut(x, -1, -(2**31), 0, -1)

    def linear(self, x: str, name: str) -> str:
        """Return what `nn.Linear` of that name makes of x (..., width in)."""
        y = self.matmul(x, self.turned(name))
        return self.add(y, self.weight(f"{name}.bias")) if self.has_weight(f"{name}.bias") else y

    def turned(self, name: str) -> str:
        """Return the weight of `nn.Linear` of that name, (width in, width out)."""
        return self.once("Transpose", self.weight(f"{name}.weight"), perm=[1, 0])

    def layer_norm(self, x: str, name: str, epsilon: float = 1e-5) -> str:
        """Return what `nn.LayerNorm` of that name makes of x (..., D)."""
        weights = (self.weight(f"{name}.weight"), self.weight(f"{name}.bias"))
        return self.ops("LayerNormalization", 3, x, *weights, axis=-1, epsilon=epsilon)[0]

    def axes_of(self, value: str) -> list[int]:
        """Return the numbers in a constant."""
        return [int(each) for each in cast(list, self._constants[value].tolist())]


def _hashable(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value
