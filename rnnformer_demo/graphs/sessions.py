"""Graphs in ONNX Runtime: sessions over the tensors of a checkpoint, made when they are first asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from .programs import write
from .wire import Body, Stored, model_bytes

if TYPE_CHECKING:
    import onnxruntime

    from ..models import HybridConfig

Arrays = dict[str, np.ndarray]

_FREE_EVERY = 1.0  # seconds; after each run it would cost a fifth of the time of a trust card
_freed = 0.0  # when the runtime's memory was last given back

# What the runtime makes of a sum and its layer norm takes three times as long on a processor as the two.
_SLOWER = ["SkipLayerNormFusion"]


def known(tensors: Mapping[str, np.ndarray]) -> dict[str, Stored]:
    """Return what a graph must know of tensors that it is given when its session is opened."""
    return {name: Stored(array.dtype.name, array.shape) for name, array in tensors.items()}


class Sessions:
    """The programs of one model, run on one thread each.

    A session may be run by several threads at a time: bulk work scales by threads of Python.

    Args:
        config: the model's config.
        tensors: those of its checkpoint as they are stored, under the names of today.

    Attributes:
        reads_ids: whether it reads token ids, and not photos.
        of_one: the program that classifies a single input; photos are never padded, so that `logits` serves them too.
    """

    def __init__(self, config: HybridConfig, tensors: Mapping[str, np.ndarray]) -> None:
        self._config, self._tensors = config, tensors
        self.reads_ids = hasattr(config, "vocabulary")
        self.of_one = "unpadded" if self.reads_ids else "logits"
        self._stored = known(tensors)
        self._sessions: dict[str, onnxruntime.InferenceSession] = {}
        self._outputs: dict[str, list[str]] = {}  # their names
        self._lock = threading.Lock()

    def feeds(self, inputs: np.ndarray, steps: np.ndarray | None = None) -> Arrays:
        """Return inputs by the names that the programs have for them.

        Args:
            inputs: ids (B, T) or photos (B, 3, S, S).
            steps: (B,) int32, the real steps of each; None for a program that reads tokens off them alone.
        """
        if not self.reads_ids:
            return {"photos": np.ascontiguousarray(inputs)}
        return {"ids": inputs} | ({} if steps is None else {"lengths": steps})

    def run(
        self,
        program: str,
        feeds: Mapping[str, np.ndarray],
        outputs: Sequence[str] | None = None,
        may_free: bool = False,
    ) -> Arrays:
        """Run a program, see `programs`, and return its outputs by their names.

        Args:
            feeds: its inputs.
            outputs: the names of those outputs that are wanted; None for all.
            may_free: give the memory back that runs took and none uses now, if that was last done a second ago.

        Raises:
            Uncovered: for a model that no graph covers.
            ValueError: for an empty batch.
        """
        if any(0 in array.shape for array in feeds.values()):  # the runtime would end the whole process
            raise ValueError(
                f"a batch must have rows and steps, got { ({name: a.shape for name, a in feeds.items()}) }"
            )
        session = self.session(program)
        names = self._outputs[program] if outputs is None else list(outputs)
        options = _freeing() if may_free and _is_due() else None
        return dict(zip(names, session.run(names, dict(feeds), options), strict=True))

    def session(self, program: str) -> onnxruntime.InferenceSession:
        """Return the session of a program."""
        with self._lock:
            if program not in self._sessions:
                self._keep(program, self._open(program))
            return self._sessions[program]

    def replace(self, program: str, session: onnxruntime.InferenceSession) -> None:
        """Run a program in another session from now on."""
        with self._lock:
            self._keep(program, session)

    def _keep(self, program: str, session: onnxruntime.InferenceSession) -> None:
        self._sessions[program] = session
        self._outputs[program] = [each.name for each in session.get_outputs()]

    def _open(self, program: str) -> onnxruntime.InferenceSession:
        return open_session(write(program, self._config, self._stored), self._tensors)


@cache
def _share_arena() -> None:
    """Let all sessions take their memory from one arena: each would keep as much as its largest run ever took."""
    import onnxruntime

    kind, place = onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, onnxruntime.OrtMemType.DEFAULT
    onnxruntime.create_and_register_allocator(onnxruntime.OrtMemoryInfo("Cpu", kind, 0, place), None)


def _is_due() -> bool:
    """Return whether memory was last given back long enough ago; if so, it is now."""
    global _freed
    now = time.monotonic()
    if now - _freed < _FREE_EVERY:
        return False
    _freed = now
    return True


@cache
def _freeing() -> onnxruntime.RunOptions:
    import onnxruntime

    options = onnxruntime.RunOptions()
    options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
    return options


def open_session(
    graph: Body, tensors: Mapping[str, np.ndarray], options: onnxruntime.SessionOptions | None = None
) -> onnxruntime.InferenceSession:
    """Open a graph on one thread.

    Args:
        tensors: those that the graph reads from a checkpoint.
        options: further ones.
    """
    import onnxruntime

    options = options or onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    _share_arena()
    options.add_session_config_entry("session.use_env_allocators", "1")
    names = list(graph.stored)
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(np.asarray(tensors[name], order="C")) for name in names]
    options.add_external_initializers(names, values)
    return onnxruntime.InferenceSession(
        model_bytes(graph), options, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER
    )
