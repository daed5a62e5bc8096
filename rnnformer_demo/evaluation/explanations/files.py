"""The text files of a data set with ground truth: their places, lines and names."""

from pathlib import Path

from ...data.encodings import PACKED, decode, lines_of, read_bytes


def text_lines(path: Path) -> list[tuple[int, str]]:
    """Return the lines of a text file that are not blank, each with its number from 1; it may be packed.

    Raises:
        InputError: for a file that cannot be read.
    """
    text, _ = decode(read_bytes(path), None, path.name)
    return [(number, line) for number, line in enumerate(lines_of(text), start=1) if line.strip()]


def with_any_suffix(folder: Path, stem: str, suffix: str) -> Path | None:
    """Return the file `<stem><suffix>` of a folder, plain or compressed; None where there is none."""
    candidates = (folder / f"{stem}{suffix}{packed}" for packed in ("", *PACKED))
    return next((path for path in candidates if path.is_file()), None)


def plain_suffix(path: Path) -> str:
    """Return the suffix of a file in lower case, that of a compression left out: ".jsonl" for val.jsonl.xz."""
    return next((suffix.lower() for suffix in reversed(path.suffixes) if suffix not in PACKED), "")


def set_name(path: Path) -> str:
    """Return the name of a file in results: "movie-rationales val" for movie-rationales/val.jsonl.xz."""
    return f"{path.parent.name} {path.name.split('.')[0]}".strip()
