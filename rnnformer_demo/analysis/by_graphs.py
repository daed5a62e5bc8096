"""A prediction by the graphs of a model, without torch."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import __version__
from ..checkpoints.bare import BareCheckpoint
from ..data.normalisation import whole_characters
from ..document import Document, Provenance
from ..graphs.sessions import Sessions
from .core import build_input, build_model, build_prediction

if TYPE_CHECKING:
    from ..checkpoints.store import Checkpoint


def predict_by_graphs(
    checkpoint: BareCheckpoint | Checkpoint,
    sessions: Sessions,
    source: Any,
    turn: AbstractContextManager | None = None,
) -> Document:
    """Classify an input by the graphs of a checkpoint; see `service.predict`.

    Args:
        turn: is held while the model runs; waiting for it is no part of the answer's time.

    Raises:
        InputError: for input that the model cannot read.
    """
    started = time.perf_counter()
    reading = checkpoint.reader.read(source)
    read = time.perf_counter() - started
    feeds = sessions.feeds(reading.inputs)
    with turn or nullcontext():
        started = time.perf_counter()
        outputs = sessions.run(sessions.of_one, feeds)
        milliseconds = 1000 * (read + time.perf_counter() - started)
    mask = np.ones((1, reading.steps), bool)
    return Document(
        model=build_model(checkpoint),
        input=build_input(reading, whole_characters(source) if reading.grid is None else None, with_photo=False),
        prediction=build_prediction(checkpoint, outputs, mask, reading.normalised, milliseconds),
        provenance=Provenance(__version__, 0),
    )
