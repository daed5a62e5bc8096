"""The live report in Python: what is put into it, and what is refused in a sentence."""

import json
import shutil
from dataclasses import replace

import documents
import engine
import pytest
import tiny

from rnnformer_demo import cli
from rnnformer_demo.analysis.service import analyse
from rnnformer_demo.data import InputError
from rnnformer_demo.document import Document, to_json
from rnnformer_demo.graphs.builder import Uncovered
from rnnformer_demo.graphs.programs import IN_BROWSER
from rnnformer_demo.site import live_report as module
from rnnformer_demo.site.live_report import live_report
from rnnformer_demo.site.runtime import FILES


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoints")
    engine.save("hybrid", folder)
    return folder


@pytest.fixture
def document(checkpoints, monkeypatch) -> Document:
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(checkpoints))
    return analyse("hybrid", tiny.SENTENCES[0])


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    """Files in the place of the runtime, which npm need not fetch for what is tested here."""
    for name in FILES:
        (tmp_path / name).write_text("// runtime", encoding="utf-8")
    monkeypatch.setattr(module, "runtime_folder", lambda: tmp_path)


def test_it_carries_one_model_as_a_site_holds_it(document, runtime, monkeypatch):
    monkeypatch.setattr(module, "render", lambda document, carried: carried)
    carried = live_report(document)
    assert [model["name"] for model in carried.catalogue["models"]] == ["hybrid"]
    assert carried.catalogue["gallery"] == []
    programs = {f"models/hybrid/{program}.onnx.gz" for program in IN_BROWSER}
    names = ("about", "card", "facts", "tokenizer")
    assert set(carried.files) == programs | {
        *(f"models/hybrid/{name}.json.gz" for name in names),
        *("models/hybrid/weights.safetensors.planes.gz", "data/text_facts.json.gz", "data/leaderboards.json.gz"),
        *(f"runtime/{name}{'.lzma' if name.endswith('.wasm') else ''}" for name in FILES),
    }


def test_a_document_of_another_model_is_refused(document, runtime):
    others = replace(document, model=replace(document.model, sha256="0" * 64))
    with pytest.raises(InputError, match="The weights of hybrid are others than those of this analysis"):
        live_report(others)
    with pytest.raises(InputError, match="There is no model 'by-hand'"):
        live_report(documents.text_document())


def test_a_model_without_graphs_is_refused(document, runtime, monkeypatch):
    def refuse(*_):
        raise Uncovered("there is no operator for the cell x")

    monkeypatch.setattr(module, "write_model", refuse)
    with pytest.raises(InputError, match=r"hybrid cannot run in a browser: there is no operator for the cell x\."):
        live_report(document)


def test_without_npm_it_says_what_is_missing(document, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(InputError, match="ONNX Runtime for browsers comes by npm: install"):
        live_report(document)


def test_the_command_writes_it_and_says_how_large_it_is(document, tmp_path, monkeypatch, capsys):
    source, target = tmp_path / "a.json", tmp_path / "a.html"
    source.write_text(to_json(document), encoding="utf-8")
    monkeypatch.setattr(module, "live_report", lambda document: f"live: {document.input.text}")
    assert cli.main(["report", str(source), "--live", "--out", str(target), "--json"]) == 0
    assert target.read_text(encoding="utf-8") == f"live: {tiny.SENTENCES[0]}"
    assert json.loads(capsys.readouterr().out) == {"out": str(target), "bytes": target.stat().st_size}
    assert cli.main(["explain", "hybrid", tiny.SENTENCES[0], "--live", "--out", str(target)]) == 0
    assert target.read_text(encoding="utf-8") == f"live: {tiny.SENTENCES[0]}"


def test_the_command_refuses_figures_and_documents_without_their_model(document, tmp_path, capsys):
    assert cli.main(["explain", "hybrid", tiny.SENTENCES[0], "--live", "--out", "a.png"]) == 2
    assert "--live makes a report: it goes with --out FILE.html." in capsys.readouterr().err
    source = tmp_path / "a.json"
    source.write_text(to_json(documents.text_document()), encoding="utf-8")
    assert cli.main(["report", str(source), "--live", "--out", str(tmp_path / "a.html")]) == 2
    assert capsys.readouterr().err.startswith("There is no model 'by-hand'")
    assert not (tmp_path / "a.html").exists()
