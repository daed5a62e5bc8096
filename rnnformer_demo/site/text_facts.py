"""Tables that the browser needs to read text as Python does: written once, by the packages that Python reads with.

The browser has tables of Unicode of its own, but of another version than `tokenizers`: what that package takes for a
letter or an accent is told here, so that every browser cuts words alike.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from html.entities import html5
from typing import Any

from tokenizers import Regex, normalizers, pre_tokenizers

from ..confidence import writing_tables
from ..data.text import CJK

# Planes 4 to 13 hold no characters, nor do the private ones at the end; surrogates are halves of characters.
_CODES = (*range(0xD800), *range(0xE000, 0x40000), *range(0xE0000, 0xE1000))
_LETTER = re.compile(r"[^\W\d_]")
_PART = re.compile(r"\(\?i\)|\\.|\[(?:\\.|[^\]\\])+\]|.", re.DOTALL)  # of an expression: an escape, a class or a sign
_IN_JAVASCRIPT = {
    r"\A": r"(?<![^])",
    r"\Z": r"(?![^])",
    "^": r"(?<![^\n])",
    "$": r"(?![^\n])",
    ".": r"[^\n]",
    r"\s": r"[ \t-\r]",
    r"\S": r"[^ \t-\r]",
}


def text_facts() -> dict[str, Any]:
    """Return what `TextReader` and `WritingCheck` take in the browser, as JSON takes it."""
    return {"entities": _entities(), "characters": _characters(), "writing": writing_facts()}


def writing_facts() -> dict[str, Any]:
    """Return the tables and bounds of the check of how a text is written, as JSON takes them."""
    letters = [code for code in _CODES if _LETTER.fullmatch(chr(code))]
    return {
        "common_words": {language: words.split() for language, words in writing_tables.COMMON_WORDS.items()},
        "letters": _ranges(letters),
        "scripts": _scripts(letters),
        "latin": writing_tables.SCRIPTS["LATIN"],
        "other_script": writing_tables.OTHER_SCRIPT,
        "chinese": CJK,
        "single": writing_tables.SINGLE,
        "code": [in_javascript(pattern.pattern) for pattern, _ in writing_tables.CODE],
        "keyboard": list(writing_tables.KEYBOARD),
        "bounds": {
            name.lower(): value
            for name, value in vars(writing_tables).items()
            if name.isupper() and isinstance(value, int | float)
        },
    }


def in_javascript(pattern: str) -> dict[str, str]:
    """Return an expression of `re`, with its flags MULTILINE and ASCII, as source and flags in JavaScript.

    There `$`, `.` and `\\s` know ends of lines and blanks that they do not know in Python.
    """
    parts = _PART.findall(pattern)
    flags = "i" if parts[0] == "(?i)" else ""
    parts = parts[1:] if flags else parts
    return {"source": "".join(map(_part_in_javascript, parts)), "flags": flags}


def _part_in_javascript(part: str) -> str:
    if part.startswith("["):
        return part.replace(r"\s", r" \t-\r")
    return _IN_JAVASCRIPT.get(part, part)


def _entities() -> dict[str, str]:
    """Return what HTML's entities stand for, by their names without the semicolon that must follow them."""
    return {name.removesuffix(";"): sign for name, sign in html5.items() if name.endswith(";")}


def _characters() -> dict[str, list[list[int]]]:
    """Return ranges of characters by what `tokenizers` does with them."""
    everything = "".join(map(chr, _CODES))
    words = pre_tokenizers.Split(Regex(r"\w+"), behavior="removed", invert=True).pre_tokenize_str(everything)
    return {
        "words": _ranges(_CODES[place] for _, (start, end) in words for place in range(start, end)),
        "accents": _ranges(_changed(normalizers.StripAccents().normalize_str)),
        "decomposed": _ranges(_changed(normalizers.NFKD().normalize_str)),
    }


def _changed(normalise: Callable[[str], str]) -> Iterator[int]:
    """Yield the code points that a normaliser changes, which reads each in a line of its own."""
    codes = [code for code in _CODES if code != ord("\n")]
    lines = normalise("\n".join(map(chr, codes))).split("\n")
    return (code for code, line in zip(codes, lines, strict=True) if line != chr(code))


def _scripts(letters: Iterable[int]) -> dict[str, list[list[int]]]:
    """Return the ranges of letters by what their script is called."""
    scripts: dict[str, list[int]] = {name: [] for name in writing_tables.SCRIPTS.values()}
    for code in letters:
        name = writing_tables.SCRIPTS.get(unicodedata.name(chr(code), "").split(" ")[0])
        if name:
            scripts[name].append(code)
    return {name: _ranges(codes) for name, codes in scripts.items()}


def _ranges(codes: Iterable[int]) -> list[list[int]]:
    """Return the first and last of each run of successive numbers, in order."""
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and code == ranges[-1][1] + 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    return ranges
