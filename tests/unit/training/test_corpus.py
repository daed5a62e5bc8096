"""What a training makes of a table: its classes, what is held out of each, and where its weights start."""

from dataclasses import replace

import pytest
import tiny
import torch

from rnnformer_demo.checkpoints.store import load
from rnnformer_demo.data import InputError
from rnnformer_demo.training.config import (
    CorpusConfig,
    RunConfig,
    TextDataConfig,
    TextModelOptions,
    TrainingConfig,
    TrainTextConfig,
)
from rnnformer_demo.training.data.corpus import read_corpus
from rnnformer_demo.training.data.text_data import TextData
from rnnformer_demo.training.tasks import text


def train_small(tmp_path, data: str, *tests: str):
    """A checkpoint of one epoch."""
    config = TrainTextConfig(
        name="small",
        data=TextDataConfig(data=(data,)),
        test=tests,
        model=TextModelOptions(**tiny.SMALLEST["text"] | {"vocabulary": 200}),
        training=TrainingConfig(epochs=1),
    )
    return text.train(config, RunConfig(runs=tmp_path / "runs"), folder=tmp_path / "checkpoints")


def test_labels_that_differ_in_spelling_are_one_and_it_is_said(tmp_path, capsys):
    labels = ("Yes", "yes", "no", "No", "no ")
    rows = [f"word{number} one,{labels[number % 5]}" for number in range(40)]
    (tmp_path / "case.csv").write_text("\n".join(["text,label", *rows]))
    corpus = read_corpus(CorpusConfig(data=(str(tmp_path / "case.csv"),)))
    assert {row.label for row in corpus.training} == set(corpus.labels) == {"Yes", "no"}
    told = capsys.readouterr().err
    assert "Label 'yes' is read as 'Yes', from which it differs in spelling alone." in told
    assert "Classes: Yes: 16 rows, no: 24 rows." in told


def numbered(tmp_path, labels, name="numbers.csv", each=4) -> str:
    """A table whose texts tell their labels."""
    rows = [f"the word{label} number {number},{label}" for number in range(each) for label in labels]
    (tmp_path / name).write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    return str(tmp_path / name)


def test_numbers_are_named_in_their_order(tmp_path, capsys):
    names = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
    corpus = read_corpus(CorpusConfig(data=(numbered(tmp_path, range(11)),), labels=names))
    assert (corpus.labels, corpus.raw_labels) == (names, tuple(map(str, range(11))))
    assert all(f"word{names.index(row.label)} " in row.text for row in corpus.training + corpus.held_out)
    assert "two (labels 2): 4 rows" in capsys.readouterr().err


def test_labels_are_named_one_by_one_and_others_are_left_out(tmp_path, capsys):
    given = ("bad=1", "bad=2", "good=4", "good=5")
    corpus = read_corpus(CorpusConfig(data=(numbered(tmp_path, range(1, 6)),), labels=given))
    assert (corpus.labels, corpus.raw_labels) == (("bad", "good"), (["1", "2"], ["4", "5"]))
    assert (corpus.rows, corpus.rejected, len(corpus.training + corpus.held_out)) == (20, 4, 16)
    assert all((row.label == "bad") == (row.text[8] in "12") for row in corpus.training + corpus.held_out)
    assert "Labels that --labels does not name are left out: 3 (4 rows)." in capsys.readouterr().err


def test_missing_labels_make_no_class(tmp_path):
    corpus = read_corpus(CorpusConfig(data=(numbered(tmp_path, ("0.0", "1.0", "nan", "NULL", "")),)))
    assert (corpus.labels, corpus.rows, corpus.rejected) == (("0", "1"), 8, 12)


def test_each_class_of_a_small_set_is_held_out_by_its_share(tmp_path):
    path = tmp_path / "few.csv"
    rows = [f"dull film number {number},neg" for number in range(200)] + [
        f"fine book {number},pos" for number in range(3)
    ]
    path.write_text("\n".join(["text,label", *rows]))
    corpus = read_corpus(CorpusConfig(data=(str(path),)))
    held = [row.label for row in corpus.held_out]
    assert (held.count("neg"), held.count("pos")) == (20, 1)
    assert sum(row.label == "pos" for row in corpus.training) == 2


def test_a_model_starts_from_the_classes_of_the_same_names(tmp_path, saved, monkeypatch, capsys):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(saved))
    start = load("text", saved)  # its classes: no, yes, perhaps
    weight, bias = (start.model.state_dict()[f"core.head.1.{name}"] for name in ("weight", "bias"))
    config = TextDataConfig(data=(numbered(tmp_path, ("YES", "never", "perhaps")),), init_from="text")
    data = TextData(config, start.model.config, tmp_path)
    begun = data.new_model(data.config, 0).state_dict()
    assert data.config.labels == ("YES", "never", "perhaps")
    assert torch.equal(begun["core.head.1.weight"], torch.stack([weight[1], torch.zeros_like(weight[1]), weight[2]]))
    assert torch.equal(begun["core.head.1.bias"], torch.stack([bias[1], torch.zeros(()), bias[2]]))
    assert torch.equal(begun["embedding.weight"], start.model.embedding.weight)
    assert "The output layer is that of text for YES, perhaps, and new for never." in capsys.readouterr().err
    other = TextData(replace(config, data=(numbered(tmp_path, ("good", "poor", "so")),)), start.model.config, tmp_path)
    assert not other.new_model(other.config, 0).state_dict()["core.head.1.weight"].any()
    assert "The output layer is new: text has no class of these names." in capsys.readouterr().err


def test_a_checkpoint_records_a_text_that_the_model_reads(tmp_path):
    path = tmp_path / "emoji.csv"
    rows = [f"{('bad', 'good')[number % 2]} film number {number},{number % 2}" for number in range(60)]
    rows = [f"{chr(0x1F600 + number)},{number % 2}" for number in range(40)] + rows
    path.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    assert "film" not in read_corpus(CorpusConfig(data=(str(path),))).held_out[0].text
    saved = train_small(tmp_path, str(path))
    assert "film" in saved.card["recorded"]["input"]


def test_a_test_set_that_does_not_fit_is_refused_before_training(tmp_path):
    data = numbered(tmp_path, ("bad", "good"), each=20)
    test = numbered(tmp_path, (1, 2), "test.csv")
    with pytest.raises(InputError, match=r"test\.csv: The labels 1, 2 do not fit the classes bad, good"):
        train_small(tmp_path, data, test)
    assert not (tmp_path / "runs").exists()
