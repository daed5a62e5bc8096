"""What can be refused is refused before the first epoch, with a sentence."""

import json
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
import tiny

from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError
from rnnformer_demo.training import loop, preflight
from rnnformer_demo.training.config import TASKS, ImageDataConfig, RunConfig
from rnnformer_demo.training.data.image_data import ImageData
from rnnformer_demo.training.preflight import check_before, check_recipe
from rnnformer_demo.training.recipes import keep_stages, stage_of
from rnnformer_demo.training.recipes.stages import config_of

DATA = {
    "image": {"data": "photos"},
    "ood": {"data": ["a.csv"], "in_distribution": ["b.csv"]},
    "ablations": {"data": ["a.csv"], "test": "b.csv", "long": "c.csv"},
    "image-ablations": {"data": "photos", "test": "photos"},
}
NAMED = [task for task in TASKS if "ablations" not in task]
LEAVES_A_MODEL = ("text", "image", "imagenet-distill")
IN_RUNS = ("teacher", "nbsvm", "encoders")


def config(task: str, name: str = "mine", **more):
    named = {"name": name} if task in NAMED else {}
    return config_of({"task": task, "data": ["a.csv"]} | DATA.get(task, {}) | named | more)


@pytest.fixture
def run(tmp_path) -> RunConfig:
    return RunConfig(runs=tmp_path / "runs")


@pytest.fixture
def folder(saved, tmp_path) -> Path:
    """A folder in which `mine` is a model of texts."""
    for suffix in (".json", ".safetensors", ".tokenizer.json"):
        (tmp_path / "checkpoints").mkdir(exist_ok=True)
        shutil.copy(saved / f"text{suffix}", tmp_path / "checkpoints" / f"mine{suffix}")
    return tmp_path / "checkpoints"


@pytest.mark.parametrize("task", NAMED)
@pytest.mark.parametrize("name", ["My Model", "../mine", "a/b", "/tmp/mine", "", "mine.tokenizer", "C:\\mine"])
def test_a_name_that_is_none_is_refused_by_every_task(task, name, run, tmp_path):
    with pytest.raises(InputError, match=r"^A model's name must .*: try '[a-z0-9._-]+'\.$"):
        check_before(config(task, name), run, tmp_path)


@pytest.mark.parametrize("task", TASKS)
def test_what_is_in_nobodys_way_may_begin_and_leaves_nothing(task, run, tmp_path):
    check_before(config(task), run, tmp_path / "checkpoints")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("task", LEAVES_A_MODEL)
def test_a_model_is_not_overwritten_unless_that_is_asked_for(task, run, folder):
    with pytest.raises(InputError, match=r"^mine is there already: .* --overwrite\.$"):
        check_before(config(task), run, folder)
    with pytest.raises(InputError, match="is there already"):  # nothing of it was begun
        check_before(config(task), RunConfig(resume=True, runs=run.runs), folder)
    check_before(config(task), RunConfig(overwrite=True, runs=run.runs), folder)
    check_before(config(task, "other"), run, folder)


def test_a_baseline_has_the_name_of_its_kind(run, folder):
    for suffix in (".json", ".safetensors", ".tokenizer.json"):
        (folder / f"mine{suffix}").rename(folder / f"new-lstm{suffix}")
    with pytest.raises(InputError, match=r"^new-lstm is there already"):
        check_before(config("text", "new", baseline="lstm"), run, folder)


@pytest.mark.parametrize("task", IN_RUNS)
def test_what_lies_in_the_runs_is_not_overwritten_either(task, run, tmp_path):
    (run.runs / "mine").mkdir(parents=True)
    keep_stages("mine", [stage_of(config(task))], run.runs)
    with pytest.raises(InputError, match=r"^mine is there already"):
        check_before(config(task), run, tmp_path)
    for allowed in (RunConfig(overwrite=True, runs=run.runs), RunConfig(resume=True, runs=run.runs)):
        check_before(config(task), allowed, tmp_path)


def test_a_detector_is_added_to_the_model_of_its_name(run, folder):
    check_before(config("ood"), run, folder)


@pytest.mark.parametrize("task", ["text", "image", "imagenet-distill"])
def test_an_interrupted_training_is_not_begun_anew_in_silence(task, run, tmp_path):
    left = run.runs / ("mine" if task == "imagenet-distill" else "mine-seed0")
    left.mkdir(parents=True)
    (left / "last.safetensors").touch()
    with pytest.raises(InputError, match=r"lies in .*: go on with it by --resume, or start anew with --overwrite"):
        check_before(config(task), run, tmp_path)
    for allowed in (RunConfig(overwrite=True, runs=run.runs), RunConfig(resume=True, runs=run.runs)):
        check_before(config(task), allowed, tmp_path)


def test_folders_that_cannot_be_written_to_are_refused(run, tmp_path):
    (tmp_path / "file").touch()
    for where in (tmp_path / "file", tmp_path / "file" / "within"):
        with pytest.raises(InputError, match=r"file.* cannot be written to \(.*\): name another folder"):
            check_before(config("text"), run, where)
    with pytest.raises(InputError, match="cannot be written to"):
        check_before(config("text"), RunConfig(runs=tmp_path / "file"), tmp_path)


def test_a_full_disk_is_refused(run, tmp_path, monkeypatch):
    usage = namedtuple("usage", ("total", "used", "free"))
    monkeypatch.setattr(preflight.shutil, "disk_usage", lambda folder: usage(10, 9, 2**20))
    with pytest.raises(InputError, match="has 1 MB free, and the training needs 100: make room"):
        check_before(config("text"), run, tmp_path)


def test_a_recipe_is_refused_before_its_first_stage(run, folder):
    stages = [config("teacher", "guide"), config("text"), config("ood")]
    with pytest.raises(InputError, match=r"^mine is there already"):
        check_recipe(stages, run, folder)
    check_recipe([config("text", "fresh"), config("ood", "fresh")], run, folder)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--name", "My Model"], "try 'my-model'"),
        (["--name", "mine"], "mine is there already"),
    ],
)
def test_the_command_refuses_before_any_epoch(arguments, sentence, folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(loop, "fit", None)
    table = tmp_path / "train.csv"
    table.write_text("text,label\ngood,1\nbad,0\n")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    places = ["--checkpoints", str(folder), "--runs", str(tmp_path / "runs"), "--json"]
    assert main(["train", "text", "--data", str(table), *arguments, *places]) == 2
    captured = capsys.readouterr()
    assert sentence in captured.err
    assert sentence in json.loads(captured.out)["error"]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def photos(path: Path, **counts: int) -> str:
    for name, count in counts.items():
        for number in range(count):
            file = path / name.replace("__", "/") / f"{number}.png"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(tiny.encode(tiny.photo((16, 12), number), "PNG"))
    return str(path)


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ({"cat": 1, "dog": 1}, "holds one photo of each of its 2 classes: add photos"),
        ({"cat": 9}, r"must hold photos of two classes at least to train on, it holds 1 \(cat\)"),
        ({"test__cat": 3, "test__dog": 3}, "holds no photos to train on, only those of test"),
        (
            {"train__cat": 3, "val__cat": 2, "val__dog": 3},
            r"must hold photos of two classes at least to train on, it holds 1 \(cat\)",
        ),
        ({"train__cat": 1, "train__dog": 1, "test__dog": 3}, "holds one photo of each of its 2 classes"),
    ],
)
def test_photos_that_nothing_can_be_learned_from_are_refused(tmp_path, capsys, counts, sentence):
    folder = photos(tmp_path / "photos", **counts)
    with pytest.raises(InputError, match=f"^photos {sentence}"):
        ImageData.labelled(ImageDataConfig(data=folder), tmp_path / "runs")
    assert main(["train", "image", "--data", folder, "--name", "mine", "--runs", str(tmp_path / "runs")]) == 2
    assert capsys.readouterr().err.count("\n") >= 1


def test_a_class_to_leave_out_must_be_there(tmp_path):
    folder = photos(tmp_path / "photos", hot_dog=2, cat=2, dog=2)
    with pytest.raises(InputError, match="photos has no class 'bird' to leave out: it has cat, dog, hot_dog"):
        ImageData.labelled(ImageDataConfig(data=folder, exclude_classes=("bird",)), tmp_path)
    data = ImageData.labelled(ImageDataConfig(data=folder, exclude_classes=("Hot Dog",)), tmp_path)
    assert data.labels == ("cat", "dog")


def test_splits_are_used_as_they_are(tmp_path):
    counts = {f"{split}__{label}": 3 for split in ("train", "val", "test") for label in ("cat", "dog")}
    data = ImageData.labelled(ImageDataConfig(data=photos(tmp_path / "photos", **counts, val__bird=1)), tmp_path)
    (rows,) = (rows for _, rows in data.sources)
    assert {rows[index].path.split("/")[0] for index in data.training} == {"train"}
    assert {rows[index].path.split("/")[0] for index in data.held_out} == {"val"}
    assert data.labels == ("cat", "dog")
    assert (len(rows), data.wanted) == (12, 13)


def test_a_test_set_of_other_classes_is_refused(tmp_path, monkeypatch):
    folder, strange = photos(tmp_path / "photos", cat=3, dog=3), photos(tmp_path / "strange", tea=2)
    flags = ["--data", folder, "--name", "mine", "--test", strange, "--runs", str(tmp_path / "runs")]
    monkeypatch.setattr(loop, "fit", None)
    assert main(["train", "image", *flags]) == 2
