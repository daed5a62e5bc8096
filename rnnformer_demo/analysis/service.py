"""The one thing that the page, the command line, the API and the tests call."""

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..checkpoints import cards, store
from ..checkpoints.cards import list_models
from ..checkpoints.store import Checkpoint
from ..data import Sample
from ..data.readers import label_index
from ..interpret.attribution import METHODS, Explanation, Report, explain
from ..interpret.trace import MODEL_LOCK, Trace, capture, trace_of
from ..interpret.trust.card import Trust

__all__ = ["DEFAULT_METHOD", "Analysis", "Prediction", "analyse", "get", "list_models", "predict", "re_explain"]

DEFAULT_METHOD = next(iter(METHODS))

_loaded: dict[tuple[str, Path], Checkpoint] = {}
_loading = threading.Lock()


@dataclass(frozen=True)
class Prediction:
    """What a model says of an input.

    Attributes:
        model: its name.
        modality: "text" or "image".
        label: the most probable class.
        confidence: its probability, 0-1.
        probabilities: of every class, 0-1, in the order of the model's labels.
        sample: what was read, without the tensors' batch being of interest to anyone who shows it.
        latency_ms: reading and one forward pass, without waiting for others.
        logits: (C,), in the order of the model's labels.
        in_domain: whether the input looks like what the model was trained on; None where the checkpoint cannot tell.
        ood_score: how strange it is, 0 or more, out of domain above 1; None where the checkpoint cannot tell.
        notices: sentences for the visitor: about what was changed on the way in, and where the input is out of domain.
        warning: the last of them where the input is out of domain, else "".
    """

    model: str
    modality: str
    label: str
    confidence: float
    probabilities: dict[str, float]
    sample: Sample
    latency_ms: float
    logits: Tensor
    in_domain: bool | None = None
    ood_score: float | None = None
    warnings: tuple[str, ...] = ()
    warning: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The object that `predict --json` and the API give."""
        return {
            "model": self.model,
            "label": self.label,
            "confidence": self.confidence,
            "probabilities": self.probabilities,
            "in_domain": self.in_domain,
            "ood_score": self.ood_score,
            "notices": list(self.warnings),
            "latency_ms": round(self.latency_ms, 2),
        }


@dataclass(frozen=True)
class Analysis:
    """A prediction together with how it came about. Holds no model, so it may outlive the request.

    Attributes:
        prediction: see `Prediction`.
        trace: attention, hidden states and pooling.
        explanation: scores for the target class.
        target: name of the class that is explained.
        model_sha256: of the weights.
        seconds: the whole analysis.
        trust: how far the explanation can be trusted, where that was asked for.
    """

    prediction: Prediction
    trace: Trace
    explanation: Explanation
    target: str
    model_sha256: str
    seconds: float
    trust: Trust | None = None

    @property
    def sample(self) -> Sample:
        """What was read."""
        return self.prediction.sample

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about the input and the computation."""
        return self.prediction.warnings + self.explanation.warnings

    def as_dict(self) -> dict[str, Any]:
        """The object that `explain --json` and the API give: `seed` is null where the method draws nothing, and
        `trust` is there where it was asked for."""
        grid = self.explanation.grid
        return {
            "model": self.prediction.model,
            "model_sha256": self.model_sha256,
            "method": self.explanation.method,
            "target": self.target,
            **({"units": list(self.sample.unit_names)} if grid is None else {"grid": list(grid)}),
            "scores": self.explanation.scores.tolist(),
            "completeness_gap": self.explanation.completeness_gap,
            "seed": self.explanation.seed,
            "notices": list(self.warnings),
            **({} if self.trust is None else {"trust": self.trust.as_dict()}),
        }


def get(name: str, folder: Path | None = None) -> Checkpoint:
    """A checkpoint by its name, loaded once.

    Raises:
        InputError: for a name that no checkpoint bears.
    """
    key = (name, folder or cards.default_folder())
    with _loading:
        if key not in _loaded:
            _loaded[key] = store.load(*key)
        return _loaded[key]


def predict(model: str | Checkpoint, source: Any) -> Prediction:
    """Classifies a text, or a photo given as a path, as bytes or as a PIL image.

    Raises:
        InputError: for an unknown model, and for input that the model cannot read.
    """
    checkpoint = get(model) if isinstance(model, str) else model
    reading = _Clock()
    sample = checkpoint.reader(source)
    reading.stop()
    logits, seen, ms = _run(checkpoint, sample)
    return _prediction(checkpoint, sample, logits, seen, reading.ms + ms)


def _run(checkpoint: Checkpoint, sample: Sample) -> tuple[Tensor, dict[str, Tensor], float]:
    """Logits (C,), what passed through the taps, and the milliseconds of the forward pass."""
    with capture(checkpoint.model) as seen, torch.no_grad():
        running = _Clock()
        logits = checkpoint.model(sample.inputs, sample.mask)[0]
        running.stop()
    return logits, seen, running.ms


class _Clock:
    """Milliseconds from its making to its stop: what waits for another visitor's model between two clocks is no part
    of a latency."""

    def __init__(self):
        self.started, self.ms = time.perf_counter(), 0.0

    def stop(self) -> None:
        self.ms = 1000 * (time.perf_counter() - self.started)


def analyse(
    model: str | Checkpoint,
    source: Any,
    target: str | None = None,
    method: str = DEFAULT_METHOD,
    report: Report = lambda share: None,
    seed: int = 0,
    **options: str,
) -> Analysis:
    """Predicts, traces and explains.

    Args:
        model: name of a checkpoint, or one that is loaded.
        source: a text; or a photo as a path, as bytes or as a PIL image.
        target: name or number of the class to explain; the predicted one by default.
        method: a key of `METHODS`.
        report: is called with the share of the attribution that is done, 0-1.
        seed: of what the method draws.
        options: of the method, see `Method.options`.

    Raises:
        InputError: for an unknown model, label, method or option, and for input that the model cannot read.
    """
    started = time.perf_counter()
    checkpoint = get(model) if isinstance(model, str) else model
    reading = _Clock()
    sample = checkpoint.reader(source)
    reading.stop()
    target_index = None if target is None else label_index(str(target), checkpoint.labels)
    with MODEL_LOCK:
        logits, seen, ms = _run(checkpoint, sample)
        trace = trace_of(checkpoint.model, sample, logits, seen)
        prediction = _prediction(checkpoint, sample, logits, seen, reading.ms + ms)
        if target_index is None:
            target_index = int(trace.logits.argmax())
        explanation = explain(checkpoint.model, sample, target_index, method, report, seed, **options)
    return Analysis(
        prediction=prediction,
        trace=trace,
        explanation=explanation,
        target=checkpoint.labels[target_index],
        model_sha256=checkpoint.sha256,
        seconds=time.perf_counter() - started,
    )


def re_explain(analysis: Analysis, target: str, method: str, report: Report = lambda share: None) -> Analysis:
    """The same input and trace with another explanation: the model is not asked for its prediction again.

    Raises:
        InputError: for an unknown label or method.
    """
    started = time.perf_counter()
    checkpoint = get(analysis.prediction.model)
    index = label_index(target, checkpoint.labels)
    explanation = explain(checkpoint.model, analysis.sample, index, method, report)
    return replace(
        analysis,
        explanation=explanation,
        target=checkpoint.labels[index],
        seconds=time.perf_counter() - started,
        trust=None,
    )


def _prediction(
    checkpoint: Checkpoint, sample: Sample, logits: Tensor, seen: dict[str, Tensor], latency_ms: float
) -> Prediction:
    """What the logits (C,) say, and what passed through the taps meanwhile says of the input."""
    score = checkpoint.ood.scores(seen, sample.mask).item() if checkpoint.ood else None
    in_domain = None if score is None else score <= 1
    shares = checkpoint.probabilities(logits, sample.mask.sum()).tolist()
    probabilities = dict(zip(checkpoint.labels, shares, strict=True))
    label = max(probabilities, key=probabilities.__getitem__)
    warning = _out_of_domain(checkpoint) if in_domain is False else ""
    return Prediction(
        model=checkpoint.name,
        modality=checkpoint.model.modality,
        label=label,
        confidence=probabilities[label],
        probabilities=probabilities,
        sample=sample,
        latency_ms=latency_ms,
        logits=logits.detach().cpu(),
        in_domain=in_domain,
        ood_score=score,
        warnings=sample.warnings + ((warning,) if warning else ()),
        warning=warning,
    )


def _out_of_domain(checkpoint: Checkpoint) -> str:
    folders = [file.split("/")[0] for file in checkpoint.card["data"]["file"].split(", ")]
    known = ", ".join(dict.fromkeys(folders))
    return f"This does not look like what the model was trained on ({known}): its answer may mean nothing."
