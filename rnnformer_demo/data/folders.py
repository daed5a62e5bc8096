"""What the folders of a set of photos mean: classes, splits, wrappings, and what is none of these."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .opening import photo_suffixes

TRAIN, VALIDATION, TEST = "train", "val", "test"
_SPLITS = {
    TRAIN: ("train", "training", "trn", "trainval"),
    VALIDATION: ("val", "valid", "validation", "dev", "development"),
    TEST: ("test", "testing", "tst", "eval", "evaluation", "holdout"),
}
_SPLIT = re.compile(r"(?:seg[ _-])?([a-z]+?)(?:[ _-]?(?:set|data|dataset|split|images|photos))?[ _-]?(?:\d{4})?")
_GENERIC = {"images", "image", "photos", "pictures", "img", "imgs", "data", "dataset", "classes", "jpegimages"}
_YEAR = re.compile(r"(?:19|20)\d\d(?:[ _.-]?\d\d){0,2}")
_JUNK = {
    *("__macosx", "thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", "$recycle.bin", "recycler"),
    *("system volume information", "lost+found", "@eadir", "@tmp", "@recycle", "#recycle", "#snapshot"),
    *("@recently-snapshot", "__pycache__", "icon\r"),
}
# Of other kinds, or with no ending at all, a file is a photo where it begins as one.
_NO_PHOTOS = {
    *(".txt", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".md", ".html", ".yaml", ".yml", ".py", ".ipynb", ".log"),
    *(".mat", ".npy", ".npz", ".pkl", ".h5", ".pt", ".zip", ".gz", ".tar", ".pdf", ".mp4", ".mov", ".avi", ".wav"),
    *(".mp3", ".exe", ".sh", ".bat", ".lnk", ".url", ".doc", ".docx", ".xls", ".xlsx", ".db", ".ini", ".tmp"),
}
_NOT_READ = {
    *(".svg", ".psd", ".raw", ".cr2", ".cr3", ".nef", ".arw", ".dng", ".orf", ".rw2", ".raf", ".eps", ".ai", ".jxl"),
    *(".exr", ".hdr", ".xcf", ".dcm", ".fits", ".icns", ".wmf", ".emf"),
}
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\0\x0cjP  ", b"qoif")

HIDDEN, NO_PHOTO, NO_CLASS = "hidden files and what systems leave behind", "no photos", "in no folder of a class"
NO_SPLIT = "beside the folders of the splits"
OTHER_FORMAT = "pictures of a format that is not read: save them as JPEG or PNG"


@dataclass(frozen=True)
class PhotoRow:
    """One labelled photo: its path inside the set, its class, and its split ("" where the set has none)."""

    path: str
    label: str
    split: str


@dataclass(frozen=True)
class SkippedFile:
    """A file of a set that is no labelled photo, and why."""

    path: str
    reason: str


@dataclass(frozen=True)
class Arrangement:
    """Labelled photos, files that are none, and sentences about how the folders were understood."""

    rows: list[PhotoRow]
    skipped: list[SkippedFile]
    notices: list[str]


def split_named(name: str) -> str:
    """Return the split that a name means: "train", "val" or "test"; "" where it means none.

    Example:
        >>> split_named("Training_Set"), split_named("val2017"), split_named("cats")
        ('train', 'val', '')
    """
    match = _SPLIT.fullmatch(name.strip().casefold())
    return next((split for split, words in _SPLITS.items() if match and match[1] in words), "")


def is_junk(name: str) -> bool:
    """Return whether a file, or a folder on the way to it, is hidden or one that systems leave behind."""
    return any(part.startswith(".") or part.casefold() in _JUNK for part in name.split("/"))


def reason_to_skip(name: str, beginning: Callable[[], bytes]) -> str:
    """Return why a file is no photo to read, "" for one.

    Args:
        beginning: gives the first bytes of the file, which are looked at where its name does not tell.
    """
    if is_junk(name):
        return HIDDEN
    stem, dot, ending = name.rpartition("/")[2].rpartition(".")
    suffix = f".{ending.casefold()}" if dot and stem else ""
    if suffix in photo_suffixes():
        return ""
    if suffix in _NOT_READ:
        return OTHER_FORMAT
    if suffix in _NO_PHOTOS:
        return NO_PHOTO
    first = beginning()
    photo = first.startswith(_BEGINNINGS) or first[4:8] == b"ftyp" or (first[:4], first[8:12]) == (b"RIFF", b"WEBP")
    return "" if photo else NO_PHOTO


def arrange(names: Sequence[str], reason_of: Callable[[str], str]) -> Arrangement:
    """Return the photos among files with their classes, by their folders.

    The class is the first folder: of the set, of the only folder that wraps it, or of a split's folder. Deeper folders
    are no classes.

    Args:
        names: of all files, parts between "/".
        reason_of: returns why a file is no photo, "" for one.
    """
    reasons = {name: reason_of(name) for name in names}
    folders = {name: tuple(name.split("/")[:-1]) for name in names if not reasons[name]}
    wrapping, splits = _wrapping(list(folders.values()))
    inside = {name: parts[len(wrapping) :] for name, parts in folders.items() if parts[: len(wrapping)] == wrapping}
    found = _by_split(inside, splits) if splits else _by_class(inside)
    rows = [PhotoRow(name, found[name].label, found[name].split) for name in folders if name in found]
    for name in folders.keys() - found.keys():
        parts = inside.get(name, ())
        reasons[name] = NO_SPLIT if splits and parts and parts[0] not in splits else NO_CLASS
    notices = []
    if wrapping:
        notices.append(f"The folders in {'/'.join(wrapping)} were taken for the classes.")
    if taken := sorted({place.split_folder for place in found.values()} - {""}):
        notices.append(f"The folders {', '.join(taken)} were taken for splits, not for classes.")
    if deeper := next(((name, place.label) for name, place in found.items() if place.deeper), None):
        notices.append(f"Folders within those of the classes are no classes: {deeper[0]} is of the class {deeper[1]}.")
    return Arrangement(rows, [SkippedFile(name, reasons[name]) for name in names if reasons[name]], notices)


@dataclass(frozen=True)
class _Place:
    """Where a photo belongs, and whether it lies deeper than in the folder of its class."""

    label: str
    split_folder: str
    deeper: bool

    @property
    def split(self) -> str:
        return split_named(self.split_folder)


def _wrapping(folders: list[tuple[str, ...]]) -> tuple[tuple[str, ...], set[str]]:
    """Return the folders that wrap all others, and the names of the folders of splits in them."""
    wrapping: tuple[str, ...] = ()
    while True:
        depth = len(wrapping)
        inside = [parts[depth:] for parts in folders if len(parts) > depth and parts[:depth] == wrapping]
        tops, splits = {parts[0] for parts in inside}, _split_folders(inside)
        if splits or len(tops) != 1 or not all(len(parts) > 1 for parts in inside):
            return wrapping, splits
        if all(_YEAR.fullmatch(parts[1]) for parts in inside):  # of one class, by date
            return wrapping, splits
        wrapping += (*tops,)


def _split_folders(inside: list[tuple[str, ...]]) -> set[str]:
    """Return which first folders are those of splits; none where they may as well be classes: a "train" by a "bus"."""
    classes: dict[str, set[str]] = {parts[0]: set() for parts in inside}
    for parts in inside:
        classes[parts[0]].update(parts[1:2])
    splits = {top for top in classes if split_named(top)}
    several = len({split_named(top) for top in splits}) > 1
    if len(splits) == len(classes):
        return splits if several or any(classes.values()) else set()
    shared = several and set.intersection(*(classes[top] for top in splits))
    return splits if shared else set()


def _by_split(inside: dict[str, tuple[str, ...]], splits: set[str]) -> dict[str, _Place]:
    places: dict[str, _Place] = {}
    for top in splits:
        own = {name: parts[1:] for name, parts in inside.items() if parts[:1] == (top,)}
        while _wrapped_again(top, own.values()):
            own = {name: parts[1:] for name, parts in own.items()}
        places |= {name: _Place(parts[0], top, len(parts) > 1) for name, parts in own.items() if parts}
    return {name: places[name] for name in inside if name in places}


def _wrapped_again(split: str, folders: Iterable[tuple[str, ...]]) -> bool:
    """Return whether a split's folder holds one that says the same or nothing: train/train, test/images."""
    firsts = {parts[:1] for parts in folders}
    if len(firsts) != 1 or not all(len(parts) > 1 for parts in folders):
        return False
    ((first,),) = firsts
    return first.casefold() in _GENERIC or split_named(first) == split_named(split)


def _by_class(inside: dict[str, tuple[str, ...]]) -> dict[str, _Place]:
    """Return the places where first come the classes; folders of splits may lie within each."""
    found = {name: parts for name, parts in inside.items() if parts}
    within = {parts[1] if len(parts) > 1 else "" for parts in found.values()}
    if len({split_named(name) for name in within}) > 1 and all(map(split_named, within)):
        return {name: _Place(parts[0], parts[1], len(parts) > 2) for name, parts in found.items()}
    return {name: _Place(parts[0], "", len(parts) > 1) for name, parts in found.items()}
