"""Predictions without torch, for the command line: it is there in a fraction of the time and of the memory.

Where the engine is torch, or no graph covers a model, the service answers.
"""

from __future__ import annotations

from typing import Any

from ..checkpoints.bare import load_bare, unfit
from ..checkpoints.engines import chosen_engine
from ..document import Document
from ..graphs.builder import Uncovered
from ..graphs.sessions import Sessions
from .by_graphs import predict_by_graphs


def predict(model: str, source: Any) -> Document:
    """Classify a text, or a photo given as a path or as bytes; see `service.predict`.

    Raises:
        InputError: for an unknown model, and for input that the model cannot read.
    """
    if chosen_engine() != "torch":
        checkpoint = load_bare(model)
        sessions = Sessions(checkpoint.config, checkpoint.tensors)
        try:
            sessions.session(sessions.of_one)
        except Uncovered:  # the service says so where graphs were asked for
            pass
        except Exception as error:  # ONNX Runtime raises nothing narrower for weights of other shapes
            raise unfit(model, error) from error
        else:
            return predict_by_graphs(checkpoint, sessions, source)
    from .service import predict as predict_with_torch

    return predict_with_torch(model, source)
