"""Models as ONNX graphs, written node by node from a checkpoint's config and the names of its weights.

No exporter of torch is asked: tracing bakes the first input's length, batch or hidden states in. What a graph does not
cover is refused, see `Uncovered`. Imports neither torch nor onnx.
"""
