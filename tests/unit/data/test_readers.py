"""Readers of photos: folders and zips, with their classes and splits."""

import zipfile

import pytest
import tiny

from rnnformer_demo.data import InputError
from rnnformer_demo.data.readers import PhotoSet

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
