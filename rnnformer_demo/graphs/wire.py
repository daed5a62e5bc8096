"""ONNX models as bytes: the part of the protocol that graphs of this package need.

The format is small and frozen; the package `onnx`, whose checker the tests run over every graph, takes .4 s to import
and would be the larger part of a prediction on the command line.
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

IR_VERSION, OPSET = 10, 20
RUNTIME = "com.microsoft"  # the domain of ONNX Runtime's own operators
OF_THE_RUNTIME = frozenset({"Attention"})
Dimension = int | str  # a size, or the name of one that differs from run to run; "" where it has none

ELEMENT_TYPES = {  # of TensorProto
    "float32": 1,
    "uint8": 2,
    "int8": 3,
    "int32": 6,
    "int64": 7,
    "bool": 9,
    "float16": 10,
}


@dataclass(frozen=True)
class Stored:
    """A tensor that lies in another file.

    Attributes:
        dtype: a key of `ELEMENT_TYPES`.
        shape: its sizes.
        file: name of the file, beside the graph.
        offset, length: bytes of its data there.
    """

    dtype: str
    shape: tuple[int, ...]
    file: str = "weights"
    offset: int = 0
    length: int = 0


@dataclass(frozen=True)
class Value:
    """An input or output of a graph."""

    name: str
    dtype: str
    shape: tuple[Dimension, ...]


@dataclass(frozen=True)
class Node:
    """One operation."""

    kind: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Body:
    """A graph: nodes in an order in which they can be run."""

    name: str
    nodes: Sequence[Node]
    inputs: Sequence[Value]
    outputs: Sequence[Value]
    constants: Mapping[str, np.ndarray] = field(default_factory=dict)
    stored: Mapping[str, Stored] = field(default_factory=dict)


def model_bytes(graph: Body) -> bytes:
    """Return a graph as an ONNX model."""
    return b"".join(
        [
            _varint_field(1, IR_VERSION),
            _text(2, "rnnformer-demo"),
            _message(7, _graph(graph)),
            _message(8, _varint_field(2, OPSET)),
            _message(8, _text(1, RUNTIME) + _varint_field(2, 1)),
        ]
    )


def _graph(graph: Body) -> bytes:
    return b"".join(
        [
            *(_message(1, _node(node)) for node in graph.nodes),
            _text(2, graph.name),
            *(_message(5, _constant(name, array)) for name, array in graph.constants.items()),
            *(_message(5, _stored(name, stored)) for name, stored in graph.stored.items()),
            *(_message(11, _value(value)) for value in graph.inputs),
            *(_message(12, _value(value)) for value in graph.outputs),
        ]
    )


def _node(node: Node) -> bytes:
    return b"".join(
        [
            *(_text(1, name) for name in node.inputs),
            *(_text(2, name) for name in node.outputs),
            _text(4, node.kind),
            *(_message(5, _attribute(name, value)) for name, value in node.attributes.items()),
            *([_text(7, RUNTIME)] if node.kind in OF_THE_RUNTIME else []),
        ]
    )


def _attribute(name: str, value: object) -> bytes:
    named = _text(1, name)
    match value:
        case int():
            return named + _varint_field(3, value) + _varint_field(20, 2)
        case float():
            return named + _tag(2, 5) + struct.pack("<f", value) + _varint_field(20, 1)
        case str():
            return named + _text(4, value) + _varint_field(20, 3)
        case Body():
            return named + _message(6, _graph(value)) + _varint_field(20, 5)
        case _ if isinstance(value, Iterable):
            return named + b"".join(_varint_field(8, int(item)) for item in value) + _varint_field(20, 7)
    raise TypeError(f"attribute {name} must be a number, text, whole numbers or a graph, got {value!r}")


def _constant(name: str, array: np.ndarray) -> bytes:
    data = array.astype(array.dtype.newbyteorder("<")).tobytes()
    return _tensor_head(name, array.dtype.name, array.shape) + _message(9, data)


def _stored(name: str, stored: Stored) -> bytes:
    place = {"location": stored.file, "offset": str(stored.offset), "length": str(stored.length)}
    entries = b"".join(_message(13, _text(1, key) + _text(2, value)) for key, value in place.items())
    return _tensor_head(name, stored.dtype, stored.shape) + entries + _varint_field(14, 1)


def _tensor_head(name: str, dtype: str, shape: Iterable[int]) -> bytes:
    sizes = b"".join(_varint_field(1, size) for size in shape)
    return sizes + _varint_field(2, ELEMENT_TYPES[dtype]) + _text(8, name)


def _value(value: Value) -> bytes:
    shape = b"".join(_message(1, _dimension(size)) for size in value.shape)
    kind = _varint_field(1, ELEMENT_TYPES[value.dtype]) + _message(2, shape)
    return _text(1, value.name) + _message(2, _message(1, kind))


def _dimension(size: Dimension) -> bytes:
    if isinstance(size, int):
        return _varint_field(1, size)
    return _text(2, size) if size else b""


def _text(number: int, text: str) -> bytes:
    return _message(number, text.encode())


def _message(number: int, data: bytes) -> bytes:
    return _tag(number, 2) + _varint(len(data)) + data


def _varint_field(number: int, value: int) -> bytes:
    return _tag(number, 0) + _varint(value)


def _tag(number: int, wire: int) -> bytes:
    return _varint(number << 3 | wire)


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1  # two's complement of a negative number
    parts = bytearray()
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
