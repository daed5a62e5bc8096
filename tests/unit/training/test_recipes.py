"""Recipes: each shipped model's says what its card records; stages run in their order, finished ones are left out."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import tiny

from rnnformer_demo.checkpoints import cards
from rnnformer_demo.checkpoints.store import load
from rnnformer_demo.cli import main
from rnnformer_demo.cli.train import parse_train
from rnnformer_demo.cli.train_flags import current_flags
from rnnformer_demo.data import InputError
from rnnformer_demo.training.config import TASKS, TextModelOptions
from rnnformer_demo.training.recipes import CARD_FIELDS, config_of, find, names, recipe_of, stage_of
from rnnformer_demo.training.recipes.progress import is_finished
from rnnformer_demo.training.recipes.stages import as_today
from rnnformer_demo.training.tasks import text
from rnnformer_demo.training.tasks.shape import model_config

FOLDER = tiny.ROOT / "checkpoints"
SHIPPED = {name: cards.read_card(name, FOLDER) for name in cards.names(FOLDER)}
# Their cards record no label smoothing, their commands leave it at the default: the recipes follow the cards.
WITHOUT_SMOOTHING = ("sentiment-en", "sentiment-en-lstm")
shipped = pytest.mark.parametrize("name", SHIPPED)


def recorded(command: str):
    """Config of a command that a card records, in the flags of the version before."""
    return parse_train(shlex.split(command)[4:]).config


def model_stage(name: str):
    """The stage that gives a model its shape."""
    return next(config for config in find(name).stages if stage_of(config)["task"] in ("text", "image", MADE_OF_LITE0))


def last_stage(name: str):
    """The stage whose hyperparameters the card has: another, where the model went on from itself."""
    return [config for config in find(name).stages if stage_of(config)["task"] in ("text", "image", MADE_OF_LITE0)][-1]


MADE_OF_LITE0 = "imagenet-distill"


def test_every_shipped_model_has_a_recipe():
    assert names() == sorted(SHIPPED)


@shipped
def test_a_recipe_is_what_the_commands_of_the_card_say(name, capsys):
    card = SHIPPED[name]
    commands = [*card.get("stages", ()), *([card["command"]] if "command" in card else [])]
    expected = [stage_of(recorded(command)) for command in commands] or [*map(as_today, card["recipe"]["stages"])]
    if commands and name in WITHOUT_SMOOTHING:
        expected[-1]["label_smoothing"] = 0.0
    detector = card["ood"]
    expected.append(stage_of(recorded(detector["command"]) if "command" in detector else config_of(detector["recipe"])))
    assert [stage_of(config) for config in find(name).stages] == expected
    assert find(name).name == name
    assert not commands or "accepted in this version only" in capsys.readouterr().err


@shipped
def test_a_detector_is_finished_though_keys_of_stages_came_later(name, tmp_path):
    stage = stage_of(find(name).stages[-1])
    assert is_finished(stage, tmp_path, FOLDER)
    assert not is_finished(stage | {"near_ood": ["other.tsv"]}, tmp_path, FOLDER)


@shipped
def test_a_recipe_has_the_hyperparameters_seeds_and_text_of_the_card(name):
    card, config = SHIPPED[name], last_stage(name)
    hyperparameters = card.get("hyperparameters", card["recipe"])
    assert vars(replace(config.training, seed=hyperparameters["seed"])) == hyperparameters
    assert list(getattr(config, "seeds", ())) == [each["seed"] for each in card.get("seeds", ())]
    assert find(name).card == {key: card[key] for key in CARD_FIELDS if key in card}


@shipped
def test_the_shape_of_a_recipe_is_that_of_the_card(name):
    config = model_stage(name)
    if getattr(config, "baseline", None) is None:
        shape = model_config(load(name, FOLDER).model.modality, config.model)
        own = load(name, FOLDER).model.config
        assert replace(shape, labels=own.labels, **({"readout": own.readout} if hasattr(own, "readout") else {})) == own


def test_a_card_of_an_older_version_has_the_stages_of_its_recipe():
    assert recipe_of(SHIPPED["objects"])["stages"][0] == stage_of(find("objects").stages[0])
    unknown = {"name": "mine", "command": "python -m rnnformer_demo train text", "stages": ["first"]}
    assert recipe_of(unknown)["stages"] == [{"command": "first"}, {"command": unknown["command"]}]


def test_a_transformer_is_pretrained_where_its_recipe_says_by_what(tmp_path):
    path = tmp_path / "race.json"
    masked = {"task": "encoders", "objective": "masked-language-model", "learning_rate": 1e-3}
    path.write_text(json.dumps({"extends": "sentiment-en", "baseline": "transformer", "stages": [masked]}))
    encoders, model = (find(str(path)).stages[place] for place in (1, 2))
    assert (encoders.name, encoders.objective, encoders.baseline) == (
        "encoders-sentiment-en-transformer",
        "masked-language-model",
        "transformer",
    )
    assert encoders.training.learning_rate == 1e-3
    assert model.encoders == encoders.name
    assert next(stage for stage in find("sentiment-en-transformer").stages if stage.name == model.name).encoders is None


@pytest.mark.parametrize("name", names())
def test_stages_and_configs_are_the_same(name):
    for config in find(name).stages:
        stage = stage_of(config)
        assert config_of(json.loads(json.dumps(stage))) == replace(config, **_no_text(config))
        assert stage["task"] in TASKS


def _no_text(config) -> dict:
    return {"card_text": None} if hasattr(config, "card_text") else {}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"stages": []}, "must hold stages"),
        ({"stages": [{"task": "poetry"}]}, "There is no task 'poetry'"),
        ({"stages": [{"task": "nbsvm", "name": "a"}]}, "The stage nbsvm cannot be read: data is missing"),
        ({"stages": [{"task": "nbsvm", "name": "a", "data": ["b"], "epochs": 3}]}, "The stage nbsvm has no epochs"),
        ({"stages": [{"task": "text", "name": "a", "data": ["b"], "epochs": 0}]}, "epochs must be at least 1, got 0"),
        ({"stages": [{"task": "text", "name": "a", "data": ["b"], "variants": 2}]}, "variants must be from 0 to 1"),
        ({"stages": [{"task": "text", "name": "a", "data": ["b"], "of_each": 0}]}, "labelled_limit must be at least 1"),
        (
            {"stages": [{"task": "text", "name": "a", "data": ["b"]}], "card": {"colour": "red"}},
            "must be an object with",
        ),
        ({"extends": "nobody", "baseline": "lstm"}, "A recipe must extend one of"),
        ([], "must hold an object"),
    ],
)
def test_a_recipe_that_cannot_be_read_gets_a_sentence(tmp_path, content, sentence):
    path = tmp_path / "odd.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(InputError, match=sentence):
        find(str(path))


def test_old_flags_become_those_of_today(capsys):
    old = ["--rival", "lstm", "--window=3", "--recurrence", "lstm,gru", "--head-layers", "none", "--word-vectors"]
    new = ["--baseline", "lstm", "--max-window=3", "--recurrence", "lstm", "gru", "--head-layers", "--word-vectors"]
    assert list(current_flags(old)) == [*new, "minilm"]
    assert capsys.readouterr().err.count("Notice: ") == 5


def test_the_defaults_of_the_flags_are_those_of_the_models():
    assert model_config("text", TextModelOptions()) == text.TextConfig(labels=("first", "second"))


@pytest.fixture
def recipe(tmp_path) -> str:
    """A linear teacher, encoders, a small model and its baseline's recipe, on a table of which one word decides."""
    table = tmp_path / "tea.csv"
    rows = [f"the tea number {n} is {w},{w}" for n in range(30) for w in ("hot", "iced")]
    table.write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    shape = {"width": 16, "units": 5, "heads": 2, "vocabulary": 90, "embedding": 12, "max_tokens": 32}
    stages = [
        {"task": "nbsvm", "name": "counted"},
        {"task": "encoders", "name": "read", "epochs": 1, **shape},
        {"task": "text", "name": "tea", "teacher": ["counted"], "encoders": "read", "epochs": 1, **shape},
    ]
    path = tmp_path / "tea.json"
    content = {"name": "tea", "card": {"task": "Tea"}, "shared": {"data": [str(table)]}, "stages": stages}
    path.write_text(json.dumps(content), encoding="utf-8")
    return str(path)


def test_the_stages_of_a_recipe_run_and_finished_ones_are_left_out(recipe, tmp_path, capsys):
    folders = ["--runs", str(tmp_path / "runs"), "--checkpoints", str(tmp_path / "checkpoints")]
    assert main(["train", "--recipe", recipe, *folders, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [stage["task"] for stage in result["stages"]] == ["nbsvm", "encoders", "text"]
    card = cards.read_card("tea", tmp_path / "checkpoints")
    assert card["task"] == "Tea"
    assert card["recipe"] == {"name": "tea", "stages": [stage_of(config) for config in find(recipe).stages]}

    (tmp_path / "checkpoints" / "tea.json").unlink()
    (tmp_path / "runs" / "read" / "recipe.json").unlink()
    assert main(["train", "--recipe", recipe, *folders, "--json", "--resume"]) == 0
    printed = capsys.readouterr()
    assert [stage["task"] for stage in json.loads(printed.out)["stages"]] == ["encoders", "text"]
    assert "nbsvm counted is finished." in printed.err
    assert cards.read_card("tea", tmp_path / "checkpoints")["recipe"] == card["recipe"]


def test_the_card_of_a_model_is_its_recipe(recipe, tmp_path):
    folders = ["--runs", str(tmp_path / "runs"), "--checkpoints", str(tmp_path / "checkpoints")]
    assert main(["train", "--recipe", recipe, *folders]) == 0
    again = find(str(tmp_path / "checkpoints" / "tea.json"))
    assert again == replace(find(recipe), name="tea")


def test_help_names_tasks_and_recipes_without_torch():
    code = (
        "import sys\nfrom rnnformer_demo.cli import main\n"
        "for words in (['--help'], ['train', '--help'], ['train', 'text', '--help']):\n"
        "    try:\n        main(words)\n    except SystemExit as error:\n        assert not error.code\n"
        "print('torch' in sys.modules)"
    )
    printed = tiny.run_python(code)
    assert "imagenet-distill Distil EfficientNet-Lite0" in printed
    assert "sentiment-zh-transformer" in printed
    assert "--backbone" not in printed
    assert "--label-smoothing FLOAT" in printed
    assert printed.endswith("False")


def test_recipes_lie_beside_their_code():
    assert {path.stem for path in Path(text.__file__).parents[1].glob("recipes/*.json")} == set(names())
