"""The hybrid that a visitor trained, as a checkpoint of one's own.

The server keeps none of it. The browser gets the checkpoint as a packed folder and its weights, and sends the weights
along with what it wants to be analysed; what else a checkpoint is made of stands here. So nobody else can ask for the
model, no memory is held between two requests, and any server answers.
"""

import base64
import io
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load

from ....checkpoints import store
from ....checkpoints.cards import WEIGHTS, digests_of
from ....checkpoints.quantisation import unpack
from ....checkpoints.store import Checkpoint
from ....confidence.calibration import NO_SCALING
from ....confidence.writing import WritingCheck
from ....data import InputError
from ....data.text import TextReader
from ....models import Hybrid, build, freeze
from ...intervals import wilson_interval
from . import sentences
from .live_training import config

NAME = "own"
_MOST_TOKENS = 40
_DAMAGED = "These are not the weights of a model that was trained here: train it again."
_TASK = "Whether a word judges well or badly, when a negation before it turns it"
_LIMITS = "It knows a few dozen words, and one of them that judges in a sentence: all else is nothing to it."
_EXAMPLES = ("This is not the film that I found very good.", "It is never boring.")


@dataclass(frozen=True)
class Own:
    """A trained hybrid as the browser keeps it.

    Attributes:
        weights: its safetensors file in base64.
        archive: a zip of its checkpoint in base64: unpacked, a folder that `--checkpoints` takes.
        entry: what the page's list of models says of it, see `ui/model_list.py`.
    """

    weights: str
    archive: str
    entry: dict[str, Any]


def keep(model: Hybrid, accuracy: float, tested: int, seed: int) -> Own:
    """Return a hybrid as the browser keeps it.

    Args:
        accuracy: share of right answers on `tested` sentences that it never saw.
    """
    right = round(accuracy * tested)
    figures = {"n": tested, "accuracy": accuracy, "interval": list(wilson_interval(right, tested))}
    with tempfile.TemporaryDirectory() as folder:
        about = _about({"built-in sentences": figures}, f"live, seed {seed}")
        saved = store.save(NAME, model, _reader(), about, recorded_text=_EXAMPLES[0], folder=Path(folder))
        files = sorted(Path(folder).iterdir())
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in files:
                archive.write(file, f"{NAME}/{file.name}")
        weights = (Path(folder) / f"{NAME}{WEIGHTS}").read_bytes()
    entry = {
        "name": NAME,
        "modality": "text",
        "layout": "sequence",
        "labels": list(saved.labels),
        "parameters": saved.model.parameters_count,
        "bytes": saved.size,
        "metrics": saved.card["metrics"],
        "made_of": "an LSTM, a GRU and a Transformer",
        "baseline_of": None,
        "matched": True,
        "task": _TASK,
        "limits": _LIMITS,
        "examples": list(_EXAMPLES),
    }
    return Own(_text_of(weights), _text_of(packed.getvalue()), entry)


def restore(weights: str) -> Checkpoint:
    """Return the checkpoint of weights that `keep` gave: all else of it is that of live trainings, whatever is sent.

    Raises:
        InputError: for weights that are not those of such a hybrid.
    """
    model = build("text", config())
    try:
        content = base64.b64decode(weights, validate=True)
        tensors = {key: tensor.float() for key, tensor in unpack(load(content)).items()}
        model.load_state_dict(tensors, strict=True)
    except (SafetensorError, RuntimeError, ValueError, TypeError, LookupError) as error:
        raise InputError(_DAMAGED) from error
    if not all(tensor.isfinite().all() for tensor in tensors.values()):
        raise InputError(_DAMAGED)
    reader = _reader()
    return Checkpoint(
        name=NAME,
        model=freeze(model),
        reader=reader,
        card=_about({}, "") | {"modality": model.modality, "parameters": model.parameters_count},
        temperature=NO_SCALING,
        sha256=digests_of(content)[0],
        size=len(content),
        ood=None,
        eight_bit_weights=(),
        writing=WritingCheck(reader),
    )


def _reader() -> TextReader:
    return TextReader(sentences.tokenizer(), _MOST_TOKENS)


def _about(metrics: dict[str, Any], comment: str) -> dict[str, Any]:
    """Return the card, as far as `save` does not write it."""
    return {
        "task": _TASK,
        "limits": _LIMITS,
        "examples": list(_EXAMPLES),
        "metrics": metrics,
        "data": {"file": "built-in sentences", "labels": list(sentences.LABELS)},
        "training": {"comment": comment},
    }


def _text_of(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
