"""Normaliser: from what was typed to what the tokenizer reads, with the way back."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import regex

from .alignment import AlignedText, Edit
from .rules import Rules
from .steps import Steps

_CLUSTER = regex.compile(r"\X")
_JOINS = ("Extend", "SpacingMark", "ZWJ", "Prepend", "Regional_Indicator", "L", "V", "T", "LV", "LVT")
_IN_CLUSTER = regex.compile("|".join(f"\\p{{GCB={kind}}}" for kind in _JOINS))  # in all clusters of several characters
_VISIBLE = regex.compile(r"[^\s\u200B-\u200F\u2060\uFEFF\u00AD]+")
# Printable ASCII with single blanks, and no "&" or "`": no step finds anything in it.
_PLAIN = regex.compile(r"(?>[!-%'-_a-~]+[ \n])*+[!-%'-_a-~]+")
_MOST_NAMED = 3  # changes that a notice names


@dataclass(frozen=True)
class Normalised:
    """A text as the tokenizer reads it.

    Attributes:
        typed: what it was made of; where it was cut, the part that was looked at.
        text: what is read.
        notices: sentences about changes that the visitor cannot see.
    """

    typed: str
    text: str
    notices: tuple[str, ...]
    _aligned: AlignedText

    def typed_spans(self, spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Return for parts of `text` their start and end in `typed`, in whole grapheme clusters: a letter with its
        marks, an emoji with all its signs."""
        typed = list(self._aligned.typed_spans(spans))
        clusters = [] if self.typed.isascii() else _long_clusters(self.typed)
        if not clusters:
            return typed
        starts = [start for start, _ in clusters]
        return [_widened(span, clusters, starts) for span in typed]


class Normaliser:
    """Reads typed text by rules.

    Args:
        rules: of the checkpoint.

    Example:
        >>> Normaliser(rules_for(vocabulary))("bor\\u00ading").text
        'boring'
    """

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        steps = Steps(rules)
        self._steps = [(name, getattr(steps, name)) for name in rules.steps]
        replaced = {*rules.signs, *rules.letters, *rules.apostrophes}
        self._keeps_ascii = not any(sign.isascii() for sign in replaced - {"`"})

    def __call__(self, typed: str, most: int | None = None) -> Normalised:
        """Normalise a text.

        Args:
            most: signs after which it is cut, blanks and what is invisible not counted; None for a text of any length.
        """
        typed = whole_characters(typed)
        if most is not None and len(typed) > most:
            typed = typed[: _end_of(typed, most)]
        aligned = AlignedText(typed)
        if self._keeps_ascii and _PLAIN.fullmatch(typed):
            return Normalised(typed, typed, (), aligned)
        notices: list[str] = []
        for name, step in self._steps:
            before, edits = aligned.text, list(step(aligned.text))
            if aligned.rewrite(edits) and name in _NOTICES:
                notices += _NOTICES[name](before, edits)
        return Normalised(typed, aligned.text, tuple(notices), aligned)

    def same(self, one: str, other: str) -> bool:
        """Return whether two words that somebody typed are read as the same letters."""
        return self(one).text == self(other).text != ""


def whole_characters(text: str) -> str:
    """Return a text with the replacement character for each half of a character, which no encoder takes."""
    return text if text.isascii() else regex.sub(r"[\uD800-\uDFFF]", "\ufffd", text)


def _end_of(text: str, most: int) -> int:
    """Return where a text has had so many signs, at the end of a run of them."""
    signs = 0
    for match in _VISIBLE.finditer(text):
        if signs + len(match[0]) >= most:
            return match.start() + most - signs
        signs += len(match[0])
    return len(text)


def _long_clusters(text: str) -> list[tuple[int, int]]:
    if not _IN_CLUSTER.search(text):
        return []
    return [match.span() for match in _CLUSTER.finditer(text) if match.end() - match.start() > 1]


def _widened(span: tuple[int, int], clusters: Sequence[tuple[int, int]], starts: Sequence[int]) -> tuple[int, int]:
    start, end = span
    first, last = bisect_right(starts, start) - 1, bisect_right(starts, end - 1) - 1
    if first >= 0 and start < clusters[first][1]:
        start = clusters[first][0]
    if last >= 0 and end - 1 < clusters[last][1]:
        end = max(end, clusters[last][1])
    return start, end


def _of_entities(text: str, edits: list[Edit]) -> Iterator[str]:
    yield f"HTML entities were read as the characters that they stand for: {_listed(text[a:b] for a, b, _ in edits)}."


def _of_invisible(text: str, edits: list[Edit]) -> Iterator[str]:
    signs = (_code_point(text[start:end]) for start, end, _ in edits)
    yield f"Invisible characters were left out, {len(edits)} in all: {_listed(signs)}."


def _of_letters(text: str, edits: list[Edit]) -> Iterator[str]:
    changes = (f"{text[start:end]} ({_code_point(text[start:end])}) = {new}" for start, end, new in edits)
    yield f"Letters that look like Latin ones were read as those: {_listed(changes)}."


def _of_radicals(text: str, edits: list[Edit]) -> Iterator[str]:
    radicals = [f"{text[a:b]} = {new}" for a, b, new in edits if "\u2e80" <= text[a:b] <= "\u2fdf"]
    if radicals:
        yield f"Radicals were read as the characters that look like them: {_listed(radicals)}."


_NOTICES = {
    "entities": _of_entities,
    "invisible": _of_invisible,
    "letters": _of_letters,
    "signs": _of_radicals,
    "compatibility": _of_radicals,
}


def _listed(changes: Iterable[str]) -> str:
    """Return the first of some changes, each once."""
    different = list(dict.fromkeys(changes))
    return ", ".join(different[:_MOST_NAMED]) + (" …" if len(different) > _MOST_NAMED else "")


def _code_point(sign: str) -> str:
    return f"U+{ord(sign):04X}"
