"""The networks that predictions are timed beside, in ONNX Runtime: in 32 bits, and with matrices in 8.

The encoder is written as a graph like our own models: exporters that trace it gave other outputs for another input.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from ..checkpoints.cards import WEIGHTS, default_folder
from ..checkpoints.stored import tensors_in
from ..data import InputError
from ..graphs.builder import Graph
from ..graphs.engine import GraphEngine
from ..graphs.programs import write
from ..graphs.sessions import known, open_session
from ..graphs.wire import ELEMENT_TYPES, Body

if TYPE_CHECKING:
    import onnxruntime

    from ..checkpoints.store import Checkpoint

_ATOL = 1e-3  # of what a graph computes from what torch does
Open = Callable[[Body, Mapping[str, np.ndarray]], "onnxruntime.InferenceSession"]


def encoder_session(encoder: Any, opened: Open = open_session) -> onnxruntime.InferenceSession:
    """Return a `transformers.BertModel` as a session: "ids" (B, T) to "states" (B, T, D), no padding.

    Raises:
        RuntimeError: where its states are others than torch's.
    """
    import torch

    tensors = {name: tensor.detach().numpy() for name, tensor in encoder.state_dict().items()}
    session = opened(_bert(encoder.config, tensors), tensors)
    if opened is open_session:
        ids = torch.arange(1000, 1023)[None]
        with torch.no_grad():
            wanted = encoder(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state.numpy()
        _check(session.run(["states"], {"ids": ids.numpy()})[0], wanted)
    return session


def _check(got: np.ndarray, wanted: np.ndarray) -> None:
    if not np.allclose(got, wanted, atol=_ATOL):
        raise RuntimeError(f"the graph misses torch by {np.abs(got - wanted).max():.1e}, more than {_ATOL}")


def _bert(config: Any, tensors: Mapping[str, np.ndarray]) -> Body:
    graph, heads, eps = Graph(known(tensors)), config.num_attention_heads, config.layer_norm_eps
    width = config.hidden_size // heads
    ids = graph.input("ids", ("B", "T"), "int64")
    count = graph.op("Gather", graph.op("Shape", ids), graph.whole(1))
    steps = graph.op("Range", graph.whole(0), count, graph.whole(1))
    indices = {"word": ids, "position": steps, "token_type": graph.whole(0)}
    rows = [graph.rows(f"embeddings.{kind}_embeddings.weight", index) for kind, index in indices.items()]
    x = graph.layer_norm(graph.add(*rows), "embeddings.LayerNorm", eps)
    for number in range(config.num_hidden_layers):
        name = f"encoder.layer.{number}"
        queries, keys, values = (
            graph.transpose(
                graph.reshape(graph.linear(x, f"{name}.attention.self.{each}"), [0, 0, heads, width]), 0, 2, 1, 3
            )
            for each in ("query", "key", "value")
        )
        scores = graph.mul(graph.matmul(queries, graph.transpose(keys)), graph.constant(1 / math.sqrt(width)))
        mixed = graph.matmul(graph.op("Softmax", scores, axis=-1), values)
        read = graph.reshape(graph.transpose(mixed, 0, 2, 1, 3), [0, 0, heads * width])
        x = graph.add(x, graph.linear(read, f"{name}.attention.output.dense"))
        x = graph.layer_norm(x, f"{name}.attention.output.LayerNorm", eps)
        wide = graph.op("Gelu", graph.linear(x, f"{name}.intermediate.dense"))
        x = graph.layer_norm(graph.add(x, graph.linear(wide, f"{name}.output.dense")), f"{name}.output.LayerNorm", eps)
    graph.output(x, "states")
    return graph.finish("encoder")


def photo_session(network: Any, size: int, bits: int = 32) -> onnxruntime.InferenceSession:
    """Return a classifier of photos as a session: "photos" (1, 3, size, size) to "logits".

    Args:
        network: a module of torch, frozen, whose operations do not depend on its input.

    Raises:
        RuntimeError: where its logits are others than torch's.
        InputError: where onnx is not installed.
    """
    import io

    import onnxruntime
    import torch

    _require_onnx()
    photo, buffer = torch.randn(1, 3, size, size), io.BytesIO()
    torch.onnx.export(
        network,
        (photo,),
        cast(Any, buffer),
        input_names=["photos"],
        output_names=["logits"],
        opset_version=17,
        dynamo=False,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.onnx"
        plain.write_bytes(buffer.getvalue())
        path = plain if bits == 32 else _in_eight_bits(plain)
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    if bits == 32:
        with torch.no_grad():
            _check(session.run(["logits"], {"photos": photo.numpy()})[0], network(photo).numpy())
    return session


def open_in_eight_bits(graph: Body, tensors: Mapping[str, np.ndarray]) -> onnxruntime.InferenceSession:
    """Open a graph with the weights of its matrix products and LSTMs in 8 bits, inputs quantised as they come.

    Raises:
        InputError: where onnx is not installed.
    """
    import onnxruntime

    _require_onnx()
    with tempfile.TemporaryDirectory() as folder:
        folded = Path(folder) / "folded.onnx"
        options = onnxruntime.SessionOptions()
        options.optimized_model_filepath = str(folded)  # weights turned and widened, as the quantiser must find them
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        open_session(graph, tensors, options)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(str(_in_eight_bits(folded)), options, providers=["CPUExecutionProvider"])


def _in_eight_bits(path: Path) -> Path:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantised = path.with_suffix(".int8.onnx")
    # Behind an operator of the runtime's own it cannot infer the type.
    options = {"DefaultTensorType": ELEMENT_TYPES["float32"]}
    quantize_dynamic(str(path), str(quantised), weight_type=QuantType.QInt8, extra_options=options)
    return quantised


def _require_onnx() -> None:
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise InputError("This needs the package onnx: pip install -r tests/requirements.txt.") from error


def engines_of(checkpoint: Checkpoint) -> dict[str, GraphEngine | None]:
    """Return what runs a checkpoint in the comparisons: torch, ONNX Runtime, and this with matrices in 8 bits."""
    tensors = tensors_in(default_folder() / f"{checkpoint.name}{WEIGHTS}")
    config = checkpoint.model.config
    return {"torch": None, "ONNX Runtime": GraphEngine(config, tensors), "int8": in_eight_bits(checkpoint, tensors)}


def in_eight_bits(checkpoint: Checkpoint, tensors: Mapping[str, np.ndarray]) -> GraphEngine:
    """Return the engine of a checkpoint that runs its forward pass with matrices in 8 bits."""
    engine = GraphEngine(checkpoint.model.config, tensors)
    program = engine.sessions.of_one
    engine.replace(program, open_in_eight_bits(write(program, checkpoint.model.config, known(tensors)), tensors))
    return engine
