"""Sets of photos: what their folders mean, and that no file is lost in silence."""

import io
import os
import zipfile
from pathlib import Path

import pytest
import timm
import tiny
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnformer_demo.data import InputError
from rnnformer_demo.data.photo_sets import PhotoSet, SkippedFile
from rnnformer_demo.data.wordnet import imagenet_name
from rnnformer_demo.training.data.imagenet import imagenet_labels

PHOTO = tiny.encode(tiny.photo((16, 12)), "PNG")
JPEG = tiny.encode(tiny.photo((16, 12)), "JPEG")


def folder_of(path: Path, *names: str, data: bytes = PHOTO) -> Path:
    """A folder with these files, all the same photo."""
    for name in names:
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(data)
    return path


def zip_of(path: Path, *names: str, data: bytes = PHOTO) -> Path:
    with zipfile.ZipFile(path, "w") as packed:
        for name in names:
            packed.writestr(name, data)
    return path


def rows(photos: PhotoSet) -> list[tuple[str, str, str]]:
    return [(row.path, row.label, row.split) for row in photos.rows]


def classes(photos: PhotoSet) -> list[str]:
    return sorted({row.label for row in photos.rows})


@pytest.mark.parametrize(
    "names",
    [
        ("cat/2023/a.jpg", "cat/2024/b.jpg", "dog/2023/c.jpg"),
        ("cat/a.jpg", "cat/x/y/z/b.jpg", "dog/c.jpg"),
        ("photos/cat/2023/a.jpg", "photos/dog/b.jpg"),
        ("ILSVRC/Data/train_photos/cat/a.jpg", "ILSVRC/Data/train_photos/dog/b.jpg"),
        ("loose.jpg", "photos/cat/a.jpg", "photos/dog/b.jpg"),
    ],
)
def test_the_top_folder_is_the_class(tmp_path, names):
    photos = PhotoSet(folder_of(tmp_path, *names))
    assert classes(photos) == ["cat", "dog"]
    assert len(photos.rows) == len([name for name in names if "/" in name])


def test_folders_by_date_are_no_classes_of_a_single_class(tmp_path):
    assert classes(PhotoSet(folder_of(tmp_path, "cat/2023/a.jpg", "cat/2024-05/b.jpg"))) == ["cat"]


JUNK = (
    ".ipynb_checkpoints/a-checkpoint.jpg",
    "cat/.ipynb_checkpoints/a.jpg",
    "cat/@eaDir/a.jpg/SYNOPHOTO_THUMB_XL.jpg",
    "@eaDir/b.jpg",
    ".thumbnails/a.jpg",
    "__MACOSX/cat/._a.jpg",
    "cat/._a.jpg",
    ".git/x.jpg",
    "$RECYCLE.BIN/x.jpg",
    "System Volume Information/y.jpg",
    "cat/Thumbs.db",
    "dog/desktop.ini",
    ".DS_Store",
)


@pytest.mark.parametrize("form", [folder_of, zip_of])
def test_what_systems_leave_behind_is_skipped_and_said(tmp_path, form):
    photos = PhotoSet(form(tmp_path / "set.zip", "cat/a.jpg", "dog/b.jpg", *JUNK))
    assert classes(photos) == ["cat", "dog"]
    assert sorted(file.path for file in photos.skipped) == sorted(JUNK)
    (notice,) = photos.notices
    assert notice.startswith("Skipped: 13 files (hidden files and what systems leave behind): ")


@pytest.mark.parametrize(
    ("train", "val", "test"),
    [
        ("train", "val", "test"),
        ("Training", "Validation", "Testing"),
        ("training_set", "valid", "test_set"),
        ("train2017", "val2017", "eval"),
        ("seg_train/seg_train", "dev", "seg_test/seg_test"),
        ("set/train/images", "set/val/images", "set/test/images"),
    ],
)
def test_folders_of_splits_are_splits(tmp_path, train, val, test):
    names = (
        f"{train}/cat/a.jpg",
        f"{train}/dog/2023/b.jpg",
        f"{val}/cat/c.jpg",
        f"{val}/dog/d.jpg",
        f"{test}/cat/e.jpg",
    )
    photos = PhotoSet(folder_of(tmp_path, *names))
    wanted = ["train", "train", "val", "val", "test"]
    assert sorted(rows(photos)) == sorted(
        (name, "dog" if "/dog/" in name else "cat", split) for name, split in zip(names, wanted, strict=True)
    )
    assert photos.test_split == "test"
    assert any("were taken for splits, not for classes" in notice for notice in photos.notices)


def test_splits_may_lie_within_the_classes(tmp_path):
    photos = PhotoSet(folder_of(tmp_path, "cat/train/a.jpg", "cat/test/b.jpg", "dog/train/c.jpg"))
    assert sorted(rows(photos)) == [
        ("cat/test/b.jpg", "cat", "test"),
        ("cat/train/a.jpg", "cat", "train"),
        ("dog/train/c.jpg", "dog", "train"),
    ]


def test_without_a_test_split_that_for_validation_is_tested_on(tmp_path):
    photos = PhotoSet(folder_of(tmp_path, "train/ant/a.jpg", "train/bee/b.jpg", "val/ant/c.jpg"))
    assert photos.test_split == "val"
    assert [row.path for row in photos.select("validation")] == ["val/ant/c.jpg"]


def test_photos_of_a_split_without_a_class_are_named(tmp_path):
    photos = PhotoSet(folder_of(tmp_path, "train/cat/a.jpg", "train/dog/b.jpg", "test/1.jpg"))
    assert classes(photos) == ["cat", "dog"]
    assert photos.skipped == [SkippedFile("test/1.jpg", "in no folder of a class")]
    with pytest.raises(InputError, match=r"no labelled photos: 2 files \(in no folder of a class\)"):
        PhotoSet(folder_of(tmp_path / "two", "train/1.jpg", "test/2.jpg"))


def test_a_train_beside_a_bus_is_a_class(tmp_path):
    assert classes(PhotoSet(folder_of(tmp_path, "train/a.jpg", "bus/b.jpg", "plane/c.jpg"))) == [
        "bus",
        "plane",
        "train",
    ]


def test_what_lies_beside_splits_is_skipped(tmp_path):
    photos = PhotoSet(folder_of(tmp_path, "train/cat/a.jpg", "test/cat/b.jpg", "extra/cat/c.jpg"))
    assert photos.skipped == [SkippedFile("extra/cat/c.jpg", "beside the folders of the splits")]


def test_every_ending_is_read_or_named(tmp_path):
    read = ("a.PPM", "b.ico", "c.jfif", "d.HEIC", "e.jpe", "f.tga", "g.jp2", "h.Jpeg", "k.pgm")
    named = {
        "l.psd": "pictures of a format that is not read: save them as JPEG or PNG",
        "m.CR2": "pictures of a format that is not read: save them as JPEG or PNG",
        "n.txt": "no photos",
        "o.csv": "no photos",
    }
    folder_of(tmp_path, *(f"cat/{name}" for name in (*read, *named)))
    folder_of(tmp_path, "cat/photo", "cat/photo.jpg_1", data=JPEG)
    folder_of(tmp_path, "cat/noise", data=b"noise")
    photos = PhotoSet(tmp_path)
    assert {row.path for row in photos.rows} == {f"cat/{name}" for name in (*read, "photo", "photo.jpg_1")}
    wanted = {f"cat/{name}": reason for name, reason in {**named, "noise": "no photos"}.items()}
    assert {file.path: file.reason for file in photos.skipped} == wanted


def test_classes_that_differ_in_writing_alone_are_one(tmp_path):
    photos = PhotoSet(
        folder_of(tmp_path, "hot_dog/a.jpg", "hot dog/b.jpg", "Hot  Dog/c.jpg", "hot dog/d.jpg", "cat/e.jpg")
    )
    assert classes(photos) == ["cat", "hot dog"]
    assert any("'Hot  Dog', 'hot_dog' and 'hot dog' are one class, 'hot dog'" in notice for notice in photos.notices)
    assert len(photos.without(photos.rows, ["HOT_DOG"])) == 1


def test_the_ids_of_wordnet_are_those_of_imagenet():
    ids = (Path(timm.__file__).parent / "data" / "_info" / "imagenet_synsets.txt").read_text().split()
    assert tuple(map(imagenet_name, ids)) == imagenet_labels()
    assert imagenet_name("n01440764_tench") == imagenet_name(" n01440764 ") == "tench"
    assert [imagenet_name(name) for name in ("n99999999", "n99999999-thing", "nose")] == ["n99999999", "thing", "nose"]


def test_wordnet_ids_name_classes(tmp_path):
    photos = PhotoSet(folder_of(tmp_path, "train/n01440764/a.JPEG", "val/n01440764/b.JPEG", "train/n01514859/c.JPEG"))
    assert classes(photos) == ["hen", "tench"]


@pytest.mark.parametrize("form", [folder_of, zip_of])
@pytest.mark.parametrize("within", ["", "set/"])
def test_an_index_may_use_backslashes_and_lie_in_a_folder(tmp_path, form, within):
    path = form(tmp_path / "set.zip", f"{within}cats/1.jpg", f"{within}dogs/2.jpg", f"{within}dogs/3.jpg")
    text = "path,wnid,split\ncats\\1.jpg,n01440764,Training\n.\\dogs\\2.jpg,n01514859,TEST\n"
    if path.is_dir():
        (path / within / "index.csv").write_text(text)
    else:
        with zipfile.ZipFile(path, "a") as packed:
            packed.writestr(f"{within}index.csv", text)
    photos = PhotoSet(path)
    assert rows(photos) == [(f"{within}cats/1.jpg", "tench", "train"), (f"{within}dogs/2.jpg", "hen", "test")]
    assert [photos.read(row.path) for row in photos.rows] == [PHOTO, PHOTO]
    assert photos.skipped == [SkippedFile(f"{within}dogs/3.jpg", "not named in index.csv")]


def named_zip(path: Path, names: list[bytes]) -> Path:
    """A zip whose names are these bytes, without a word on their encoding, as other systems pack it."""
    placeholders = [(b"%04d" % number).ljust(len(name), b"x") for number, name in enumerate(names)]
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        for name in placeholders:
            packed.writestr(name.decode(), PHOTO)
    content = data.getvalue()
    for placeholder, name in zip(placeholders, names, strict=True):
        content = content.replace(placeholder, name)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("name", "label"),
    [
        (b"caf\x82/a.jpg", "café"),
        ("小猫/a.jpg".encode(), "小猫"),
        ("花园/a.jpg".encode("gb18030"), "花园"),
        (b"cats\\a.jpg", "cats"),
        ("cafe\u0301/a.jpg".encode(), "café"),
    ],
)
def test_names_of_other_systems_in_a_zip_are_read(tmp_path, name, label):
    photos = PhotoSet(named_zip(tmp_path / "set.zip", [name, b"dogs/b.jpg"]))
    assert set(classes(photos)) == {label, "dogs"}
    assert [photos.read(row.path) for row in photos.rows] == [PHOTO, PHOTO]


@pytest.mark.parametrize(("name", "label"), [("花园".encode("gb18030"), "花园"), (b"caf\xe9", "café")])
def test_names_of_folders_that_are_no_utf8_are_read(tmp_path, name, label):
    place = os.path.join(os.fsencode(tmp_path), name)
    try:
        os.mkdir(place)
    except OSError:
        pytest.skip("this file system takes UTF-8 alone")
    with open(os.path.join(place, b"a.jpg"), "wb") as file:
        file.write(PHOTO)
    photos = PhotoSet(folder_of(tmp_path, "dogs/b.jpg"))
    assert set(classes(photos)) == {label, "dogs"}
    assert [photos.read(row.path) for row in photos.rows] == [PHOTO, PHOTO]


def test_linked_folders_are_read_and_loops_end(tmp_path):
    folder_of(tmp_path / "elsewhere", "a.jpg")
    folder_of(tmp_path / "set", "dog/b.jpg")
    (tmp_path / "set" / "cat").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "set" / "dog" / "loop").symlink_to(tmp_path / "set")
    assert classes(PhotoSet(tmp_path / "set")) == ["cat", "dog"]


def test_links_to_nothing_and_names_that_are_read_alike_are_not_lost(tmp_path):
    folder_of(tmp_path, "cat/a.jpg", "cat\\a.jpg", "dog/b.jpg")
    (tmp_path / "dog" / "gone.jpg").symlink_to(tmp_path / "nowhere")
    photos = PhotoSet(tmp_path)
    assert len(photos.rows) + len(photos.skipped) == 4
    with pytest.raises(InputError, match=r"dog/gone\.jpg cannot be read"):
        [photos.read(row.path) for row in photos.rows]


def test_a_zip_that_is_damaged_gets_a_sentence(tmp_path):
    path = zip_of(tmp_path / "set.zip", "cat/a.jpg", "dog/b.jpg")
    data = path.read_bytes()
    place = data.rindex(b"PK\1\2")
    path.write_bytes(data[:place] + b"XXXX" + data[place + 4 :])
    with pytest.raises(InputError, match=r"set\.zip cannot be read as a zip"):
        PhotoSet(path)


CLASSES = ("cat", "Dog", "hot_dog", "hot dog", "n01440764", "n02085620-Chihuahua", "train", "2023", "小猫", "a.b", "7")
PARTS = (
    *CLASSES,
    *("train", "val", "test", "Testing", "seg_train", "images", "data", "2024-05", "deep"),
    *(".ipynb_checkpoints", "@eaDir", ".thumbnails", "__MACOSX", "$RECYCLE.BIN", ".git", "extra"),
)
ENDINGS = (".jpg", ".PNG", ".heic", ".ppm", ".jfif", ".psd", ".txt", ".db", "", ".jpg_1", ".csv")
FIRST = ("a", "b", "._x", "Thumbs", "index", "photo 1", "ä", "x\\y")


@st.composite
def trees(draw) -> dict[str, bytes]:
    """Files of a set, by their names: all the kinds that folders of photos are made of."""
    names = st.tuples(st.lists(st.sampled_from(PARTS), max_size=4), st.sampled_from(FIRST), st.sampled_from(ENDINGS))
    files = {}
    for parts, first, ending in draw(st.lists(names, min_size=1, max_size=12)):
        name = "/".join([*parts, first + ending])
        if not any(each.startswith(name + "/") or name.startswith(each + "/") for each in files):
            files[name] = draw(st.sampled_from((PHOTO, JPEG, b"", b"noise")))
    return files


@settings(max_examples=30, deadline=None)
@given(files=trees(), packed=st.booleans())
def test_every_file_is_read_or_skipped_with_a_reason(tmp_path_factory, files, packed):
    path = tmp_path_factory.mktemp("tree") / "set"
    if packed:
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in files.items():
                archive.writestr(name, data)
    else:
        for name, data in files.items():
            folder_of(path, name, data=data)
    try:
        photos = PhotoSet(path)
    except InputError:
        return
    listed = [row.path for row in photos.rows] + [file.path for file in photos.skipped]
    assert len(listed) == len(set(listed))
    unlisted = set(photos.names) - set(listed)
    assert unlisted <= {"index.csv"} | {name for name in photos.names if name.count("/") == 1 and "/index.csv" in name}
    assert len(photos.names) == len(files)
    assert all(file.reason for file in photos.skipped)
    assert all(row.label and row.split in ("", "train", "val", "test") for row in photos.rows)
    counted = sum(int(notice.split()[1]) for notice in photos.notices if notice.startswith("Skipped: "))
    assert counted == len(photos.skipped)
    for row in photos.rows:
        photos.read(row.path)


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
        ("dogs/deep/3.webp", "dogs", ""),
    ]
    assert photos.read("cats/1.jpg") == tiny.encode(tiny.photo((16, 12), 1), "PNG")
    assert photos.select("test") == photos.select(None) == photos.rows
    assert photos.notices == [
        "Folders within those of the classes are no classes: dogs/deep/3.webp is of the class dogs.",
        "Skipped: 1 file (no photos): dogs/notes.txt.",
        "Skipped: 1 file (in no folder of a class): loose.jpg.",
    ]


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
