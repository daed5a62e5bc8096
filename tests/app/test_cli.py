"""The command line: what it prints, where, and with which exit code."""

import io
import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import tiny
from PIL import Image

from rnnformer_demo.checkpoints import cards
from rnnformer_demo.cli import main
from rnnformer_demo.data.image import reference_image as picture
from rnnformer_demo.document import Document, from_dict
from rnnformer_demo.evaluation.reporting import model_tables
from rnnformer_demo.views import VIEWS, View, register

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


def run_document(capsys: pytest.CaptureFixture, *arguments: str) -> Document:
    return from_dict(run_json(capsys, *arguments))


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
    assert model_tables.model_table() in out
    assert model_tables.training_commands() in out


def test_predict_text(capsys):
    document = run_document(capsys, "predict", TEXT, "A wonderful, moving film.")
    answer = document.prediction
    assert answer.label == "positive"
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-5)
    assert answer.confidence == max(answer.probabilities.values())
    assert answer.latency_ms > 0


def test_predict_photo(capsys, photo):
    answer = run_document(capsys, "predict", PHOTO, photo).prediction
    assert len(answer.probabilities) == 101
    assert answer.label in answer.probabilities


@pytest.mark.parametrize(("model", "data"), [(TEXT, b"Dull and far too long."), (PHOTO, None)])
def test_input_from_standard_input(capsys, monkeypatch, photo, model, data):
    data = data if data is not None else Path(photo).read_bytes()
    monkeypatch.setattr(sys, "stdin", type("Stdin", (), {"buffer": io.BytesIO(data)}))
    piped = run_document(capsys, "predict", model, "-")
    direct = run_document(capsys, "predict", model, photo if model == PHOTO else data.decode())
    assert piped.prediction.probabilities == direct.prediction.probabilities


def test_explain_text_gives_one_score_for_each_word(capsys):
    document = run_document(capsys, "explain", TEXT, "A dull film.", "--method", "occlusion", "--target", "negative")
    attribution = document.attribution
    assert document.input.unit_names == ("A", "dull", "film", ".")
    assert len(attribution.scores) == 4
    assert (attribution.method, attribution.target) == ("occlusion", "negative")
    assert attribution.completeness_gap is None
    assert len(document.model.sha256) == 64


def test_explain_photo_gives_one_score_for_each_cell(capsys, photo):
    document = run_document(capsys, "explain", PHOTO, photo)
    assert document.input.grid == document.attribution.grid == (7, 7)
    assert len(document.attribution.scores) == 49
    assert document.attribution.completeness_gap <= 0.01
    assert document.provenance.command == shlex.join(
        [
            "python",
            "-m",
            "rnnformer_demo",
            "explain",
            PHOTO,
            photo,
            "--method",
            "integrated-gradients",
            "--target",
            document.target,
            "--seed",
            "0",
        ]
    )


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf", ".json", ".html"])
def test_explain_writes_a_file(capsys, tmp_path, suffix):
    out = tmp_path / f"result{suffix}"
    result = run_json(capsys, "explain", TEXT, "A dull film.", "--out", str(out))
    data = out.read_bytes()
    if suffix == ".json":
        assert json.loads(data) == result
    elif suffix == ".html":
        assert result["trust"]["verdict"] in data.decode()
    elif suffix == ".png":
        with Image.open(out) as figure:
            assert min(figure.size) > 300
    else:
        assert {".svg": b"<svg", ".pdf": b"%PDF"}[suffix] in data[:2000]


def test_every_view_with_a_figure_can_be_drawn(capsys, tmp_path):
    for name in ("prediction", "words", "trust", "attention", "recurrence", "prefixes", "interventions"):
        out = tmp_path / f"{name}.png"
        run_document(capsys, "explain", TEXT, "A dull film.", "--view", name, "--out", str(out))
        assert out.stat().st_size > 4000
    code, _, error = run(capsys, "explain", TEXT, "A dull film.", "--view", "magic", "--out", str(tmp_path / "x.png"))
    assert code == 2
    assert "There is no view 'magic' to draw: there is prediction, words, attribution" in error


def test_a_toy_view_is_named_in_the_help(capsys):
    register(
        View("toy", "Toy", "Nothing.", ("input",), lambda document, choices: "", figure=lambda document, choices: None)
    )
    try:
        with pytest.raises(SystemExit):
            main(["explain", "--help"])
        assert ", toy" in " ".join(capsys.readouterr().out.split())
    finally:
        del VIEWS["toy"]


def test_a_report_is_drawn_from_a_document_without_a_model(capsys, tmp_path):
    code, out, _ = run(capsys, "explain", TEXT, "A dull film.", "--internals", "--json")
    assert code == 0
    (tmp_path / "a.json").write_text(out, encoding="utf-8")
    script = (
        "import sys; from rnnformer_demo.cli import main; "
        f"code = main(['report', {str(tmp_path / 'a.json')!r}, '--out', {str(tmp_path / 'a.html')!r}]); "
        "print(code, 'torch' in sys.modules)"
    )
    assert tiny.run_python(script).splitlines()[-1] == "0 False"
    html = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "lstm tokens 1" in html
    assert "dull" in html


@pytest.mark.parametrize(
    ("content", "sentence"),
    [("{", "This is not JSON"), ("{}", "This is no analysis document"), ('{"schema": 2}', "damaged at model")],
)
def test_a_report_of_something_else_gets_a_sentence(capsys, tmp_path, content, sentence):
    path = tmp_path / "a.json"
    path.write_text(content, encoding="utf-8")
    code, _, error = run(capsys, "report", str(path), "--out", str(tmp_path / "a.html"))
    assert (code, error.count("\n")) == (2, 1)
    assert sentence in error
    assert run(capsys, "report", str(tmp_path / "none.json"), "--out", "a.html")[0] == 2
    assert run(capsys, "report", str(path), "--out", "a.pdf")[0] == 2


def test_explain_with_trust(capsys):
    plain = run_document(capsys, "explain", TEXT, "A dull film.", "--method", "kernel-shap", "--seed", "5")
    trusted = run_document(capsys, "explain", TEXT, "A dull film.", "--method", "kernel-shap", "--seed", "5", "--trust")
    assert trusted.attribution == plain.attribution
    assert plain.trust is None
    assert plain.attribution.seed == trusted.trust.seed == 5
    assert list(trusted.trust.perturbations) == ["unknown", "deletion"]
    assert "Verdict: " in run(capsys, "explain", TEXT, "A dull film.", "--trust")[1]


def test_explain_with_internals(capsys, photo):
    for model, source, scans in ((TEXT, "A dull film.", 2), (PHOTO, photo, 4)):
        document = run_document(capsys, "explain", model, source, "--internals")
        assert len(document.prefixes) == scans
        assert document.interventions.probability["as it is"] == pytest.approx(document.prediction.confidence, abs=1e-4)
        assert {recurrence.cell for recurrence in document.recurrence} == {"lstm", "gru"}
    assert "from the start" in run(capsys, "explain", TEXT, "A dull film.", "--internals")[1]


def test_an_option_of_a_method(capsys):
    usual = run_document(capsys, "explain", TEXT, "A dull film.")
    other = run_document(capsys, "explain", TEXT, "A dull film.", "--option", "baseline=zero")
    assert usual.attribution.scores != other.attribution.scores
    assert "--option baseline=zero" in other.provenance.command


@pytest.mark.parametrize("named", [["dull"], ["#2"]])
def test_whatif_without_a_word(capsys, named):
    document = run_document(capsys, "whatif", TEXT, "A dull film.", "--remove", *named, "--perturbation", "deletion")
    (edit,) = document.edits
    assert (edit.units, edit.operation) == ((1,), "deletion")
    assert edit.probabilities["negative"] < document.prediction.probabilities["negative"]
    assert edit.forecast < 0 > edit.measured


def test_whatif_with_another_word_and_the_minimal_counterfactual(capsys):
    edit = run_document(capsys, "whatif", TEXT, "A dull film.", "--replace", "dull", "wonderful").edits[0]
    assert (edit.before, edit.after) == ("negative", "positive")
    assert "forecast" in run(capsys, "whatif", TEXT, "A dull film.", "--replace", "dull", "fine")[1]
    edit = run_document(capsys, "whatif", TEXT, "A dull film.", "--counterfactual").edits[0]
    assert (edit.kind, edit.exact) == ("counterfactual", True)


def test_whatif_covers_cells(capsys, photo):
    document = run_document(capsys, "whatif", PHOTO, photo, "--remove", "1,1", "#9", "--perturbation", "mean")
    names = [document.input.unit_names[unit] for unit in document.edits[0].units]
    assert names == ["row 1, column 1", "row 2, column 2"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["whatif", TEXT, "A dull film.", "--without", "dull"], "--remove"),
        (["whatif", TEXT, "A dull film.", "--remove", "dull", "--removal", "deletion"], "--perturbation"),
        (["whatif", TEXT, "A dull film.", "--fewest"], "--counterfactual"),
        (["explain", TEXT, "A dull film.", "--inside"], "--internals"),
    ],
)
def test_old_flags_still_work_and_say_their_new_names(capsys, old, new):
    code, _, error = run(capsys, *old)
    assert code == 0
    assert f"is now called {new}" in error


@pytest.mark.parametrize(
    ("command", "keys"),
    [
        (["predict", TEXT, "A dull film."], {"label", "confidence", "probabilities", "ood_score", "notices"}),
        (["explain", TEXT, "A dull film.", "--internals"], {"units", "scores", "beliefs", "matter", "memory"}),
        (["whatif", TEXT, "A dull film.", "--remove", "dull"], {"changed", "how", "forecast", "measured"}),
        (["whatif", TEXT, "A dull film.", "--counterfactual"], {"changed", "removal", "exact", "tried"}),
    ],
)
def test_the_keys_of_the_version_before_can_be_had_once_more(capsys, command, keys):
    code, out, error = run(capsys, *command, "--json", "--schema", "1")
    assert code == 0
    assert set(json.loads(out)) > keys
    assert error.count("--schema 1 goes with the next version") == 1


def test_compare(capsys):
    document = run_document(
        capsys, "compare", "news-en-lstm", "Shares fell after the bank's results.", "--method", "occlusion"
    )
    compared = document.comparison
    assert [each.model.name for each in compared] == [
        *("news-en", "news-en-lstm", "news-en-gru", "news-en-transformer")
    ]
    assert {each.attribution.method for each in compared} == {"occlusion"}


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
    (["whatif", TEXT, "a good film", "--remove", "bad"], "There is no bad in this input"),
    (["whatif", TEXT, "a good film", "--remove", "#4"], "There is no #4"),
    (["whatif", TEXT, "a good good film", "--replace", "good", "bad"], "stands there 2 times: say which"),
    (["whatif", TEXT, "a good film", "--counterfactual", "--perturbation", "blur"], "There is no perturbation 'blur'"),
    (["whatif", TEXT, "a good film"], "one of the arguments --remove --replace --counterfactual is required"),
    (["compare", "objects", "nowhere.jpg"], "no baselines"),
    (["explain", TEXT, "good", "--out", "no/such/folder/x.png"], "cannot be written"),
    (["evaluate", TEXT, "--data", "nowhere.csv"], "nowhere.csv"),
    (["evaluate", TEXT, "--data", "nowhere.pdf"], ".tsv, .csv, .jsonl or .parquet"),
    (["evaluate", TEXT, "--data", "nowhere.csv", "--sep", "ab"], "nowhere.csv"),
    (["train", "text", "--data", "x.csv", "--name", "mine", "--encoding", "utf-8"], "There is no file x.csv"),
    (["train", "text", "--data", "nowhere.csv", "--name", "mine"], "nowhere.csv"),
    (["train", "text", "--data", "x.csv", "--name", "mine", "--dropout", "2"], "dropout must be"),
    (["train", "text", "--data", "x.csv", "--name", "mine", "--epochs", "0"], "epochs must be"),
    (["train", "text", "--data", "x.csv", "--name", "mine", "--head-layers", "wide"], "--head-layers must be integers"),
    (["train", "text", "--data", "x.csv", "--name", "mine", "--recurrence", "rnn"], "recurrence must be"),
    (["train", "text", "--data", "x.csv", "--name", "mine", "--test", "gone.csv"], "There is no test set at gone.csv"),
    (["train", "text", "--data", "x.csv"], "--name"),
    (["train", "text", "--data", "x.csv", "--name", "mine", "--epoch", "2"], "There is no flag --epoch."),
    (["train"], "the first argument must be a task or --recipe"),
    (["train", "poetry"], "there is no task 'poetry'"),
    (["train", "--recipe", "nobody"], "There is no recipe 'nobody'"),
    (["train", "--recipe", "nowhere.json"], "nowhere.json cannot be read as JSON"),
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


def test_a_reader_that_has_seen_enough_is_no_error():
    shown = subprocess.run(
        f"{sys.executable} -m rnnformer_demo models --json | head -c 20",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (len(shown.stdout), shown.stderr) == (20, "")


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
    recipe = ["--epochs", "6", "--learning-rate", "0.01", "--dropout", "0.1", "--seeds", "2"]
    data = ["--data", "taste.csv", "--name", "taste", "--test", "taste.csv", "--checkpoints", folder]
    result = run_json(capsys, "train", "text", *data, *options, *recipe)
    assert result["metrics"]["taste"]["accuracy"] > 0.95
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", folder)
    assert [model["name"] for model in run_json(capsys, "models")] == ["taste"]
    (stage,) = cards.read_card("taste")["recipe"]["stages"]
    assert (stage["task"], stage["name"], stage["data"]) == ("text", "taste", ["taste.csv"])
    assert (stage["learning_rate"], stage["seeds"], stage["units"]) == (0.01, [2], 8)
    monkeypatch.setattr(sys, "stderr", io.StringIO())  # progress bars
    again = run_json(capsys, "train", "--recipe", f"{folder}/taste.json", "--resume", "--checkpoints", folder)
    assert again == {"name": "taste", "stages": []}  # it is finished
    assert run_document(capsys, "predict", "taste", "it tastes of honey").prediction.label == "sweet"
    document = run_document(capsys, "explain", "taste", "number 7 tastes of vinegar")
    assert document.input.unit_names[max(range(5), key=document.attribution.scores.__getitem__)] == "vinegar"
