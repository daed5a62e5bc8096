"""Batches from file to file: what `predict` says of each row, whatever the form of the file, and none lost by kills."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import fastparquet
import pandas
import pytest
import tiny

from rnnformer_demo.analysis.service import analyse, predict
from rnnformer_demo.batch import job as jobs
from rnnformer_demo.batch.job import Job, run_batch
from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError

WORDS = " ".join(tiny.SENTENCES).split()


@pytest.fixture(autouse=True)
def _models(saved, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(saved))


@pytest.fixture
def small_chunks(monkeypatch):
    monkeypatch.setitem(jobs.ROWS_PER_CHUNK, "text", 7)
    monkeypatch.setitem(jobs.ROWS_PER_CHUNK, "image", 2)


def texts(count: int) -> list[str]:
    """Texts of many lengths, some beyond what the model reads."""
    draw = random.Random(0)
    return [" ".join(draw.choices(WORDS, k=draw.choice([1, 3, 8, 30, 60]))) for _ in range(count)]


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write_csv(path: Path, rows: list[tuple[str, str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("key", "text"), *rows])
    return path


@pytest.mark.parametrize(
    ("model", "engine"), [("text", "onnx"), ("text", "torch"), ("sentiment-en", "onnx"), ("sentiment-zh", "onnx")]
)
def test_each_row_is_scored_as_predict_scores_it(model, engine, tmp_path, monkeypatch, small_chunks):
    monkeypatch.setenv("RNNFORMER_ENGINE", engine)
    if model != "text":
        monkeypatch.delenv("RNNFORMER_CHECKPOINTS")
    written = [*texts(23), "the film " * 250, "酒店很干净，服务也不错，下次还会再来。", "def f(x):\n    return x;\n"]
    rows = [(f"row {number}", text) for number, text in enumerate(written)]
    data = write_csv(tmp_path / "rows.csv", rows)
    run_batch(Job(model, data, tmp_path / "out.csv", id_column="key"))
    scored = read_csv(tmp_path / "out.csv")
    assert [row["id"] for row in scored] == [name for name, _ in rows]
    assert model == "text" or len({row["in_domain"] for row in scored}) == 2
    for row, (_, text) in zip(scored, rows, strict=True):
        document = predict(model, text)
        answer = document.prediction
        assert row["label"] == answer.label
        assert float(row["confidence"]) == pytest.approx(answer.confidence, abs=2e-6)
        for label, probability in answer.probabilities.items():
            assert float(row[f"p_{label}"]) == pytest.approx(probability, abs=2e-6)
        if answer.ood is not None:
            assert float(row["ood_score"]) == pytest.approx(answer.ood.score, rel=1e-4, abs=2e-6)
            assert row["in_domain"] == str(answer.ood.in_domain)
        assert row["cut"] == str(any("longer than this model reads" in each for each in document.warnings))


def test_scores_of_words_are_those_of_the_method(tmp_path):
    data = write_csv(tmp_path / "rows.csv", [("a", text) for text in texts(5)])
    run_batch(Job("text", data, tmp_path / "out.jsonl", explain="relevance-propagation"))
    for row, text in zip(map(json.loads, (tmp_path / "out.jsonl").open()), texts(5), strict=True):
        document = analyse("text", text, method="relevance-propagation")
        assert json.loads(row["units"]) == [unit.name for unit in document.input.units]
        assert json.loads(row["scores"]) == pytest.approx(document.attribution.scores, abs=1e-5)


def written_as(form: str, folder: Path) -> Path:
    """The same rows in a file of another form."""
    frame = pandas.DataFrame({"key": range(20), "text": texts(20)})
    path = folder / f"rows.{form}"
    if form == "parquet":
        fastparquet.write(str(path), frame, row_group_offsets=6)
    elif form.startswith("jsonl"):
        frame.to_json(path, orient="records", lines=True)
    elif form == "json":
        frame.to_json(path, orient="records")
    else:
        frame.to_csv(path, index=False, sep="\t" if form == "tsv" else ",")
    return path


FORMS = ("tsv", "jsonl", "json", "parquet", "csv.gz", "csv.xz", "jsonl.bz2", "csv.zip")


@pytest.mark.parametrize("form", FORMS)
def test_the_form_of_a_table_changes_nothing(form, tmp_path, small_chunks):
    outs = []
    for each in ("csv", form):
        out = tmp_path / f"{each}.csv"
        run_batch(Job("text", written_as(each, tmp_path), out, id_column="key"))
        outs.append(out.read_bytes())
    assert outs[0] == outs[1]


def test_the_form_of_the_answer_changes_nothing(tmp_path, small_chunks):
    data = written_as("csv", tmp_path)
    for suffix in ("csv", "jsonl", "parquet"):
        run_batch(Job("text", data, tmp_path / f"out.{suffix}", id_column="key"))
    rows = read_csv(tmp_path / "out.csv")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").open()]
    file = fastparquet.ParquetFile(str(tmp_path / "out.parquet"))
    assert len(file.row_groups) == 3
    assert [{key: str(value) for key, value in line.items()} for line in lines] == rows
    frame = file.to_pandas().astype(str)
    assert frame.to_dict("records") == rows


def test_rows_that_cannot_be_scored_are_named(tmp_path, capsys, small_chunks):
    data = tmp_path / "rows.csv"
    data.write_text('text,n\n"a good film",1\n  ,2\nshort\n"stray,3\n"a, b",4\n☃☃,5\n"a bad\nfilm",6\n', "utf-8")
    assert main(["batch", "text", "--data", str(data), "--out", str(tmp_path / "out.csv"), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert (figures["rows"], figures["rejected"]) == (3, 4)
    assert [row["id"] for row in read_csv(tmp_path / "out.csv")] == ["2", "6", "8"]
    rejected = read_csv(tmp_path / "out.rejected.csv")
    assert [(row["place"], row["reason"].split(" ")[0]) for row in rejected] == [
        ("3", "no"),
        ("4", "1"),
        ("5", "a"),
        ("7", "This"),
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_photos_of_a_folder_or_a_zip(packed, tmp_path, small_chunks):
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    for number in range(3):
        (folder / "deep" / f"{number}.png").write_bytes(tiny.encode(tiny.photo(seed=number), "PNG"))
    (folder / "notes.txt").write_text("no photo")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff nothing")
    data = folder
    if packed:
        data = tmp_path / "photos.zip"
        with zipfile.ZipFile(data, "w") as archive:
            for path in folder.rglob("*.*"):
                archive.write(path, path.relative_to(folder))
    run_batch(Job("image", data, tmp_path / "out.csv", explain="relevance-propagation"))
    rows = read_csv(tmp_path / "out.csv")
    assert [row["id"] for row in rows] == ["deep/0.png", "deep/1.png", "deep/2.png"]
    for row in rows:
        answer = predict("image", str(folder / row["id"])).prediction
        assert float(row[f"p_{answer.label}"]) == pytest.approx(answer.confidence, abs=2e-6)
        assert len(json.loads(row["scores"])) == len(json.loads(row["units"])) == 4
    assert [row["place"] for row in read_csv(tmp_path / "out.rejected.csv")] == ["broken.jpg", "notes.txt"]


REFUSED = {
    "no such file": (["--data", "none.csv"], "There is no file"),
    "no table": (["--data", "rows.txt"], "A model of texts reads a table, and rows.txt must be"),
    "no text": (["--data", "odd.csv"], "odd.csv must have a column text, got 'a', 'b': name the one"),
    "no id": (["--data", "rows.csv", "--id-column", "q"], "rows.csv has no column 'q': it has 'key', 'text'."),
    "out": (["--data", "rows.csv", "--out", "out.xlsx"], "--out must end in .csv, .jsonl, .parquet, got 'out.xlsx'"),
    "no folder": (["--data", "rows.csv", "--out", "none/out.csv"], "There is no folder none: make it"),
    "there": (["--data", "rows.csv", "--out", "rows.csv"], "rows.csv is there already: delete it, or name another"),
    "empty": (["--data", "empty.csv"], "empty.csv holds no rows."),
    "damaged": (["--data", "bad.parquet"], "bad.parquet cannot be read as Parquet"),
    "cut": (["--data", "cut.csv.gz"], "cut.csv.gz cannot be read"),
    "workers": (["--data", "rows.csv", "--workers", "0"], "--workers: must be a whole number from 1, got '0'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_done_gets_a_sentence(name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    write_csv(Path("rows.csv"), [("a", "good")])
    contents = {"rows.txt": "x", "odd.csv": "a,b\n1,2\n", "empty.csv": "text,n\n", "bad.parquet": "x"}
    for file, content in contents.items():
        Path(file).write_text(content)
    whole = written_as("csv.gz", tmp_path).read_bytes()
    Path("cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    options, sentence = REFUSED[name]
    options = [*options, *([] if "--out" in options else ["--out", "out.csv"])]
    assert main(["batch", "text", *options]) == 2
    printed = capsys.readouterr().err
    assert sentence in printed
    assert "Traceback" not in printed


# Ends itself at the n-th file that it moves into place, before or after it does.
_KILLED = """
import os, signal, sys
from pathlib import Path
from rnnformer_demo.batch import job
job.ROWS_PER_CHUNK["text"] = 7
model, data, out, at, when = sys.argv[1:]
replace, moved = Path.replace, 0
def counted(self, target):
    global moved
    moved += 1
    if moved == int(at) and when == "before": os.kill(os.getpid(), signal.SIGKILL)
    replace(self, target)
    if moved == int(at) and when == "after": os.kill(os.getpid(), signal.SIGKILL)
Path.replace = counted
job.run_batch(job.Job(model, Path(data), Path(out), workers=2))
"""


def test_kills_lose_and_double_no_row(tmp_path, small_chunks):
    rows = [("a", text if number % 9 else "☃") for number, text in enumerate(texts(61))]  # 9 chunks
    data = write_csv(tmp_path / "rows.csv", rows)
    run_batch(Job("text", data, tmp_path / "whole.csv"))
    out, done = tmp_path / "out.csv", []
    # Within the parts twice, behind the answer, and as the parts are put aside.
    for at, when in ((3, "before"), (6, "after"), (4, "after"), (3, "before")):
        code = [sys.executable, "-c", _KILLED, "text", str(data), str(out), str(at), when]
        process = subprocess.run(code, cwd=tiny.ROOT, env=os.environ | {"PYTHONPATH": "."}, check=False)
        assert process.returncode == -signal.SIGKILL
        done.append(len(list((tmp_path / "out.csv.parts").glob("part-*.json"))))
    assert done == [1, 7, 9, 9]
    figures = run_batch(Job("text", data, out))
    assert (figures["rows"], figures["rejected"], figures["scored_now"]) == (54, 7, 0)
    assert out.read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert (tmp_path / "out.rejected.csv").read_bytes() == (tmp_path / "whole.rejected.csv").read_bytes()
    assert not list(tmp_path.glob("*.parts*"))
    assert not list(tmp_path.glob("*.draft"))


def test_parts_of_another_batch_are_not_mixed_in(tmp_path, monkeypatch, small_chunks):
    data, out = write_csv(tmp_path / "rows.csv", [("a", text) for text in texts(20)]), tmp_path / "out.csv"
    monkeypatch.setattr(jobs, "_join", lambda job, parts: {})  # as if killed before
    run_batch(Job("text", data, out))
    with pytest.raises(InputError, match=r"holds parts of a batch with another explain \(None\): delete it"):
        run_batch(Job("text", data, out, explain="relevance-propagation"))


def test_memory_holds_a_few_chunks_at_a_time(tmp_path, small_chunks):
    """No more rows are read than the two chunks ahead of the oldest that is not done."""
    data, ahead = write_csv(tmp_path / "rows.csv", [("a", text) for text in texts(100)]), []
    parts = tmp_path / "out.csv.parts"

    def watched(scorer, chunks, workers):
        def counted():
            for number, rows in chunks:
                ahead.append(number - len(list(parts.glob("part-*.json"))))
                yield number, rows

        yield from score(scorer, counted(), workers)

    score = jobs.score_locally
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "score_locally", watched)
        run_batch(Job("text", data, tmp_path / "out.csv"))
    assert len(ahead) == 15
    assert max(ahead) <= 3
