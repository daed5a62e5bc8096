"""Both engines fill every section of the document with the same numbers, of every shipped model."""

from typing import Any

import pytest
import torch
from alike import differences

from rnnformer_demo.analysis.sections import BUILDERS
from rnnformer_demo.analysis.service import analyse
from rnnformer_demo.checkpoints.cards import names, read_card
from rnnformer_demo.checkpoints.engines import VARIABLE, accelerate
from rnnformer_demo.checkpoints.store import Checkpoint, load
from rnnformer_demo.data import InputError
from rnnformer_demo.document import Document, from_dict, to_dict
from rnnformer_demo.interpret.attribution import explain, methods_for
from rnnformer_demo.ui.gallery import EXAMPLES

TEXT = {"zh": "这部电影不好看，演员却很认真。", "en": "A clumsy film, but never dull: its heart is in the right place."}


def source_of(name: str) -> Any:
    card = read_card(name)
    return (
        TEXT["zh" if "-zh" in name else "en"] if card["modality"] == "text" else (EXAMPLES / "coffee.jpg").read_bytes()
    )


def by_both(name: str, monkeypatch) -> tuple[Checkpoint, Checkpoint]:
    """The checkpoint run by torch, and by graphs."""
    monkeypatch.setenv(VARIABLE, "onnx")
    return load(name), accelerate(load(name))


@pytest.mark.parametrize("name", names())
def test_every_section_is_the_same(name, monkeypatch):
    monkeypatch.setattr("rnnformer_demo.interpret.trust.faithfulness.STAGES", (4,))  # few random orders do here
    documents: list[Document] = []
    wanted = [*BUILDERS] if name in ("sentiment-en", "caltech101") else [each for each in BUILDERS if each != "trust"]
    for checkpoint in by_both(name, monkeypatch):
        documents.append(analyse(checkpoint, source_of(name), wanted=wanted, method="relevance-propagation"))
    one, other = (to_dict(document) for document in documents)
    assert from_dict(other) == documents[1]
    assert differences(one, other) == []


@pytest.mark.parametrize("name", ["sentiment-en", "sentiment-zh-transformer", "caltech101-lstm"])
def test_every_method_gives_the_same_scores(name, monkeypatch):
    torch_checkpoint, graph_checkpoint = by_both(name, monkeypatch)
    sample = torch_checkpoint.reader(source_of(name))
    models = [torch_checkpoint.model, graph_checkpoint.model]
    apart = {}
    for method in methods_for(sample.layout):
        if method.slow_on_grid and sample.layout == "grid":
            continue
        try:
            one, other = (explain(model, sample, 0, method.name).scores for model in models)
        except InputError:  # of a model that lacks what the method shows
            continue
        apart[method.name] = ((one - other).abs().max() / one.abs().max().clamp(min=1e-3)).item()
    assert len(apart) > 9
    assert max(apart.values()) < 1e-3, apart


def test_an_engine_runs_what_it_says_it_runs(monkeypatch):
    _, checkpoint = by_both("sentiment-en", monkeypatch)
    model, sample = checkpoint.model, checkpoint.reader("A gem.")
    before = model(sample.inputs, sample.mask)
    model.core.head[-1].bias.data += 1.0
    assert torch.equal(model(sample.inputs, sample.mask), before)  # the graphs keep the weights that they were given
    model.engine = None
    assert not torch.equal(model(sample.inputs, sample.mask), before)


def test_an_unknown_engine_is_refused(monkeypatch):
    monkeypatch.setenv(VARIABLE, "tensorflow")
    with pytest.raises(InputError, match="RNNFORMER_ENGINE must be one of auto, onnx, torch, got 'tensorflow'"):
        accelerate(load("sentiment-en"))
