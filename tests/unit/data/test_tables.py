"""Tables of labelled texts: good rows are read, bad ones are reported by the line on which they begin."""

import bz2
import gzip
import json
import lzma

import pytest

from rnnformer_demo.data import InputError
from rnnformer_demo.data.tables import TableOptions, read_texts

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
    table = read_texts(path)
    rows, rejected = table.rows, table.rejected
    assert [(row.text, row.label) for row in rows] == ROWS
    assert [row.line for row in rows] == ([1, 2, 3] if kind == ".jsonl" else [2, 3, 4])
    assert rejected == []


@pytest.mark.parametrize("text", ["text", "sentence", "review", "content", "Text "])
@pytest.mark.parametrize("label", ["label", "class", "name", "category"])
def test_columns_may_bear_several_names_in_any_order(tmp_path, text, label):
    path = tmp_path / "rows.csv"
    path.write_text(f"id,{label},{text}\n7,yes,good film\n", encoding="utf-8")
    (row,) = read_texts(path).rows
    assert (row.text, row.label) == ("good film", "yes")


def test_bad_rows_of_a_table_are_reported_by_line(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text('text,label\ngood,1\nonly one\n"  ",0\nbad,\n\na,b,c\n"two\nlines",1\n', encoding="utf-8")
    table = read_texts(path)
    rows, rejected = table.rows, table.rejected
    assert [(row.line, row.text) for row in rows] == [(2, "good"), (8, "two\nlines")]
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
    table = read_texts(path)
    rows, rejected = table.rows, table.rejected
    assert [(row.line, row.label) for row in rows] == [(1, "yes"), (10, "0")]
    assert [row.line for row in rejected] == [2, 4, 5, 6, 7, 8, 9]
    reasons = [row.reason.split(" (")[0] for row in rejected]
    assert reasons == ["not JSON", "not a JSON object", "no text", "no label", "no label", "not JSON", "not JSON"]


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("rows.txt", b"text\tlabel\na\tb\n", r"must be a \.tsv, \.csv, \.jsonl or \.parquet file"),
        ("rows.xlsx", b"PK\x03\x04", "save it as one of them"),
        ("rows", b"text\tlabel\na\tb\n", "must be a"),
        ("rows.tsv", b"", "must begin with a line that names the columns text and label"),
        (
            "rows.tsv",
            b"a\tb\nc\td\n",
            r"names the columns text and label, got 'a', 'b': name them with --text-column and",
        ),
        ("rows.tsv", b"text\nc\n", "names the columns"),
        ("rows.tsv", b"text\tlabel\n", r"holds no row with a text and a label \(0 rejected\)"),
        ("rows.tsv", b"text\tlabel\nonly\n", r"\(1 rejected\)"),
        ("rows.jsonl", b"", "holds no row"),
        ("rows.tsv", bytes(range(256)) * 8, "The encoding of rows.tsv cannot be found out: name it with --encoding"),
        ("rows.tsv.gz", b"no gzip", "must begin with a line"),
        ("rows.parquet", b"no Parquet", "cannot be read as Parquet"),
        ("rows.tsv.gz", gzip.compress(TABLE[".tsv"].encode(), mtime=0)[:-12], "cannot be read"),
        ("rows.tsv.gz", gzip.compress(b"\n" * 10, mtime=0)[:10] + bytes(range(90)), "cannot be read"),
        ("rows.tsv.xz", lzma.compress(TABLE[".tsv"].encode())[:-12], "cannot be read"),
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


def written(tmp_path, data: str | bytes, name: str = "rows.csv"):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(path, **options) -> list[tuple[int, str, str]]:
    """Line, text and label of each row."""
    return [(row.line, row.text, row.label) for row in read_texts(path, TableOptions(**options)).rows]


def rejected(path, **options) -> dict[int, str]:
    return {row.line: row.reason for row in read_texts(path, TableOptions(**options)).rejected}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv"])
def test_the_separator_is_found_out_and_said(tmp_path, separator, name):
    path = written(
        tmp_path, separator.join(["text", "label"]) + "\n" + separator.join(["a good film", "1"]) + "\n", name
    )
    assert read(path) == [(2, "a good film", "1")]
    words = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
    assert words[separator] in read_texts(path).notice


@pytest.mark.parametrize(("sep", "separator"), [("~", "~"), ("tab", "\t"), ("\\t", "\t"), (None, ";")])
def test_a_separator_may_be_named_by_the_user_or_by_the_file(tmp_path, sep, separator):
    declared = "" if sep else "sep=;\n"
    path = written(tmp_path, f"{declared}text{separator}label\nfine, really{separator}1\n")
    assert read(path, sep=sep) == [(2 if sep else 3, "fine, really", "1")]


@pytest.mark.parametrize("sep", ["", "ab", '"', "\n"])
def test_a_separator_is_one_character(tmp_path, sep):
    with pytest.raises(InputError, match="--sep must be one character, or tab"):
        read(written(tmp_path, "text,label\ngood,1\n"), sep=sep)


CHINESE = "text,label\n这家酒店的房间非常干净，服务也很好,1\n早餐很差，下次不会再来,0\n"
TAIWANESE = "text,label\n這家飯店的房間非常乾淨，服務也很好,1\n早餐很差，下次不會再來,0\n"
FRENCH = "text,label\n“Très bon” café, je l’adore !,1\n".replace("café, je", "café je")
ENCODED = {
    "utf-8": CHINESE,
    "utf-8-sig": CHINESE,
    "utf-16": CHINESE,
    "utf-16-le": CHINESE,
    "utf-16-be": FRENCH,
    "utf-32": FRENCH,
    "gb18030": CHINESE,
    "big5": TAIWANESE,
    "cp1252": FRENCH,
    "cp1251": "text,label\nОтличный фильм,1\nУжасный сервис и плохая еда,0\n",
}


@pytest.mark.parametrize("encoding", ENCODED)
@pytest.mark.parametrize("named", [False, True])
def test_the_encoding_is_found_out_and_may_be_named(tmp_path, encoding, named):
    path = written(tmp_path, ENCODED[encoding].encode(encoding))
    expected = [tuple(line.split(",")) for line in ENCODED[encoding].splitlines()[1:]]
    assert [(text, label) for _, text, label in read(path, encoding=encoding if named else None)] == expected


@pytest.mark.parametrize("text", ["Größe", "un café", "naïve", "£20", "it’s fine", "“so – so”"])
def test_a_single_letter_with_an_accent_is_of_the_commonest_encoding(tmp_path, text):
    path = written(tmp_path, f"text,label\nplain,0\n{text},1\n".encode("cp1252"))
    assert [each for _, each, _ in read(path)] == ["plain", text]


def test_an_encoding_that_does_not_exist_gets_a_sentence(tmp_path):
    for encoding in ("utf-9", "base64", "undefined", "", "idna"):
        with pytest.raises(InputError):
            read(written(tmp_path, b"text,label\nCaf\xe9,1\n" * 9 + b"\xff\x00\xfe"), encoding=encoding or "x" * 99)


def test_a_few_damaged_bytes_cost_their_own_lines(tmp_path):
    path = written(tmp_path, b"text,label\n" + "un café,1\n".encode() * 9 + b"caf\xe9,0\n" + b"plain,1\n")
    assert len(read(path)) == 10
    assert rejected(path) == {11: "it holds bytes that mean nothing in the encoding of the file"}
    assert [text for _, text, _ in read(path, encoding="latin-1")][-2:] == ["café", "plain"]


STRAY = {
    "never closed": ('"An opening mark,1\n', {3}),
    "within a quoted cell": ('"He said "fine" to me",1\n', {3}),
    "closed rows below": ('"An opening mark,1\ngood 8,1\nbad 9,0\nthe end of it",0\n', {3}),
    "before a quoted row": ('"An opening mark,1\n"A good, long row",1\n', {3}),
    "two rows in a row": ('"An opening mark,1\na closing one",0\n', {3}),
}


@pytest.mark.parametrize("case", STRAY)
@pytest.mark.parametrize("turned", [False, True], ids=["text first", "label first"])
def test_a_stray_quotation_mark_costs_its_own_line(tmp_path, case, turned):
    damaged, lines = STRAY[case]
    text = f"good 0,1\n{damaged}" + "".join(f"row {number},{number % 2}\n" for number in range(50))
    if turned:
        rows = [line.rpartition(",") for line in text.splitlines()]
        text = "".join(f"{label},{cell}\n" for cell, _, label in rows)
    path = written(tmp_path, ("label,text\n" if turned else "text,label\n") + text)
    assert set(rejected(path)) == lines
    assert len(read(path)) == text.count("\n") - len(lines)


def test_texts_of_several_lines_are_whole_and_bear_their_first_line(tmp_path):
    cells = ["One.\n\nTwo, three", 'He said\n""fine"", or so', "Well, 5\nand, 7\nno", "plain"]
    for form in ("{0},{1}\n", "{1},{0}\n"):
        header = form.format("text", "label")
        body = "".join(form.format(f'"{cell}"', number % 2) for number, cell in enumerate(cells))
        path = written(tmp_path, (header + body).replace("\n", "\r\n"))
        assert [text for _, text, _ in read(path)] == [cell.replace('""', '"') for cell in cells]
        assert [line for line, _, _ in read(path)] == [2, 5, 7, 10]
        assert rejected(path) == {}


def test_marks_quote_in_a_table_with_tabs_where_they_show_it(tmp_path):
    plain = 'text\tlabel\n"good" film\t1\n"a film\t0\nof "two"\t1\n'
    assert [text for _, text, _ in read(written(tmp_path, plain, "a.tsv"))] == ['"good" film', '"a film', 'of "two"']
    alone = 'text\tlabel\n"all of it"\t1\n'
    assert read(written(tmp_path, alone, "b.tsv")) == [(2, '"all of it"', "1")]
    doubled = 'text\tlabel\n"he said ""fine"""\t1\nplain\t0\n'
    assert [text for _, text, _ in read(written(tmp_path, doubled, "c.tsv"))] == ['he said "fine"', "plain"]
    everywhere = '"text"\t"label"\n"a\nb"\t"1"\n'
    assert read(written(tmp_path, everywhere, "d.tsv")) == [(2, "a\nb", "1")]


@pytest.mark.parametrize("header", ["text,text,label", "Text,text ,label", "text,label,Label", "t_ext,text,label"])
def test_two_columns_of_one_name_are_refused(tmp_path, header):
    path = written(tmp_path, f"{header}\na,b,c\n")
    with pytest.raises(InputError, match="2 columns of one name"):
        read(path)


def test_columns_of_one_name_that_hold_something_else_do_not_matter(tmp_path):
    assert read(written(tmp_path, "id,id,text,label,,\n1,2,good,yes,,\n")) == [(2, "good", "yes")]


def test_of_columns_that_differ_in_case_the_user_names_one(tmp_path):
    path = written(tmp_path, "Text,text,label\na,b,c\n")
    assert read(path, text_column="Text") == [(2, "a", "c")]
    assert read(path, text_column="text") == [(2, "b", "c")]


@pytest.mark.parametrize(
    ("header", "label"),
    [
        ("name,text,category", "category"),
        ("rating,review,sentiment", "sentiment"),
        ("topic,text,class", "class"),
        ("name,content,id", "name"),
        ("评论,text,标签", "标签"),
        ("Class Index,text,Title", "Class Index"),
    ],
)
def test_the_surest_column_holds_the_labels_and_is_said(tmp_path, header, label):
    path = written(tmp_path, f"{header}\n" + ",".join(f"cell of {column}" for column in header.split(",")) + "\n")
    assert read(path)[0][2] == f"cell of {label}"
    assert f"labels from {label!r}" in read_texts(path).notice


def test_the_user_names_columns_by_name_or_number(tmp_path):
    path = written(tmp_path, "a,b,text\nx,y,z\n")
    assert read(path, text_column="B", label_column="a") == [(2, "y", "x")]
    assert read(path, label_column="a") == [(2, "z", "x")]
    headless = written(tmp_path, "3,a title,a text\n1,2,another\n", "headless.csv")
    assert read(headless, text_column="3", label_column="1") == [(1, "a text", "3"), (2, "another", "1")]
    with pytest.raises(InputError, match=r"names the columns c and label, got 'a', 'b', 'text'"):
        read(path, text_column="c")
    with pytest.raises(InputError, match="texts and labels in one column"):
        read(path, text_column="a", label_column="A")


@pytest.mark.parametrize("label", ["nan", "NaN", "NA", "N/A", "null", "NULL", "None", "", "  ", "<NA>", "#N/A"])
def test_a_missing_label_is_counted_and_a_text_of_that_name_is_a_text(tmp_path, label):
    path = written(tmp_path, f"text,label\nNA,1\nNone,0\nnull,1\ngood,{label}\n")
    assert read(path) == [(2, "NA", "1"), (3, "None", "0"), (4, "null", "1")]
    assert rejected(path)[5].startswith("no label")


def test_keys_of_json_may_be_of_any_case_and_stand_once(tmp_path):
    lines = [
        '{"Text": "good", "LABEL": 1}',
        '{"text": "bad", "label": 0.0}',
        '{"text": "a", "Text": "b", "label": 0}',
        '{"text": "a", "text": "b", "label": 0}',
        '{"text": "true", "label": true}',
        '{"text": "none", "label": NaN}',
        '{"text": "list", "label": [1]}',
    ]
    path = written(tmp_path, "\n".join(lines), "rows.jsonl")
    assert read(path) == [(1, "good", "1"), (2, "bad", "0.0"), (5, "true", "true")]
    assert rejected(path) == {
        3: "the key 'Text' stands in it twice",
        4: "the key 'text' stands in it twice",
        6: "no label",
        7: "no label",
    }
    with pytest.raises(InputError, match="must have the keys text and label, got 'txt', 'label'"):
        read(written(tmp_path, '{"txt": "a", "label": 1}', "rows.ndjson"))


def test_a_json_list_is_read_by_the_numbers_of_its_records(tmp_path):
    path = written(tmp_path, '[{"text": "good", "label": 1},\n 7, {"text": "bad", "label": 0}]', "rows.json")
    assert read(path) == [(1, "good", "1"), (3, "bad", "0")]
    assert rejected(path) == {2: "not a JSON object"}


def test_parquet_is_read(tmp_path):
    import pandas
    from fastparquet import write

    path = tmp_path / "rows.parquet"
    frame = pandas.DataFrame({"Sentence": ["good", "NA", "", "bad"], "label": [1.0, 0.0, 1.0, float("nan")], "id": 7})
    write(str(path), frame)
    assert read(path) == [(1, "good", "1.0"), (2, "NA", "0.0")]
    assert rejected(path) == {3: "no text", 4: "no label"}
    with pytest.raises(InputError, match="There is no file"):
        read(tmp_path / "nosuch.parquet")


def test_what_is_packed_is_told_by_its_content(tmp_path):
    data = b"text,label\ngood,1\n"
    for name, packed in {"a.csv.bz2": bz2.compress(data), "b.csv": gzip.compress(data), "c.csv.gz": data}.items():
        assert read(written(tmp_path, packed, name)) == [(2, "good", "1")]


def test_a_zip_of_one_table_is_read(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "rows.csv.zip", "w") as archive:
        archive.writestr("IMDB Dataset.csv", "review,sentiment\ngood,positive\n")
    assert read(tmp_path / "rows.csv.zip") == [(2, "good", "positive")]
    with zipfile.ZipFile(tmp_path / "rows.csv.zip", "a") as archive:
        archive.writestr("more.csv", "")
    with pytest.raises(InputError, match="holds 2 files"):
        read(tmp_path / "rows.csv.zip")


def test_lone_carriage_returns_end_lines_where_nothing_else_does(tmp_path):
    assert read(written(tmp_path, "text,label\rgood,1\rbad,0\r")) == [(2, "good", "1"), (3, "bad", "0")]
    assert read(written(tmp_path, "text,label\ngood\rfilm,1\n")) == [(2, "good film", "1")]
