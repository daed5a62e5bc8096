"""Pretrained encoders: each learns on its own, then both go into the hybrid."""

from dataclasses import replace

import pytest
import tiny
import torch
from safetensors.torch import load_file

from rnnformer_demo.data import InputError
from rnnformer_demo.models import TextConfig
from rnnformer_demo.training.config import (
    EncodersConfig,
    PretrainingDataConfig,
    RunConfig,
    SeededTrainingConfig,
    TextDataConfig,
    TextModelOptions,
    TrainTextConfig,
)
from rnnformer_demo.training.data.text_data import TextData
from rnnformer_demo.training.recipes import stages_in_runs
from rnnformer_demo.training.tasks import text
from rnnformer_demo.training.tasks.encoders import FILE, load_encoders, train
from rnnformer_demo.training.tasks.language_models import LanguageModel, MaskedLanguageModel

CONFIG = TextConfig(labels=("a", "b"), **tiny.SMALLEST["text"])
MODEL = TextModelOptions(**tiny.SMALLEST["text"])
TRAINING = SeededTrainingConfig(epochs=8, batch_size=8, learning_rate=2e-2)


@pytest.fixture
def sources(tmp_path) -> TextDataConfig:
    """Sentences in which every word says what comes next."""
    path = tmp_path / "walks.csv"
    ways = {"up": "one two three four five six", "down": "six five four three two one"}
    lines = [f"{number} {way},{label}" for number in range(40) for label, way in ways.items()]
    path.write_text("\n".join(["text,label", *lines]), encoding="utf-8")
    return TextDataConfig(data=(str(path),))


def pretrain(sources: TextDataConfig, runs, objective: str, resume: bool = False, **changes) -> dict[str, float]:
    """Pretrains encoders of the small model into `runs/enc`."""
    options = {"name": "enc", "model": MODEL, "training": TRAINING, "objective": objective}
    config = EncodersConfig(data=PretrainingDataConfig(data=sources.data), **options | changes)
    return train(config, RunConfig(runs=runs, resume=resume))


@pytest.mark.parametrize("objective", ["language-model", "task"])
def test_encoders_learn_and_stand_on_one_embedding(sources, tmp_path, objective):
    accuracies = pretrain(sources, tmp_path, objective)
    assert set(accuracies) == {"lstm", "gru"}
    assert min(accuracies.values()) > {"language-model": 0.15, "task": 0.8}[objective]  # chance: 0.02 and 0.5
    material = TextData(sources, CONFIG, tmp_path)
    model = material.new_model(material.config, seed=5)
    assert load_encoders(tmp_path / "enc", model, material) == objective
    saved = load_file(tmp_path / "enc" / FILE)
    assert all(torch.equal(model.state_dict()[key], tensor) for key, tensor in saved.items())
    kinds = {key.split(".")[4] for key in saved if ".recurrences." in key}
    assert kinds == {"lstm_tokens", "gru_tokens"}
    assert "embedding.weight" in saved
    assert not any(key.startswith(("core.head", "core.blocks.1", "core.pooling")) for key in saved)


def test_the_second_encoder_leaves_the_embedding_of_the_first(sources, tmp_path):
    pretrain(sources, tmp_path, "language-model")
    first, second = (load_file(tmp_path / "enc" / kind / "best.safetensors") for kind in ("lstm", "gru"))
    key = "hybrid.embedding.weight"
    assert torch.equal(first[key], second[key])


def test_a_language_model_never_sees_the_token_that_it_predicts():
    """Another token at a step changes the query for it on neither side."""
    model = LanguageModel(tiny.model("text", recurrence=("lstm",), blocks=("recurrent",)))
    ids, mask = torch.randint(2, 80, (1, 7)), torch.ones(1, 7, dtype=torch.bool)
    changed = ids.clone()
    changed[0, 3] = ids[0, 3] % 80 + 2
    (before, tokens), (after, others) = model.queries(ids, mask), model.queries(changed, mask)
    about_the_step = (tokens != others).nonzero().flatten()
    assert len(about_the_step) == 2  # as the next of its left neighbour, as the previous of its right one
    assert torch.allclose(before[about_the_step], after[about_the_step])
    assert not torch.allclose(before, after)


def test_padding_is_not_predicted():
    model = LanguageModel(tiny.model("text", recurrence=("gru",), blocks=("recurrent",)))
    ids, mask = tiny.inputs(model.hybrid, [5, 3])
    queries, tokens = model.queries(ids, mask)
    assert len(queries) == len(tokens) == 2 * (4 + 2)
    alone, _ = model.queries(ids[1:, :3], mask[1:, :3])
    assert torch.allclose(queries[[4, 5, 10, 11]], alone, atol=1e-6)


ATTENTION = TextModelOptions(**tiny.SMALLEST["text"] | {"recurrence": (), "blocks": ("attention",), "positions": True})


def test_attention_learns_what_it_does_not_see(sources, tmp_path):
    accuracies = pretrain(sources, tmp_path, "masked-language-model", model=ATTENTION)
    assert accuracies["attention"] > 0.15  # chance: 0.02
    config = TrainTextConfig(name="walk", data=sources, encoders="enc", model=ATTENTION, training=TRAINING)
    saved = text.train(config, RunConfig(runs=tmp_path), folder=tmp_path / "out")
    assert saved.card["data"]["encoders"] == "masked-language-model"
    kept = load_file(tmp_path / "enc" / FILE)
    assert {"embedding.weight", "core.position_gain", "core.norm.weight"} < kept.keys()
    assert not any(key.startswith(("core.head", "core.pooling")) for key in kept)
    material = TextData(sources, replace(CONFIG, recurrence=(), blocks=("attention",), positions=True), tmp_path)
    model = material.new_model(material.config, seed=5)
    assert load_encoders(tmp_path / "enc", model, material) == "masked-language-model"
    assert all(torch.equal(model.state_dict()[key], tensor) for key, tensor in kept.items())


def test_a_masked_language_model_hides_what_it_is_asked_for_and_no_padding():
    model = MaskedLanguageModel(tiny.model("text", recurrence=(), blocks=("attention",))).eval()
    ids, mask = torch.randint(2, 80, (64, 30)), torch.arange(30)[None] < torch.full((64, 1), 20)
    seen = []
    model.hybrid.embedding.register_forward_hook(lambda module, arguments, output: seen.append(arguments[0]))
    queries, tokens = model.queries(ids, mask, torch.Generator().manual_seed(1))
    again, same = model.queries(ids, mask, torch.Generator().manual_seed(1))
    assert torch.equal(tokens, same)
    assert torch.equal(queries, again)
    assert torch.equal(seen[0], seen[1])
    assert 0.12 < len(tokens) / mask.sum() < 0.18
    changed = seen[0] != ids
    assert not (changed & ~mask).any()
    assert 0.85 < changed.sum() / len(tokens) < 0.95  # the rest stays as it is
    assert 0.75 < (seen[0][changed] == 1).sum() / len(tokens) < 0.85


def test_a_model_starts_from_its_encoders(sources, tmp_path):
    pretrain(sources, tmp_path, "task")
    config = TrainTextConfig(name="walk", data=sources, encoders="enc", model=MODEL, training=TRAINING)
    saved = text.train(config, RunConfig(runs=tmp_path), folder=tmp_path / "out")
    assert saved.card["recipe"]["stages"][:-1] == stages_in_runs("enc", tmp_path)
    assert saved.card["data"]["encoders"] == "task"
    assert saved.card["metrics"]["held_out"]["accuracy"] == 1.0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"units": 7}, "are not those of this model"),
        ({"recurrence": ("lstm",)}, "are not those of this model"),
        ({"max_tokens": 9}, "have another vocabulary"),
    ],
)
def test_encoders_of_another_model_are_refused(sources, tmp_path, changes, sentence):
    pretrain(sources, tmp_path, "task")
    config = TextConfig(labels=("a", "b"), **tiny.SMALLEST["text"] | changes)
    material = TextData(sources, config, tmp_path)
    with pytest.raises(InputError, match=sentence):
        load_encoders(tmp_path / "enc", material.new_model(material.config, 0), material)


def test_what_cannot_be_pretrained_is_refused(sources, tmp_path):
    with pytest.raises(InputError, match=r"--objective must be one of language-model, .*, task, got 'chess'"):
        pretrain(sources, tmp_path, "chess")
    with pytest.raises(InputError, match="A model without recurrence is pretrained with --objective masked"):
        pretrain(sources, tmp_path, "task", model=ATTENTION)
    with pytest.raises(InputError, match="--objective masked-language-model is for models without recurrence"):
        pretrain(sources, tmp_path, "masked-language-model")
    material = TextData(sources, CONFIG, tmp_path)
    with pytest.raises(InputError, match="There are no encoders in"):
        load_encoders(tmp_path / "nothing", material.new_model(material.config, 0), material)
