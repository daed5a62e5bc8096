"""The browser's engine as the tests run it: small untrained models in their folders, samples of Python, and a page."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from modules import Modules, modules

from rnnformer_demo.analysis.service import context_of
from rnnformer_demo.checkpoints import store
from rnnformer_demo.checkpoints.store import Checkpoint
from rnnformer_demo.data import Sample
from rnnformer_demo.document import Document
from rnnformer_demo.site.models import write_model
from rnnformer_demo.site.text_facts import text_facts

KINDS: dict[str, dict[str, Any]] = {
    "hybrid": {"modality": "text"},
    "transformer": {"modality": "text", "recurrence": (), "positions": True, "attention_layers": 1},
    "photos": {"modality": "image", "patches": False, "image_size": 64},  # four cells
}
START = """async () => {
  const ort = await import("/files/ort.js");
  ort.env.wasm.numThreads = 1;
  ort.env.wasm.wasmPaths = { mjs: new URL("/files/glue.js", location.href).href };
  ort.env.wasm.wasmBinary = await (await fetch("/files/ort.wasm")).arrayBuffer();
  const { LocalModel } = await import("/web/engine/model.js");
  const { Programs } = await import("/web/engine/programs.js");
  const { Context } = await import("/web/engine/context.js");
  const models = new Map();
  const model = (name) => {
    const read = async (file) => new Uint8Array(await (await fetch(`/files/${name}/${file}`)).arrayBuffer());
    const textFacts = async () => (await fetch("/files/text_facts.json")).json();
    const programs = (weights) => new Programs(ort, read, weights);
    if (!models.has(name)) models.set(name, LocalModel.open(programs, read, textFacts));
    return models.get(name);
  };
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const feedsOf = ({ ids, photo, side }) =>
    photo
      ? { photos: { data: new Float32Array(bytes(photo).buffer), dims: [1, 3, side, side] } }
      : {
          ids: { data: BigInt64Array.from(ids, BigInt), dims: [1, ids.length] },
          lengths: { data: Int32Array.of(ids.length), dims: [1] },
        };
  globalThis.opened = async ({ name, sample, seed }) => {
    if (!models.has(name)) models.set(name, model(name)); // its readers are tested elsewhere: samples come from Python
    return new Context(await models.get(name), { ...sample, feeds: feedsOf(sample) }, { seed });
  };
}"""


def save(name: str, folder: Path) -> Checkpoint:
    """Saves a small untrained model of a kind, to which its input makes a difference."""
    kind = KINDS[name]
    if kind["modality"] == "text":
        reader = tiny.text_reader()
        made = tiny.model(**kind, vocabulary=reader.tokenizer.get_vocab_size())
        made.embedding.weight.data *= 10
    else:
        reader, made = tiny.image_reader(kind["image_size"]), tiny.model(**kind)
        for layer in made.backbone.modules():
            if isinstance(layer, torch.nn.Conv2d):  # by the usual draw photos fade on their way through so many layers
                torch.nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    made.core.head[-1].weight.data *= 20
    about = {"metrics": {"held_out": {"n": 9, "accuracy": 0.5}}, "data": {}, "command": "none"}
    return store.save(name, made, reader, about, recorded_text=tiny.SENTENCES[0], folder=folder)


@contextmanager
def engine(browser, runtime: Path, folder: Path) -> Iterator[Modules]:
    """Opens a page on which `opened({name, sample, seed})` gives the context of a sample, for the models of `KINDS`.

    Args:
        runtime: holds the runtime's files.
        folder: becomes that of the checkpoints while the page is open.
    """
    served = {
        "ort.js": runtime / "ort.wasm.min.mjs",
        "glue.js": runtime / "ort-wasm-simd-threaded.mjs",
        "ort.wasm": runtime / "ort-wasm-simd-threaded.wasm",
        "text_facts.json": json.dumps(text_facts()).encode(),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RNNFORMER_CHECKPOINTS", str(folder))
        for name in KINDS:
            write_model(save(name, folder), folder / "site" / name, folder)
            served |= {f"{name}/{path.name}": path for path in (folder / "site" / name).iterdir()}
        with modules(browser, served) as page:
            page.call(START)
            yield page


def asked(document: Document) -> dict[str, Any]:
    """What `opened` takes of a document."""
    context = context_of(document)
    return {"name": document.model.name, "sample": sample_of(context.sample), "seed": context.seed}


def sample_of(sample: Sample) -> dict[str, Any]:
    """A sample as the browser's readers make it."""
    shown = {
        "unitNames": sample.unit_names,
        "tokenToUnit": sample.token_to_unit.tolist(),
        "spans": sample.spans,
        "grid": sample.grid,
        "steps": sample.mask.shape[1],
    }
    if sample.grid is None:
        return shown | {"ids": sample.inputs[0].tolist(), "display": sample.display}
    photo = base64.b64encode(sample.inputs.numpy().astype("<f4").tobytes()).decode()
    return shown | {"photo": photo, "side": sample.inputs.shape[-1]}


def differences(got: Any, wanted: Any, within: float = 1e-3, place: str = "") -> list[str]:
    """Where two pieces of JSON differ: numbers by more than a little, all else at all, keys in their order."""
    if isinstance(wanted, dict) and isinstance(got, dict):
        if list(wanted) != list(got):
            return [f"{place} has the keys {list(got)}, not {list(wanted)}"]
        return [each for key in wanted for each in differences(got[key], wanted[key], within, f"{place}.{key}")]
    if isinstance(wanted, list | tuple) and isinstance(got, list | tuple) and len(wanted) == len(got):
        pairs = enumerate(zip(got, wanted, strict=True))
        return [each for index, (a, b) in pairs for each in differences(a, b, within, f"{place}[{index}]")]
    numbers = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (got, wanted))
    same = abs(got - wanted) <= within if numbers else got == wanted
    return [] if same else [f"{place} is {got!r}, not {wanted!r}"]
