"""The command line: what it prints, where, and with which exit code."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from rnnformer_demo.checkpoints import cards
from rnnformer_demo.cli import main
from rnnformer_demo.data.image import reference_image as picture
from rnnformer_demo.evaluation.reporting import model_tables

ROOT = Path(__file__).resolve().parents[2]
TEXT, PHOTO = "sentiment-en", "caltech101"


def run(capsys: pytest.CaptureFixture, *arguments: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    code = main(list(arguments))
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def run_json(capsys: pytest.CaptureFixture, *arguments: str):
    code, out, _ = run(capsys, *arguments, "--json")
    assert code == 0
    assert out.count("\n") == 1, "one JSON object on one line"
    return json.loads(out)


@pytest.fixture
def photo(tmp_path: Path) -> str:
    path = tmp_path / "photo.png"
    picture(200).save(path)
    return str(path)


def test_models_lists_the_cards(capsys):
    models = run_json(capsys, "models")
    assert [model["name"] for model in models] == cards.names()
    for model in models:
        assert set(model) == {"name", "modality", "labels", "parameters", "bytes", "metrics"}
    assert f"{TEXT}: text, 2 labels" in run(capsys, "models")[1]


def test_models_prints_the_tables_of_the_readme(capsys):
    _, out, _ = run(capsys, "models", "--markdown")
    assert model_tables.markdown_table() in out
    assert model_tables.training_commands() in out


def test_predict_text(capsys):
    result = run_json(capsys, "predict", TEXT, "A wonderful, moving film.")
    assert list(result) == [
        *("model", "label", "confidence", "probabilities"),
        *("in_domain", "ood_score", "notices", "latency_ms"),
    ]
    assert result["label"] == "positive"
    assert sum(result["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert result["confidence"] == max(result["probabilities"].values())
    assert result["latency_ms"] > 0


def test_predict_photo(capsys, photo):
    result = run_json(capsys, "predict", PHOTO, photo)
    assert len(result["probabilities"]) == 101
    assert result["label"] in result["probabilities"]


@pytest.mark.parametrize(("model", "data"), [(TEXT, b"Dull and far too long."), (PHOTO, None)])
def test_input_from_standard_input(capsys, monkeypatch, photo, model, data):
    data = data if data is not None else Path(photo).read_bytes()
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": io.BytesIO(data)}))
    piped = run_json(capsys, "predict", model, "-")
    direct = run_json(capsys, "predict", model, photo if model == PHOTO else data.decode())
    assert piped["probabilities"] == direct["probabilities"]


def test_explain_text_gives_one_score_for_each_word(capsys):
    result = run_json(capsys, "explain", TEXT, "A dull film.", "--method", "occlusion", "--target", "negative")
    assert result["units"] == ["A", "dull", "film", "."]
    assert len(result["scores"]) == 4
    assert result["method"] == "occlusion"
    assert result["target"] == "negative"
    assert result["completeness_gap"] is None
    assert len(result["model_sha256"]) == 64


def test_explain_photo_gives_one_score_for_each_cell(capsys, photo):
    result = run_json(capsys, "explain", PHOTO, photo)
    assert result["grid"] == [7, 7]
    assert len(result["scores"]) == 49
    assert result["completeness_gap"] <= 0.01
    assert "units" not in result


@pytest.mark.parametrize("suffix", [".png", ".json", ".html"])
def test_explain_writes_a_file(capsys, tmp_path, suffix):
    out = tmp_path / f"result{suffix}"
    result = run_json(capsys, "explain", TEXT, "A dull film.", "--out", str(out))
    if suffix == ".json":
        assert json.loads(out.read_text(encoding="utf-8")) == result
    elif suffix == ".html":
        assert result["trust"]["verdict"] in out.read_text(encoding="utf-8")
    else:
        with Image.open(out) as figure:
            assert min(figure.size) > 300


def test_explain_with_trust(capsys):
    plain = run_json(capsys, "explain", TEXT, "A dull film.", "--method", "kernel-shap", "--seed", "5")
    trusted = run_json(capsys, "explain", TEXT, "A dull film.", "--method", "kernel-shap", "--seed", "5", "--trust")
    trust = trusted.pop("trust")
    assert trusted == plain
    assert plain["seed"] == trust["seed"] == 5
    assert set(trust) >= {
        *("comprehensiveness", "sufficiency", "deletion_auc", "insertion_auc"),
        *("max_sensitivity", "infidelity", "agreement", "verdict", "reasons"),
    }
    assert set(trust["comprehensiveness"]) == {"value", "normalised", "percentile"}
    assert "Verdict: " in run(capsys, "explain", TEXT, "A dull film.", "--trust")[1]


def test_explain_with_what_is_inside(capsys, photo):
    for model, source, scans in ((TEXT, "A dull film.", 2), (PHOTO, photo, 4)):
        result = run_json(capsys, "explain", model, source, "--inside")
        assert len(result["beliefs"]) == scans
        assert set(result["matter"]) == {"probability", "total_variation", "conicity"}
        assert all(set(memory) == {"half_life", "saturation"} for memory in result["memory"].values())
        assert {name.split()[0] for name in result["memory"]} == {"lstm", "gru"}
    assert "Read from the start:" in run(capsys, "explain", TEXT, "A dull film.", "--inside")[1]


def test_an_option_of_a_method(capsys):
    usual = run_json(capsys, "explain", TEXT, "A dull film.")
    other = run_json(capsys, "explain", TEXT, "A dull film.", "--option", "baseline=zero")
    assert usual["scores"] != other["scores"]


@pytest.mark.parametrize("named", [["dull"], ["#2"]])
def test_whatif_without_a_word(capsys, named):
    result = run_json(capsys, "whatif", TEXT, "A dull film.", "--without", *named, "--removal", "deletion")
    assert (result["changed"], result["how"]) == (["dull"], "deletion")
    assert result["after"]["probabilities"]["negative"] < result["before"]["probabilities"]["negative"]
    assert result["forecast"] < 0 > result["measured"]


def test_whatif_with_another_word_and_the_fewest(capsys):
    result = run_json(capsys, "whatif", TEXT, "A dull film.", "--replace", "dull", "wonderful")
    assert (result["before"]["label"], result["after"]["label"]) == ("negative", "positive")
    assert "forecast to change" in run(capsys, "whatif", TEXT, "A dull film.", "--replace", "dull", "fine")[1]
    found = run_json(capsys, "whatif", TEXT, "A dull film.", "--fewest")
    assert set(found) == {"model", "model_sha256", "removal", "changed", "before", "after", "exact", "tried"}


def test_whatif_covers_cells(capsys, photo):
    result = run_json(capsys, "whatif", PHOTO, photo, "--without", "1,1", "#9", "--removal", "mean")
    assert result["changed"] == ["row 1, column 1", "row 2, column 2"]


def test_compare(capsys):
    result = run_json(
        capsys, "compare", "news-en-lstm", "Shares fell after the bank's results.", "--method", "occlusion"
    )
    assert list(result) == ["news-en", "news-en-lstm", "news-en-gru", "news-en-transformer"]
    assert {side["explanation"]["method"] for side in result.values()} == {"occlusion"}


def test_evaluate_counts_rejected_rows_with_their_lines(capsys, tmp_path):
    data = tmp_path / "reviews.csv"
    rows = ["text,label", "A wonderful film,positive", "A dreadful film,negative", "no idea,neutral", '"",positive']
    data.write_text("\n".join(rows), encoding="utf-8")
    figures = run_json(capsys, "evaluate", TEXT, "--data", str(data))
    assert figures["n"] == 2
    assert figures["accuracy"] == 1.0
    assert figures["rejected_rows"] == 2
    assert any(line.startswith("line 4:") and "neutral" in line for line in figures["rejected"])
    assert any(line.startswith("line 5:") for line in figures["rejected"])
    low, high = figures["interval"]
    assert 0 < low < 1 <= high + 1e-9


def test_evaluate_reads_a_folder_of_photos(capsys, tmp_path):
    for label in ("ant", "sunflower"):
        folder = tmp_path / "photos" / label
        folder.mkdir(parents=True)
        picture(120).save(folder / "one.png")
    (tmp_path / "photos" / "ant" / "broken.jpg").write_bytes(b"no photo")
    figures = run_json(capsys, "evaluate", PHOTO, "--data", str(tmp_path / "photos"))
    assert figures["n"] == 2
    assert figures["rejected_rows"] == 1


BAD = [
    (["predict", TEXT, ""], "no text"),
    (["predict", TEXT, "   \n"], "no text"),
    (["predict", TEXT, "🙂🙃"], "knows none"),
    (["predict", "nobody", "hello"], "There is no model 'nobody'"),
    (["predict", PHOTO, "nowhere.jpg"], "no readable image file"),
    (["explain", TEXT, "good", "--method", "magic"], "There is no method 'magic'"),
    (["explain", TEXT, "good", "--method", "grad-cam"], "There is no method 'grad-cam' for this input"),
    (["explain", TEXT, "good", "--target", "purple"], "There is no label 'purple'"),
    (["explain", TEXT, "good", "--out", "x.gif"], ".json or .html"),
    (["explain", TEXT, "good", "--option", "baseline"], "--option must be NAME=VALUE"),
    (["explain", TEXT, "good", "--option", "colour=red"], "has no option 'colour'"),
    (["whatif", TEXT, "a good film", "--without", "bad"], "There is no bad in this input"),
    (["whatif", TEXT, "a good film", "--without", "#4"], "There is no #4"),
    (["whatif", TEXT, "a good good film", "--replace", "good", "bad"], "stands there 2 times: say which"),
    (["whatif", TEXT, "a good film", "--fewest", "--removal", "blur"], "There is no removal 'blur'"),
    (["whatif", TEXT, "a good film"], "one of the arguments --without --replace --fewest is required"),
    (["compare", "objects", "nowhere.jpg"], "no rivals"),
    (["explain", TEXT, "good", "--out", "no/such/folder/x.png"], "cannot be written"),
    (["evaluate", TEXT, "--data", "nowhere.csv"], "nowhere.csv"),
    (["evaluate", TEXT, "--data", "nowhere.pdf"], ".tsv, .csv or .jsonl"),
    (["train", "text", "--data", "nowhere.csv", "--name", "mine"], "nowhere.csv"),
    (["train", "text", "--data", "x.csv", "--name", "mine", "--dropout", "2"], "dropout must be"),
    (["train", "text", "--data", "x.csv", "--name", "mine", "--epochs", "0"], "epochs must be"),
    (["train", "text", "--data", "x.csv", "--name", "mine", "--head-layers", "wide"], "--head-layers must be"),
    (["train", "text", "--data", "x.csv", "--name", "mine", "--recurrence", "rnn"], "recurrence must be"),
    (["train", "text", "--data", "x.csv", "--name", "mine", "--test", "gone.csv"], "There is no test set at gone.csv"),
    (["bench", "--runs", "0"], "--runs"),
    (["conjure"], "conjure"),
    (["predict"], "required"),
]


@pytest.mark.parametrize(("arguments", "said"), BAD, ids=[" ".join(arguments)[:40] for arguments, _ in BAD])
def test_bad_input_gets_a_sentence_and_exit_code_2(capsys, arguments, said):
    code, out, err = run(capsys, *arguments)
    assert code == 2
    assert out == ""
    assert said in err
    assert err.count("\n") == 1, "one sentence"
    code, out, err = run(capsys, *arguments, "--json")
    assert code == 2
    assert said in json.loads(out)["error"]
    assert said in err


def test_runs_as_a_module():
    done = subprocess.run(
        [sys.executable, "-m", "rnnformer_demo", "predict", TEXT, "", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert set(json.loads(done.stdout)) == {"error"}
    assert "Traceback" not in done.stderr


def test_training_on_ones_own_table_gives_a_model_that_predicts(capsys, tmp_path, monkeypatch):
    """From a CSV to a checkpoint that is listed, evaluated and explained like the shipped ones."""
    monkeypatch.chdir(tmp_path)
    words = {"sour": ("lemon", "vinegar", "sorrel", "tamarind"), "sweet": ("honey", "sugar", "syrup", "fig")}
    rows = [
        f"number {index} tastes of {food},{label}"
        for index in range(40)
        for label, foods in words.items()
        for food in foods
    ]
    Path("taste.csv").write_text("\n".join(["text,label", *rows]), encoding="utf-8")
    folder = str(tmp_path / "models")
    options = ["--width", "16", "--units", "8", "--embedding", "16", "--heads", "2", "--attention-layers", "1"]
    recipe = ["--epochs", "6", "--learning-rate", "0.01", "--dropout", "0.1", "--seeds", "1"]
    data = ["--data", "taste.csv", "--name", "taste", "--test", "taste.csv", "--checkpoints", folder]
    result = run_json(capsys, "train", "text", *data, *options, *recipe)
    assert result["metrics"]["taste"]["accuracy"] > 0.95
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", folder)
    assert [model["name"] for model in run_json(capsys, "models")] == ["taste"]
    command = cards.read_card("taste")["command"]
    assert command.startswith("python -m rnnformer_demo train text --name taste --data taste.csv")
    assert "--learning-rate 0.01" in command
    assert run_json(capsys, "predict", "taste", "it tastes of honey")["label"] == "sweet"
    best = run_json(capsys, "explain", "taste", "number 7 tastes of vinegar")
    assert best["units"][max(range(5), key=best["scores"].__getitem__)] == "vinegar"
