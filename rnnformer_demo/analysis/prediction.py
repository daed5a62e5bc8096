"""Predictions without torch, for the command line: it is there in a fraction of the time and of the memory.

Where the engine is torch, or no graph covers a model, the service answers.
"""

from __future__ import annotations

import time
from typing import Any

import numpy as np

from .. import __version__
from ..checkpoints.bare import BareCheckpoint, load_bare, unfit
from ..checkpoints.engines import chosen_engine
from ..data.normalisation import whole_characters
from ..document import Document, Provenance
from ..graphs.builder import Uncovered
from ..graphs.sessions import Sessions
from .core import build_input, build_model, build_prediction


def predict(model: str, source: Any) -> Document:
    """Classify a text, or a photo given as a path or as bytes; see `service.predict`.

    Raises:
        InputError: for an unknown model, and for input that the model cannot read.
    """
    if chosen_engine() != "torch":
        checkpoint = load_bare(model)
        sessions = Sessions(checkpoint.config, checkpoint.tensors)
        try:
            sessions.session("trace")
        except Uncovered:  # the service says so where graphs were asked for
            pass
        except Exception as error:  # ONNX Runtime raises nothing narrower for weights of other shapes
            raise unfit(model, error) from error
        else:
            return _predicted(checkpoint, sessions, source)
    from .service import predict as predict_with_torch

    return predict_with_torch(model, source)


def _predicted(checkpoint: BareCheckpoint, sessions: Sessions, source: Any) -> Document:
    started = time.perf_counter()
    reading = checkpoint.reader.read(source)
    steps = np.array([reading.steps], np.int32)
    text = reading.grid is None
    feeds = {"ids": reading.inputs, "lengths": steps} if text else {"photos": np.ascontiguousarray(reading.inputs)}
    outputs = sessions.run("trace", feeds)
    milliseconds = 1000 * (time.perf_counter() - started)
    mask = np.ones((1, reading.steps), bool)
    return Document(
        model=build_model(checkpoint),
        input=build_input(reading, whole_characters(source) if text else None, with_photo=False),
        prediction=build_prediction(checkpoint, outputs, mask, reading.normalised, milliseconds),
        provenance=Provenance(__version__, 0),
    )
