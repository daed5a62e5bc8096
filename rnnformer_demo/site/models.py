"""The files of one model in the static build: its checkpoint, its graphs, and what the browser must know of it.

| file | holds |
|---|---|
| `weights.safetensors` | the checkpoint's own weights, which all graphs read |
| `card.json`, `tokenizer.json` | the checkpoint's own card and tokenizer |
| `PROGRAM.onnx` | a graph, see `graphs/programs.py` |
| `facts.json` | the document's section "model", and the parts of the model by their names |
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

from pydantic import TypeAdapter

from ..analysis.core import build_model, out_of_domain
from ..analysis.pattern_search import example_texts
from ..checkpoints.cards import CARD, TOKENIZER, WEIGHTS, default_folder
from ..checkpoints.store import Checkpoint
from ..checkpoints.stored import stored_in
from ..document import Model
from ..evaluation.explanations import citation
from ..graphs.programs import IN_BROWSER, write
from ..graphs.wire import model_bytes
from ..interpret.attribution import METHOD_ALIASES, Method, methods_for
from ..models import config_to_dict
from ..nn.hooks import HookPoint
from ..nn.recurrent import BidirectionalRecurrence, RecurrentBlock

WEIGHTS_FILE = "weights.safetensors"


def write_model(checkpoint: Checkpoint, folder: Path, source: Path | None = None) -> None:
    """Write the files of a model into a folder.

    Args:
        checkpoint: the model, as it is loaded.
        folder: is made where it is missing.
        source: the folder of the checkpoints.

    Raises:
        Uncovered: for a model that no graph covers.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name, source = checkpoint.name, source or default_folder()
    shutil.copyfile(source / f"{name}{WEIGHTS}", folder / WEIGHTS_FILE)
    shutil.copyfile(source / f"{name}{CARD}", folder / "card.json")
    if (source / f"{name}{TOKENIZER}").exists():
        shutil.copyfile(source / f"{name}{TOKENIZER}", folder / "tokenizer.json")
    stored = stored_in(source / f"{name}{WEIGHTS}", WEIGHTS_FILE)
    for program in IN_BROWSER:
        (folder / f"{program}.onnx").write_bytes(model_bytes(write(program, checkpoint.model.config, stored)))
    facts = json.dumps(facts_of(checkpoint, source), ensure_ascii=False, separators=(",", ":"))
    (folder / "facts.json").write_text(facts, encoding="utf-8")


def facts_of(checkpoint: Checkpoint, source: Path | None = None) -> dict[str, Any]:
    """Return what the browser must know of a model beside its card; `source` is the folder of the checkpoints."""
    model, card = checkpoint.model, checkpoint.card
    return {
        "model": TypeAdapter(Model).dump_python(build_model(checkpoint), mode="json"),
        "modality": model.modality,
        "layout": model.layout,
        "grid": model.grid,
        "config": config_to_dict(model.config),
        "raw_labels": list(checkpoint.raw_labels),
        "preprocessing": checkpoint.reader.preprocessing() | {"tokenizer": None},
        "temperature": {"scale": checkpoint.temperature.scale, "exponent": checkpoint.temperature.exponent},
        "ood": card.get("ood"),
        "out_of_domain": out_of_domain(checkpoint) if checkpoint.ood else "",
        "examples": list(example_texts(checkpoint.name, source)) if model.modality == "text" else [],
        "hook_points": [{"kind": point.kind, "name": point.name} for point in _hook_points(checkpoint)],
        "recurrences": list(_recurrences(checkpoint)),
        "methods": [_method(method, model.modality, checkpoint.name) for method in methods_for(model.layout)],
        "method_aliases": METHOD_ALIASES,
    }


def _method(method: Method, modality: str, model: str) -> dict[str, Any]:
    """Return the traits of an attribution method but its functions, and what was measured of it, in a sentence."""
    traits = {field.name: getattr(method, field.name) for field in fields(method)}
    traits = {name: value for name, value in traits.items() if not callable(value)}
    return traits | {"benchmark": citation(method.name, modality, model)}


def _hook_points(checkpoint: Checkpoint) -> list[HookPoint]:
    return [module for module in checkpoint.model.modules() if isinstance(module, HookPoint)]


def _recurrences(checkpoint: Checkpoint) -> Iterator[dict[str, Any]]:
    for place, block in enumerate(checkpoint.model.core.blocks):
        if not isinstance(block, RecurrentBlock):
            continue
        for key, module in block.recurrences.items():
            recurrence = cast(BidirectionalRecurrence, module)
            yield {
                "name": recurrence.states.name,
                "recurrent_input": block.recurrent_input.name,
                "module": f"core.blocks.{place}.recurrences.{key}",
                "kind": recurrence.kind,
                "scan": recurrence.scan,
                "retention_gate": recurrence.cell.retention_gate,
                "has_cell_state": recurrence.cell.has_cell_state,
            }
