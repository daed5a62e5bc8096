"""Evaluation of one's own tables: each bad row is counted and named, and a bad file gets a sentence."""

import json

import pytest

from rnnformer_demo.cli import main
from rnnformer_demo.evaluation.classification import by_length


@pytest.fixture(autouse=True)
def _models(saved, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(saved))


def evaluate(capsys, path, data: str | bytes, *options: str) -> tuple[int, dict]:
    """Exit code and JSON of `evaluate` on a file of this content."""
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    code = main(["evaluate", "text", "--data", str(path), *options, "--json"])
    return code, json.loads(capsys.readouterr().out)


GOOD = "text,label\na good film,yes\na bad film,no\n"
UNKNOWN = "There is no label 'maybe': this model has no, yes, perhaps."
ROWS = {
    "good": ("rows.csv", GOOD, []),
    "byte order mark, CRLF": ("rows.csv", "\ufeff" + GOOD.replace("\n", "\r\n"), []),
    "CRLF in a TSV": ("rows.tsv", "\ufeff" + GOOD.replace("\n", "\r\n").replace(",", "\t"), []),
    "columns": ("rows.csv", GOOD + "only\na,b,c\n", ["line 4: 1 columns where", "line 5: 3 columns where"]),
    "empty": ("rows.csv", GOOD + ",yes\n  ,no\ngood,\n", ["line 4: no text", "line 5: no text", "line 6: no label"]),
    "label": ("rows.csv", GOOD + "good,maybe\n", [f"line 4: {UNKNOWN}"]),
    "in the file's order": ("rows.csv", GOOD + "good,maybe\nonly\n", [f"line 4: {UNKNOWN}", "line 5: 1 columns"]),
    "quotes in a word": ("rows.csv", GOOD + 'a 5" film,yes\n', []),
    "quotes in a TSV": ("rows.tsv", GOOD.replace(",", "\t") + '"a bad film\tno\n', []),
    "quotes that would join rows": (
        "rows.csv",
        GOOD + '"good,yes\nbad "plot",no\n',
        ["line 5: not CSV (',' expected after '\"'; it begins in line 4)"],
    ),
    "quotes that stay open": (
        "rows.csv",
        GOOD + '"good,yes\nbad,no\nfunny,yes\n',
        ["line 6: not CSV (unexpected end of data; it begins in line 4)"],
    ),
    "JSON lines": (
        "rows.jsonl",
        '\ufeff{"text": "good", "label": "yes"}\r\n{broken\r\n{"text": "bad", "label": 0}\n[1]\n{"label": "yes"}\n',
        ["line 2: not JSON (", "line 4: not a JSON object", "line 5: no text"],
    ),
}


@pytest.mark.parametrize("case", ROWS)
def test_each_bad_row_is_counted_and_named(capsys, tmp_path, case):
    name, data, reasons = ROWS[case]
    code, figures = evaluate(capsys, tmp_path / name, data)
    assert code == 0
    assert figures["n"] >= 2
    assert figures["rejected_rows"] == len(figures["rejected"]) == len(reasons)
    for told, reason in zip(figures["rejected"], reasons, strict=True):
        assert told.startswith(reason)


def test_the_figures_are_those_of_the_contract(capsys, tmp_path):
    _, figures = evaluate(capsys, tmp_path / "rows.csv", GOOD)
    contract = {"model", "n", "accuracy", "interval", "mean_class_accuracy", "macro_f1", "ece", "rejected_rows"}
    contract |= {"ece_before_scaling", "ece_by_chance", "data", "confusion", "reliability", "rejected"}
    assert contract == set(figures)
    assert main(["evaluate", "text", "--data", str(tmp_path / "rows.csv")]) == 0
    told = capsys.readouterr().out
    for part in ("of 2 right", "95 % interval", "macro F1", "before and", "after temperature scaling", "0 rows reject"):
        assert part in told


def test_of_many_bad_rows_some_are_printed_and_json_names_all(capsys, tmp_path):
    _, figures = evaluate(capsys, tmp_path / "rows.csv", GOOD + "only\n" * 50)
    assert len(figures["rejected"]) == 50
    main(["evaluate", "text", "--data", str(tmp_path / "rows.csv")])
    *rows, last = capsys.readouterr().out.splitlines()[1:]
    assert len(rows) == 20
    assert last == "and 30 more, which --json names"


FILES = {
    "no such column": ("rows.csv", "text\ngood\n", "must begin with a line that names the columns text and label"),
    "another separator": ("rows.csv", "text;label\ngood;yes\n", "names the columns text and label, got ['text;label']"),
    "a bad header": ("rows.csv", '"text" x,label\ngood,yes\n', "must begin with a line that names its columns"),
    "empty": ("rows.csv", "", "must begin with a line"),
    "empty JSON lines": ("rows.jsonl", "", "holds no row with a text and a label (0 rejected)."),
    "header only": ("rows.tsv", "text\tlabel\n", "holds no row with a text and a label (0 rejected)."),
    "no good row": ("rows.csv", "text,label\n,yes\nonly\n", "(2 rejected); line 2: no text."),
    "no known label": ("rows.csv", "text,label\ngood,maybe\n", f"(1 rows rejected); line 2: {UNKNOWN}"),
    "Latin-1": ("rows.csv", "text,label\ncafé,yes\n".encode("latin-1"), "cannot be read as UTF-8 text"),
}


@pytest.mark.parametrize("case", FILES)
def test_a_file_that_cannot_be_evaluated_gets_a_sentence(capsys, tmp_path, case):
    name, data, sentence = FILES[case]
    code, told = evaluate(capsys, tmp_path / name, data)
    assert code == 2
    assert name in told["error"]
    assert sentence in told["error"]
    assert told["error"].count("\n") == 0


def test_a_split_of_a_table_is_refused_rather_than_ignored(capsys, tmp_path):
    code, told = evaluate(capsys, tmp_path / "rows.csv", GOOD, "--split", "dev")
    assert code == 2
    assert told["error"] == "rows.csv has no split 'dev': only photos with an index.csv have splits."


def test_every_row_that_can_be_read_is_evaluated(capsys, tmp_path):
    rows = [f"{sentence},{label}" for sentence in ("good", "bad", "boring") for label in ("yes", "no", "perhaps")]
    _, figures = evaluate(capsys, tmp_path / "rows.csv", "\n".join(["text,label", *rows, *["broken"] * 3]))
    assert figures["n"] + figures["rejected_rows"] == 12
    assert sum(map(sum, figures["confusion"])) == figures["n"] == 9


def test_batches_hold_every_text_once_and_few_long_ones():
    ids = [[1] * length for length in [3, 0, 400, 5] * 100]
    batches = by_length(ids)
    assert sorted(index for batch in batches for index in batch) == list(range(400))
    sizes = [(len(batch), max(len(ids[index]) for index in batch)) for batch in batches]
    assert max(count for count, _ in sizes) == 64
    assert max(count * longest for count, longest in sizes) <= 4096
    assert max(count for count, longest in sizes if longest == 400) == 10
    assert by_length([]) == []
