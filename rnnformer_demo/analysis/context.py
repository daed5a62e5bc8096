"""The context of one analysis: checkpoint, sample and run, from which sections are filled."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..checkpoints.store import Checkpoint
from ..data import Sample
from ..data.labels import label_index
from ..document import Attribution, Document
from ..interpret.attribution import Explanation, Report
from ..interpret.trace import Trace, outputs_of, trace_from
from ..nn.hooks import locked


class Clock:
    """Milliseconds spent inside `with` blocks: waiting for another visitor's model between them is no latency."""

    def __init__(self) -> None:
        self.ms = 0.0

    def __enter__(self) -> "Clock":
        self._started = time.perf_counter()
        return self

    def __exit__(self, *_error: object) -> None:
        self.ms += 1000 * (time.perf_counter() - self._started)


@dataclass(frozen=True)
class Run:
    """One forward pass.

    Attributes:
        logits: (C,).
        outputs: outputs of every hook point, by its name, with a batch of 1.
    """

    logits: Tensor
    outputs: dict[str, Tensor]


@dataclass
class Context:
    """The context of one analysis, which section builders read.

    Attributes:
        checkpoint: the model.
        sample: the input as the model reads it.
        seed: seed of all random draws.
        report: is called with the share of a section that is done, 0-1; what it raises ends the work.
        request: arguments of the attribution: method, target, options.
        clock: time of reading and of the forward pass.
    """

    checkpoint: Checkpoint
    sample: Sample
    seed: int = 0
    report: Report = lambda share: None
    request: dict[str, Any] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    _run: Run | None = field(default=None, init=False)
    _trace: Trace | None = field(default=None, init=False)

    # Not by `cached_property`, which in Python 3.11 lets one thread at a time compute it, of whatever context: what is
    # urgent would wait behind what waits for its turn at the models.
    @property
    def run(self) -> Run:
        """The forward pass, run at its first use."""
        if self._run is None:
            outputs = outputs_of(self.checkpoint.model, self.sample.inputs, self.sample.mask, self.clock)
            self._run = Run(outputs["logits"][0], outputs)
        return self._run

    @property
    def trace(self) -> Trace:
        """Attention, states and gates of that pass."""
        if self._trace is None:
            run = self.run
            with locked():
                self._trace = trace_from(self.checkpoint.model, self.sample, run.logits, run.outputs)
        return self._trace

    def forget(self) -> None:
        """Drop the forward pass: of a long text 14 MB, while the analysis waits for its turn."""
        self._run = self._trace = None

    @property
    def probabilities(self) -> Callable[[Tensor], Tensor]:
        """The map from logits (..., C) to calibrated probabilities.

        It takes the length of the whole input, also where units are removed.
        """
        steps = self.sample.mask.sum()
        return lambda logits: self.checkpoint.probabilities(logits, steps.expand(logits.shape[:-1]))

    def class_index(self, label: str) -> int:
        """Return the index of a class by its name or number, see `map_labels`.

        Raises:
            InputError: for a label that the model does not know.
        """
        return label_index(str(label), self.checkpoint.labels, self.checkpoint.raw_labels)

    def target_of(self, document: Document) -> int:
        """Return the index of the class that a document explains."""
        return self.checkpoint.labels.index(document.target)

    def explanation(self, attribution: Attribution) -> Explanation:
        """Return an attribution as the engine takes it."""
        return Explanation(
            attribution.method,
            self.checkpoint.labels.index(attribution.target),
            torch.tensor(attribution.scores),
            attribution.grid,
            attribution.completeness_gap,
            attribution.warnings,
            attribution.seed,
            attribution.bias_relevance,
        )
