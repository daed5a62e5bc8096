"""The analysis service, which page, command line, API and tests call: `predict`, `analyse`, `extend`.

Example:
    >>> from rnnformer_demo.analysis.service import analyse
    >>> document = analyse("sentiment-en", "A clumsy film with a big heart.", wanted=("attribution", "trust"))
    >>> document.prediction.label, document.trust.verdict
"""

import shlex
import time
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .. import __version__
from ..checkpoints.cards import list_models
from ..checkpoints.store import Checkpoint
from ..data import InputError, Sample
from ..data.normalisation import whole_characters
from ..data.opening import open_encoded
from ..data.seeds import whole_seed
from ..document import Attribution, Document, Provenance
from ..evaluation.modality import image_reader
from ..graphs.engine import GraphEngine
from ..interpret.attribution import Report
from ..nn.hooks import is_observed
from ..nn.lock import MODEL_LOCK
from .by_graphs import predict_by_graphs
from .context import Clock, Context
from .core import build_input, build_model, build_prediction
from .progress import part_of
from .registry import get
from .sections import BUILDERS, READ_THE_PASS
from .sections.attribution import DEFAULT_METHOD

__all__ = [
    "DEFAULT_METHOD",
    "INTERNALS",
    "analyse",
    "analyse_in_steps",
    "context_of",
    "extend",
    "get",
    "list_models",
    "predict",
]

INTERNALS = ("attention", "recurrence", "prefixes", "interventions")
_DEPENDS_ON_TARGET = ("trust",)  # sections that an attribution takes with it when it is replaced


def predict(model: str | Checkpoint, source: Any) -> Document:
    """Classify a text, or a photo given as a path, as bytes or as a PIL image.

    Returns:
        A document with `model`, `input` (without the photo), `prediction` and `provenance`.

    Raises:
        InputError: for an unknown model, and for input that the model cannot read.
    """
    checkpoint = get(model) if isinstance(model, str) else model
    if isinstance(checkpoint.model.engine, GraphEngine) and not is_observed():
        return predict_by_graphs(checkpoint, checkpoint.model.engine.sessions, source, MODEL_LOCK)
    document, _ = _begin(checkpoint, source, with_photo=False)
    return document


def analyse(
    model: str | Checkpoint,
    source: Any,
    wanted: Sequence[str] = ("attribution",),
    target: str | None = None,
    method: str = DEFAULT_METHOD,
    seed: int = 0,
    report: Report = lambda share: None,
    path: str | None = None,
    **options: str,
) -> Document:
    """Predict, and fill the sections that are wanted.

    Args:
        model: name of a checkpoint, or one that is loaded.
        source: a text; or a photo as a path, as bytes or as a PIL image.
        wanted: keys of `BUILDERS`.
        target: name or number of the class to explain; the predicted one by default.
        method: a key of `METHODS`.
        seed: seed of all random draws.
        report: is called with the share that is done, 0-1; what it raises ends the analysis.
        path: path of a photo, as a command line names it; None where a visitor must not see paths of this machine.
        options: options of the method, by name.

    Raises:
        InputError: for an unknown model, section, label, method or option, and for input that cannot be read.
    """
    steps = analyse_in_steps(model, source, wanted, target, method, seed, report, path, **options)
    return deque(steps, maxlen=1).pop()


def analyse_in_steps(
    model: str | Checkpoint,
    source: Any,
    wanted: Sequence[str] = ("attribution",),
    target: str | None = None,
    method: str = DEFAULT_METHOD,
    seed: int = 0,
    report: Report = lambda share: None,
    path: str | None = None,
    **options: str,
) -> Iterator[Document]:
    """Yield the document with the prediction, and again after each section; see `analyse`."""
    _check_sections(wanted)
    document, context = _begin(model, source, whole_seed(seed), path)
    context.request = {"method": method, "target": target, "options": options}
    if target is not None:
        context.class_index(target)
    yield document
    sections = [name for name in BUILDERS if name in wanted]
    for done, name in enumerate(sections):
        context.report = part_of(report, done, len(sections))
        document = _fill(document, context, name)
        if READ_THE_PASS.isdisjoint(sections[done + 1 :]):
            context.forget()
        yield document


def extend(document: Document, section: str, report: Report = lambda share: None, **request: Any) -> Document:
    """Fill one more section of a document, or fill it anew.

    Args:
        section: a key of `BUILDERS`.
        report: is called with the share that is done, 0-1.
        request: arguments of the section `attribution`: method, target, seed, options (a dict).

    Returns:
        The document with the section. A new attribution takes the trust in the old one away; the old one is kept among
        `other_attributions`.

    Raises:
        InputError: see `analyse`; and where the model is another one today, or the photo is not in the document.
    """
    _check_sections([section])
    context = context_of(document, report)
    context.request = {key: value for key, value in request.items() if key != "seed"}
    if request.get("seed") is not None:
        context.seed = whole_seed(request["seed"])
    return _fill(document, context, section)


def context_of(document: Document, report: Report = lambda share: None) -> Context:
    """Return the context of a document: its model, loaded, and its input, read again.

    Raises:
        InputError: where the model is not there or has other weights today, or the photo is not in the document.
    """
    checkpoint = get(document.model.name)
    if checkpoint.sha256 != document.model.sha256:
        raise InputError(f"The weights of {document.model.name} are others than those of this analysis: analyse again.")
    return Context(checkpoint, _sample_of(document, checkpoint), whole_seed(document.provenance.seed), report)


def _begin(
    model: str | Checkpoint, source: Any, seed: int = 0, path: str | None = None, with_photo: bool = True
) -> tuple[Document, Context]:
    """Return a document with the sections that every one has, and its context."""
    checkpoint = get(model) if isinstance(model, str) else model
    clock = Clock()
    with clock:
        sample = checkpoint.reader(source)
    context = Context(checkpoint, sample, seed, clock=clock)
    document = Document(
        model=build_model(checkpoint),
        input=build_input(sample, whole_characters(source) if sample.grid is None else path, with_photo),
        prediction=build_prediction(checkpoint, *_as_arrays(context), sample.normalised, context.clock.ms),
        provenance=Provenance(__version__, seed),
    )
    return document, context


def _as_arrays(context: Context) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return the outputs of the forward pass, and the mask."""
    outputs = {name: tensor.detach().cpu().numpy() for name, tensor in context.run.outputs.items()}
    return outputs, context.sample.mask.numpy()


def _fill(document: Document, context: Context, section: str) -> Document:
    started = time.perf_counter()
    value = BUILDERS[section](context, document)
    seconds = document.provenance.seconds | {section: round(time.perf_counter() - started, 4)}
    changes: dict[str, Any] = {section: value}
    if section == "attribution" and document.attribution is not None:
        changes |= dict.fromkeys(_DEPENDS_ON_TARGET) | {"other_attributions": _others(document, value)}
        seconds = {name: spent for name, spent in seconds.items() if name not in _DEPENDS_ON_TARGET}
    document = replace(document, **changes)
    provenance = replace(document.provenance, seed=context.seed, command=command_of(document), seconds=seconds)
    return replace(document, provenance=provenance)


def _others(document: Document, new: Attribution) -> tuple[Attribution, ...]:
    """Return the attributions that were computed before, without those that the new one replaces."""
    before = (*document.other_attributions, *([document.attribution] if document.attribution else ()))
    return tuple(other for other in before if (other.method, other.target) != (new.method, new.target))


def command_of(document: Document) -> str:
    """Return the command that repeats an analysis; "" where its input has no name on a command line."""
    source, attribution = document.input.source, document.attribution
    if source is None:
        return ""
    command = ["python", "-m", "rnnformer_demo", "explain", document.model.name]
    # What begins with a hyphen would be taken for an option anywhere but at the end.
    command, last = (command, ["--", source]) if source.startswith("-") else ([*command, source], [])
    if attribution is not None:
        command += ["--method", attribution.method, "--target", attribution.target]
        command += [part for name, value in attribution.options.items() for part in ("--option", f"{name}={value}")]
    return shlex.join([*command, "--seed", str(document.provenance.seed), *last])


def _sample_of(document: Document, checkpoint: Checkpoint) -> Sample:
    """Read the input of a document again."""
    if document.input.layout == "sequence":
        return replace(checkpoint.reader(document.input.text), warnings=document.input.warnings)
    if document.input.image is None:
        raise InputError("The photo is not in this document: analyse it again.")
    square, reader = open_encoded(document.input.image), image_reader(checkpoint)
    if square.size != (reader.size, reader.size):
        raise InputError(f"The photo in this document is not as {document.model.name} reads it: analyse it again.")
    return reader.of_square(square, document.input.warnings)


def _check_sections(wanted: Collection[str]) -> None:
    unknown = [name for name in wanted if name not in BUILDERS]
    if unknown:
        raise InputError(f"There is no section {unknown[0][:60]!r} to fill: there is {', '.join(BUILDERS)}.")
