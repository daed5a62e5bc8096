"""Readers of data sets: good rows are read, bad ones are reported by their line."""

import gzip
import json
import lzma

import pytest

from rnnformer_demo.data import InputError
from rnnformer_demo.data.readers import label_index, read_texts

ROWS = [("good film", "1"), ("bad film", "0"), ('an "odd" one', "1")]
TABLE = {
    ".tsv": 'sentence\tlabel\ngood film\t1\nbad film\t0\nan "odd" one\t1\n',
    ".csv": 'text,label\ngood film,1\nbad film,0\n"an ""odd"" one",1\n',
    ".jsonl": "".join(json.dumps({"text": text, "label": int(label)}) + "\n" for text, label in ROWS),
}
PACK = {"": lambda data: data, ".gz": gzip.compress, ".xz": lzma.compress}


@pytest.mark.parametrize("kind", sorted(TABLE))
@pytest.mark.parametrize("packed", sorted(PACK))
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
def test_tables_are_read_plain_and_compressed(tmp_path, kind, packed, mark):
    path = tmp_path / f"rows{kind}{packed}"
    path.write_bytes(PACK[packed](mark + TABLE[kind].encode()))
    rows, rejected = read_texts(path)
    assert [(row.text, row.label) for row in rows] == ROWS
    assert [row.line for row in rows] == ([1, 2, 3] if kind == ".jsonl" else [2, 3, 4])
    assert rejected == []


@pytest.mark.parametrize("text", ["text", "sentence", "review", "content", "Text "])
@pytest.mark.parametrize("label", ["label", "class", "name", "category"])
def test_columns_may_bear_several_names_in_any_order(tmp_path, text, label):
    path = tmp_path / "rows.csv"
    path.write_text(f"id,{label},{text}\n7,yes,good film\n", encoding="utf-8")
    ((row,), _) = read_texts(path)
    assert (row.text, row.label) == ("good film", "yes")


def test_bad_rows_of_a_table_are_reported_by_line(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('text,label\ngood,1\nonly one\n"  ",0\nbad,\n\na,b,c\n"two\nlines",1\n', encoding="utf-8")
    rows, rejected = read_texts(path)
    assert [(row.line, row.text) for row in rows] == [(2, "good"), (9, "two\nlines")]
    assert [(row.line, row.reason) for row in rejected] == [
        (3, "1 columns where the header has 2"),
        (4, "no text"),
        (5, "no label"),
        (7, "3 columns where the header has 2"),
    ]


def test_bad_rows_of_json_lines_are_reported_by_line(tmp_path):
    lines = [
        '{"text": "good", "label": "yes"}',
        "{broken",
        "",
        "[1, 2]",
        '{"text": 7, "label": "yes"}',
        '{"text": "no label"}',
        '{"text": "null label", "label": null}',
        '{"text": "a long number", "label": ' + "1" * 5000 + "}",
        "[" * 100_000,
        '{"text": "zero is a label", "label": 0}',
    ]
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(lines), encoding="utf-8")
    rows, rejected = read_texts(path)
    assert [(row.line, row.label) for row in rows] == [(1, "yes"), (10, "0")]
    assert [row.line for row in rejected] == [2, 4, 5, 6, 7, 8, 9]
    reasons = [row.reason.split(" (")[0] for row in rejected]
    assert reasons == ["not JSON", "not a JSON object", "no text", "no label", "no label", "not JSON", "not JSON"]


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("rows.txt", b"text\tlabel\na\tb\n", r"must be a \.tsv, \.csv or \.jsonl file"),
        ("rows", b"text\tlabel\na\tb\n", "must be a"),
        ("rows.tsv", b"", "must begin with a line that names the columns text and label"),
        ("rows.tsv", b"a\tb\nc\td\n", r"names the columns text and label, got \['a', 'b'\]"),
        ("rows.tsv", b"text\nc\n", "names the columns"),
        ("rows.tsv", b"text\tlabel\n", r"holds no row with a text and a label \(0 rejected\)"),
        ("rows.tsv", b"text\tlabel\nonly\n", r"\(1 rejected\)"),
        ("rows.jsonl", b"", "holds no row"),
        ("rows.tsv", b"text\tlabel\n\xff\xfe\t1\n", "cannot be read as UTF-8 text"),
        ("rows.csv", "text,label\ngood,1\n".encode("utf-16"), "cannot be read as UTF-8 text"),
        ("rows.tsv.gz", b"no gzip", "cannot be read"),
        ("rows.tsv.gz", gzip.compress(TABLE[".tsv"].encode(), mtime=0)[:-12], "cannot be read"),
        ("rows.tsv.gz", gzip.compress(b"\n" * 10, mtime=0)[:10] + bytes(range(90)), "cannot be read"),
        ("rows.tsv.xz", lzma.compress(TABLE[".tsv"].encode())[:-12], "cannot be read"),
        ("rows.tsv.xz", b"no xz", "cannot be read"),
    ],
)
def test_a_table_that_cannot_be_read_gets_a_sentence(tmp_path, name, data, sentence):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(InputError, match=sentence) as refused:
        read_texts(path)
    assert name in str(refused.value)


def test_a_table_that_is_missing_gets_a_sentence(tmp_path):
    with pytest.raises(InputError, match=r"There is no file .*nosuch\.tsv"):
        read_texts(tmp_path / "nosuch.tsv")
    (tmp_path / "folder.tsv").mkdir()
    with pytest.raises(InputError, match=r"folder\.tsv cannot be read"):
        read_texts(tmp_path / "folder.tsv")


LABELS = ("negative", "Positive", "7")


@pytest.mark.parametrize(
    ("label", "index"), [("negative", 0), ("NEGATIVE", 0), ("positive", 1), ("0", 0), ("1", 1), ("2", 2), ("7", 2)]
)
def test_a_label_is_a_name_or_a_number(label, index):
    assert label_index(label, LABELS) == index


@pytest.mark.parametrize("label", ["", "neutral", "3", "-1", "1.0", "²", "x" * 1000, "1" * 5000])
def test_an_unknown_label_is_refused_with_the_known_ones(label):
    with pytest.raises(InputError, match="this model has negative, Positive, 7") as refused:
        label_index(label, LABELS)
    assert len(str(refused.value)) < 200


def test_of_many_labels_some_are_named():
    with pytest.raises(InputError, match=r"this model has 0, 1, 2, 3, 4, 5, 6, 7, \.\.\.\."):
        label_index("nosuch", tuple(map(str, range(100))))
