"""Cards: in which order they stand, what their tables and their words say, and how README.md gets them."""

import json
import platform

import pytest
import tiny
import torch

from rnnformer_demo.checkpoints import cards
from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation import explanations
from rnnformer_demo.evaluation.reporting import card_text, figures, model_tables, study_tables
from rnnformer_demo.evaluation.reporting import readme as readme_files
from rnnformer_demo.training.loop import Progress, Recipe
from rnnformer_demo.training.tasks import finish


def results(accuracy: float, classes: int = 2, **more) -> dict:
    """Those of a test."""
    return {
        "n": 1000,
        "accuracy": accuracy,
        "interval": [accuracy - 0.02, accuracy + 0.01],
        "macro_f1": 0.5,
        "ece": 0.012,
        "ece_before_scaling": 0.034,
        "confusion": [[700 + row] * classes for row in range(classes)],
        **more,
    }


def write(folder, name: str, classes: int = 2, **more) -> None:
    """Writes a card, and beside it weights that nobody reads."""
    card = {
        "format": cards.FORMAT,
        "name": name,
        "modality": "text",
        "config": {"labels": [f"class {number}" for number in range(classes)]},
        "preprocessing": {},
        "temperature": 1.5,
        "recorded": {},
        "parameters": 1_234_567,
        "metrics": {"held_out": results(0.9, classes), "sst2 dev": results(0.87, classes)},
        "data": {"file": "a/b.tsv", "rows": 2000, "rejected_rows": 3, "trained_on": 1800, "held_out": 200},
        "command": f"python -m rnnformer_demo train text --name {name}",
        **more,
    }
    (folder / f"{name}.json").write_text(json.dumps(card), encoding="utf-8")
    (folder / f"{name}.safetensors").write_bytes(b"0" * 1_000_000)


SEEDS = [
    {"seed": seed, "held_out": 0.9 + seed / 100, "tests": {"sst2 dev": 0.86 + seed / 100}, "shipped": seed == 2}
    for seed in range(3)
]
OOD = {
    "signal": "energy",
    "threshold": 1.2345,
    "recall": 0.95,
    "n": 800,
    "auroc": {
        "news": {"auroc": 0.98, "n_in": 800, "n_out": 500, "kind": "far"},
        "reviews of phones": {"auroc": 0.75, "n_in": 800, "n_out": 400, "kind": "near"},
        "Chinese": {"auroc": 0.99, "n_in": 800, "n_out": 300, "kind": "far"},
    },
}


@pytest.fixture
def family(tmp_path, monkeypatch):
    """A folder of cards: a hybrid with all that a card can say, its baselines, and models that say the least."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    training = {"minutes": 12.5, "machine": "A processor, 2 cores, 1 thread, bfloat16"}
    full = {"task": "Taste.", "limits": "It knows two tastes.", "seeds": SEEDS, "ood": OOD, "training": training}
    write(folder, "tea", **full)
    for kind in ("transformer", "gru", "lstm"):
        write(folder, f"tea-{kind}", baseline_of="tea", limits="It knows two tastes.")
    write(folder, "orphan", baseline_of="gone")
    write(folder, "many", classes=21)
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(folder))
    return folder


def test_each_hybrid_is_followed_by_its_baselines(family):
    assert list(cards.in_families()) == ["many", "orphan", "tea", "tea-lstm", "tea-gru", "tea-transformer"]


def test_the_cnn_alone_follows_the_other_baselines():
    of_photos = [f"photos-{kind}" for kind in ("lstm", "gru", "transformer", "cnn")]
    known = {name: {"baseline_of": "photos"} for name in sorted(of_photos)} | {"photos": {}}
    assert list(cards.by_family(known)) == ["photos", *of_photos]


def test_the_table_has_a_row_for_each_model_and_test(family):
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in model_tables.model_table().splitlines()]
    assert len(rows) == 2 + 2 * len(cards.names())
    assert {len(row) for row in rows} == {9}
    tea = next(index for index, row in enumerate(rows) if row[0] == "`tea`")
    held_out = ["held out", "1,000", "90.0 (88.0 to 91.0)", "91.0 ± 1.0 (3)", "50.0", "3.4 → 1.2"]
    assert rows[tea] == ["`tea`", "1,234,567", "1.0", *held_out]
    assert rows[tea + 1] == ["", "", "", "sst2 dev", "1,000", "87.0 (85.0 to 88.0)", "87.0 ± 1.0 (3)", *held_out[-2:]]
    assert rows[tea + 2][6] == "one seed"


def test_a_card_of_an_older_version_has_its_one_calibration_error(family):
    older = results(0.8)
    del older["ece_before_scaling"]
    write(family, "older", metrics={"held_out": older})
    (row,) = (line for line in model_tables.model_table().splitlines() if "`older`" in line)
    assert row.endswith("| 50.0 | 1.2 |")


def test_seeds_are_summed_up_by_mean_and_sample_deviation(family):
    card = cards.read_card("tea")
    assert figures.seeds_summary(card) == "3 seeds: held out 91.0 ± 1.0, sst2 dev 87.0 ± 1.0; seed 2 is shipped"
    assert figures.seeds_summary(cards.read_card("many")) == "one seed"
    assert figures.seeds_summary(card | {"seeds": SEEDS[:1]}) == "one seed"


def test_a_test_that_only_the_shipped_model_took_is_of_one_seed(family):
    card = cards.read_card("tea")
    card["metrics"]["imdb test"] = results(0.88)
    assert figures.over_seeds(card, "imdb test") == "one seed"
    assert "imdb" not in figures.seeds_summary(card)


def test_tasks_and_limits_stand_once_for_a_hybrid_and_its_baselines(family):
    parts = readme_files.readme_parts()
    assert "| `tea` | Taste | 2 | a/b.tsv | 1,800 of 2,000 |" in parts["tasks"]
    assert parts["limits"] == "- `tea`: It knows two tastes."
    for baseline in ("tea-lstm", "tea-gru", "tea-transformer"):
        assert baseline not in parts["tasks"] + parts["limits"]
        assert baseline in parts["models"]
        assert f"--name {baseline}" in parts["training"]


def test_far_and_near_inputs_stand_apart(family):
    row = readme_files.readme_parts()["ood"].splitlines()[-1]
    expected = "| `tea` | energy | 1.23 (95.0 % of 800) | news 0.980, Chinese 0.990 | reviews of phones 0.750 |"
    assert row == expected


def test_where_no_card_says_it_a_sentence_does(tmp_path):
    write(tmp_path, "plain")
    parts = readme_files.readme_parts(tmp_path)
    assert parts["ood"] == "No card has an out-of-distribution detector yet."
    assert parts["limits"] == "No card names limits of its own model yet."


def test_a_card_is_described(family, capsys):
    assert main(["models", "tea"]) == 0
    told = capsys.readouterr().out
    for line in (
        "tea: Taste.",
        "Classes (2): class 0, class 1",
        "Data: a/b.tsv",
        "Rows (2,000): 1,800 trained on, 200 held out, 3 rejected",
        "Size: 1,234,567 parameters, 1.0 MB",
        "held out  1,000          90.0 (88.0 to 91.0)         50.0                       3.4 -> 1.2",
        "class 1  701  701",
        "OOD score: energy, threshold 1.23: 95.0 % of 800 held-out inputs lie below it",
        "AUROC against reviews of phones (near): 0.750 (800 in distribution, 400 out)",
        "Training: 12.5 minutes on A processor, 2 cores, 1 thread, bfloat16",
        f"Seeds: {figures.seeds_summary(cards.read_card('tea'))}",
        "Command: python -m rnnformer_demo train text --name tea",
        "Limits: It knows two tastes.",
    ):
        assert line in told.splitlines(), line
    assert "Baseline of: tea" in card_text.describe("tea-gru").splitlines()


def test_a_confusion_matrix_of_many_classes_is_left_out(family):
    assert "Confusion" not in card_text.describe("many")
    assert "class 19, ..." in card_text.describe("many")


def test_columns_stay_aligned_under_wide_characters(tmp_path):
    write(tmp_path, "zh", config={"labels": ["好", "bad"]})
    lines = card_text.describe("zh", tmp_path).splitlines()
    assert "好   700  700" in lines
    assert "bad  701  701" in lines


def test_json_gives_the_card_itself_with_its_bytes(family, capsys):
    assert main(["models", "tea", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told.pop("bytes") == cards.size_on_disk("tea") == (family / "tea.json").stat().st_size + 1_000_000
    assert told == cards.read_card("tea")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody"], "There is no model 'nobody': there is many, orphan, tea"),
        (["tea", "--markdown"], "not allowed with"),
        (["--write", "nowhere/README.md"], "nowhere/README.md cannot be filled"),
        (["--write", "LICENSE"], "LICENSE has no place for 'tasks' or 'models' or"),
    ],
)
def test_what_models_cannot_do_gets_a_sentence(family, capsys, arguments, sentence):
    assert main(["models", *arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert sentence in captured.err


def parts() -> dict[str, str]:
    """All that `models --write` writes."""
    return readme_files.readme_parts() | study_tables.readme_parts() | explanations.readme_parts()


@pytest.fixture
def readme(tmp_path):
    """A file with a place for every part, and text around them."""
    path = tmp_path / "README.md"
    places = [f"before {name}\n\n<!-- {name} -->\nold\n<!-- end -->" for name in parts()]
    path.write_text("# Title\n\n" + "\n\n".join(places) + "\n\n<!-- bench -->\nkept\n<!-- end -->\n", encoding="utf-8")
    return path


def test_a_readme_is_filled_in_place(family, readme, capsys):
    before = readme.read_text(encoding="utf-8")
    assert main(["models", "--write", str(readme)]) == 0
    expected = before
    for name, part in parts().items():
        expected = expected.replace(f"<!-- {name} -->\nold\n", f"<!-- {name} -->\n{part}\n")
    assert readme.read_text(encoding="utf-8") == expected
    assert "old\n" not in expected
    assert "<!-- bench -->\nkept\n<!-- end -->\n" in expected
    assert main(["models", "--write", str(readme)]) == 0
    assert readme.read_text(encoding="utf-8") == expected, "filling again changes nothing"
    capsys.readouterr()
    assert main(["models", "--markdown"]) == 0
    for block in capsys.readouterr().out.strip().split("\n\n"):
        assert block in expected


def test_an_empty_place_is_filled_too(tmp_path):
    path = tmp_path / "README.md"
    path.write_text("<!-- models -->\n<!-- end -->\n", encoding="utf-8")
    readme_files.fill(path, {"models": "new"})
    assert path.read_text(encoding="utf-8") == "<!-- models -->\nnew\n<!-- end -->\n"


def test_each_file_gets_the_parts_that_have_a_place_in_it(family, readme, tmp_path, capsys):
    other = tmp_path / "OTHER.md"
    other.write_text("<!-- limits -->\nold\n<!-- end -->\n", encoding="utf-8")
    assert main(["models", "--write", str(readme), str(other)]) == 0
    assert capsys.readouterr().out.splitlines()[1] == f"{other} is filled: limits."
    assert other.read_text(encoding="utf-8") == readme_files.marked("limits", parts()["limits"]) + "\n"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "# Title\n",
            r"README\.md has no place for 'models' or 'poems': add the lines <!-- models --> and <!-- end -->",
        ),
        ("<!-- poems -->\nroses\n<!-- end -->\n<!-- models -->\n", "the place for 'models' has no end"),
    ],
)
def test_a_file_without_a_place_stays_as_it_was(tmp_path, text, sentence):
    path = tmp_path / "README.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=sentence):
        readme_files.fill(path, {"models": "new", "poems": "violets"})
    assert path.read_text(encoding="utf-8") == text


def test_cards_are_read_and_described_without_torch():
    out = tiny.run_python(
        "import sys\nfrom rnnformer_demo.checkpoints import cards\n"
        "from rnnformer_demo.evaluation.reporting import card_text, readme\nname, *_ = cards.names()\n"
        "card_text.describe(name), readme.readme_parts()\nprint('torch' in sys.modules)"
    )
    assert out == "False"


def test_the_machine_is_told_without_its_name(monkeypatch, tmp_path):
    monkeypatch.setattr(finish.os, "cpu_count", lambda: 4)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    assert finish.machine().endswith(", 4 cores, 1 thread")
    assert platform.node() not in finish.machine()
    monkeypatch.setattr(finish, "Path", lambda path: tmp_path / "absent")
    assert finish.machine() == f"{platform.machine()}, 4 cores, 1 thread"
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "A graphics card")
    assert finish.machine() == "A graphics card"


def test_the_record_of_a_training_names_machine_and_precision():
    history = [Progress(1, 0.5, 0.9, 1.0, seconds=90.0), Progress(2, 0.4, 0.9, 1.0, seconds=60.0)]
    told = finish.training_record(Recipe(precision="bfloat16"), history)["training"]
    assert told["minutes"] == 2.5
    assert told["machine"] == f"{finish.machine()}, bfloat16"
