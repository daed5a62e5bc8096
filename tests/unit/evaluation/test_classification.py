"""Evaluation of one's own tables: each bad row is counted and named, and a bad file gets a sentence."""

import json

import pytest

from rnnformer_demo.cli import main
from rnnformer_demo.data.bulk import by_length


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
        ["line 4: a quotation mark in it does not pair"],
    ),
    "quotes that stay open": (
        "rows.csv",
        GOOD + '"good,yes\nbad,no\nfunny,yes\n',
        ["line 4: a quotation mark in it does not pair"],
    ),
    "JSON lines": (
        "rows.jsonl",
        '\ufeff{"text": "good", "label": "yes"}\r\n{broken\r\n{"text": "bad", "label": "NO"}\n[1]\n{"label": "yes"}\n',
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
    contract |= {"labels", "dropped_rows", "cut_rows", "unknown_rows", "notices"}
    assert contract == set(figures)
    assert main(["evaluate", "text", "--data", str(tmp_path / "rows.csv")]) == 0
    told = capsys.readouterr().out
    for part in ("of 2 right", "95 % interval", "macro F1", "before and", "after temperature scaling", "0 rows reject"):
        assert part in told


def test_of_many_bad_rows_some_are_printed_and_json_names_all(capsys, tmp_path):
    _, figures = evaluate(capsys, tmp_path / "rows.csv", GOOD + "only\n" * 50)
    assert len(figures["rejected"]) == 50
    main(["evaluate", "text", "--data", str(tmp_path / "rows.csv")])
    *rows, last = capsys.readouterr().out.splitlines()[3:]
    assert len(rows) == 20
    assert last == "and 30 more, which --json names"


FILES = {
    "no such column": ("rows.csv", "text\ngood\n", "must begin with a line that names the columns text and label"),
    "a bad header": ("rows.csv", '"text" x,label\ngood,yes\n', "must begin with a line that names the columns"),
    "empty": ("rows.csv", "", "must begin with a line"),
    "empty JSON lines": ("rows.jsonl", "", "holds no row with a text and a label (0 rejected)."),
    "header only": ("rows.tsv", "text\tlabel\n", "holds no row with a text and a label (0 rejected)."),
    "no good row": ("rows.csv", "text,label\n,yes\nonly\n", "(2 rejected); line 2: no text."),
    "no known label": ("rows.csv", "text,label\ngood,maybe\n", "do not fit the classes no, yes, perhaps: say which is"),
    "no text": ("rows.csv", bytes(range(256)), "The encoding of rows.csv cannot be found out: name it with --encoding"),
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
    assert max(count * longest for count, longest in sizes) <= 2048
    assert max(count for count, longest in sizes if longest == 400) == 5
    assert by_length([]) == []


def test_what_is_cut_unknown_or_left_out_is_counted_and_said(capsys, tmp_path):
    rows = ["good " * 500 + ",yes", "good film,yes", "♥♥♥,no", "dull,PERHAPS", "dull,perhaps", "bad,no"]
    _, figures = evaluate(capsys, tmp_path / "rows.csv", "\n".join(["text,label", *rows]), "--drop", "Perhaps")
    counts = {"n": 4, "cut_rows": 1, "unknown_rows": 1, "dropped_rows": 2, "rejected_rows": 0}
    assert {key: figures[key] for key in counts} == counts
    told = " ".join(figures["notices"])
    for part in (
        "1 texts are longer than this model reads",
        "1 texts hold no word or sign that this model knows",
        "2 rows are left out, as --drop says: PERHAPS (1), perhaps (1)",
        "rows.csv: texts from the column 'text', labels from 'label' (utf-8, commas)",
    ):
        assert part in told
    main(["evaluate", "text", "--data", str(tmp_path / "rows.csv")])
    assert figures["notices"][0] in capsys.readouterr().out


def test_a_class_to_leave_out_must_be_there(capsys, tmp_path):
    code, told = evaluate(capsys, tmp_path / "rows.csv", GOOD, "--drop", "nosuch")
    assert (code, told["error"]) == (2, "rows.csv: There is no class 'nosuch' in this set: it has no, yes.")


def test_labels_mean_what_the_user_says(capsys, tmp_path):
    rows = "text,stars\na good film,5\na bad film,1\nso so,3\n"
    code, told = evaluate(capsys, tmp_path / "rows.csv", rows)
    assert code == 2
    assert (
        "The labels 1, 3, 5 do not fit the classes no, yes, perhaps: say which is which, such as --labels no=1"
        in told["error"]
    )
    _, figures = evaluate(capsys, tmp_path / "rows.csv", rows, "--labels", "no=1", "yes=5")
    assert figures["labels"] == {"1": "no", "5": "yes"}
    assert (figures["n"], figures["rejected"]) == (
        2,
        ["line 4: There is no label '3': this model has no, yes, perhaps."],
    )
    assert "1 rows are rejected: these are no class: 3 (1)." in figures["notices"]


def test_the_user_says_how_a_table_is_written(capsys, tmp_path):
    data = "a~b~c\ncafé~no~yes\n".encode("cp1252")
    options = ("--sep", "~", "--encoding", "cp1252", "--text-column", "a", "--label-column", "c")
    code, figures = evaluate(capsys, tmp_path / "rows.csv", data, *options)
    assert (code, figures["n"], figures["labels"]) == (0, 1, {"yes": "yes"})
    assert "texts from the column 'a', labels from 'c' (cp1252, '~')" in figures["notices"][-2]


def test_unbalanced_classes_come_with_a_warning_and_class_figures_come_first(capsys, tmp_path):
    rows = "".join(f"good film {number},yes\n" for number in range(30)) + "bad,no\n"
    _, figures = evaluate(capsys, tmp_path / "rows.csv", f"text,label\n{rows}")
    assert figures["notices"][0].startswith("The classes are unbalanced, from 30 rows of yes to 1 of no: to answer yes")
    assert "right in 96.77%" in figures["notices"][0]
    main(["evaluate", "text", "--data", str(tmp_path / "rows.csv")])
    assert capsys.readouterr().out.startswith("text: mean class accuracy ")
