"""Readers of data sets: good rows are read, bad ones are reported by their line."""

import gzip
import json
import lzma
import zipfile

import pytest
import tiny

from rnnformer_demo.data import InputError
from rnnformer_demo.data.photo_sets import PhotoSet
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


FILES = {"cats/1.jpg": 1, "cats/2.PNG": 2, "dogs/deep/3.webp": 3, "dogs/notes.txt": 0, "loose.jpg": 4}
INDEX = "path,class,split\ncats/1.jpg,cat,train\ncats/2.PNG,cat,test\ndogs/deep/3.webp,dog,test\n"


def make_set(tmp_path, form: str, index: str | bytes | None = None):
    contents = {name: tiny.encode(tiny.photo((16, 12), seed), "PNG") for name, seed in FILES.items()}
    if index is not None:
        contents["index.csv"] = index.encode() if isinstance(index, str) else index
    if form == "zip":
        with zipfile.ZipFile(tmp_path / "photos.zip", "w") as packed:
            packed.mkdir("empty")
            for name, data in contents.items():
                packed.writestr(name, data)
        return tmp_path / "photos.zip"
    for name, data in contents.items():
        (tmp_path / "photos" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "photos" / name).write_bytes(data)
    return tmp_path / "photos"


forms = pytest.mark.parametrize("form", ["folder", "zip"])


@forms
def test_the_folder_of_a_photo_is_its_class(tmp_path, form):
    photos = PhotoSet(make_set(tmp_path, form))
    assert [(row.path, row.label, row.split) for row in photos.rows] == [
        ("cats/1.jpg", "cats", ""),
        ("cats/2.PNG", "cats", ""),
        ("dogs/deep/3.webp", "deep", ""),
    ]
    assert photos.read("cats/1.jpg") == tiny.encode(tiny.photo((16, 12), 1), "PNG")
    assert photos.select("test") == photos.select(None) == photos.rows


@forms
@pytest.mark.parametrize("column", ["class", "name", "label"])
def test_an_index_names_classes_and_splits(tmp_path, form, column):
    photos = PhotoSet(make_set(tmp_path, form, "\ufeff" + INDEX.replace("class", column)))
    assert [row.label for row in photos.rows] == ["cat", "cat", "dog"]
    assert [row.path for row in photos.select("test")] == ["cats/2.PNG", "dogs/deep/3.webp"]
    assert len(photos.select(None)) == 3
    with pytest.raises(InputError, match="There is no split 'dev': this set has test, train"):
        photos.select("dev")


@forms
def test_a_photo_that_is_missing_gets_a_sentence(tmp_path, form):
    photos = PhotoSet(make_set(tmp_path, form, INDEX + "cats/9.jpg,cat,test\n"))
    with pytest.raises(InputError, match=r"cats/9\.jpg cannot be read from photos"):
        photos.read(photos.rows[-1].path)


def test_a_photo_whose_part_of_the_zip_is_damaged_gets_a_sentence(tmp_path):
    path = make_set(tmp_path, "zip")
    data = path.read_bytes()
    place = data.index(b"\x89PNG") + 60
    path.write_bytes(data[:place] + bytes([data[place] ^ 255]) + data[place + 1 :])
    photos = PhotoSet(path)
    with pytest.raises(InputError, match=r"cannot be read from photos\.zip: Bad CRC-32"):
        [photos.read(row.path) for row in photos.rows]


@forms
@pytest.mark.parametrize(
    ("index", "sentence"),
    [
        ("file,class\na,b\n", r"index\.csv must have the columns path and class \(or name\), got \['file', 'class'\]"),
        ("path\na\n", "must have the columns"),
        ("", "must have the columns"),
        ("path,class\n", "holds no labelled photos"),
        ("path,class\ncats/1.jpg,cat\ncats/2.PNG\n", r"index\.csv has no class in line 3"),
        ("path,class\n,cat\n", r"index\.csv has no path in line 2"),
        (b"path,class\n\xff,cat\n", r"index\.csv cannot be read as a UTF-8 table"),
    ],
)
def test_an_index_that_cannot_be_read_gets_a_sentence(tmp_path, form, index, sentence):
    with pytest.raises(InputError, match=sentence):
        PhotoSet(make_set(tmp_path, form, index))


def test_what_is_no_set_of_photos_gets_a_sentence(tmp_path):
    with pytest.raises(InputError, match="must be a folder or a zip with one folder a class"):
        PhotoSet(tmp_path / "nosuch")
    (tmp_path / "table.tsv").write_text("text\tlabel\n")
    with pytest.raises(InputError, match=r"table\.tsv must be a folder or a zip"):
        PhotoSet(tmp_path / "table.tsv")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="empty holds no labelled photos"):
        PhotoSet(tmp_path / "empty")


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
