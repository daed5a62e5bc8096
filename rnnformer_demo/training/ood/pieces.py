"""Pieces of texts of all lengths, as visitors type them: clauses and phrases, with a final sign and without.

A detector that was fitted to whole texts alone finds a phrase strange, and one whose threshold knows whole texts alone
decides by their full stop.
"""

import random
import re
from collections.abc import Iterator, Sequence

from ...data.text import CJK, TextReader

LONGEST = 96  # words of a piece
OPENING = 32  # words of an opening
_CLAUSE = re.compile(r"[^,.;:!?()\"\n，。；：！？、…“”（）]+")
_LINE_BREAK = re.compile(r"<br\s*/?>")
_EDGE = ' ,.;:!?()"`-，。；：！？、…“”（）'
_ENDS, _CHINESE_ENDS = (".", "!", "?", " ."), ("。", "！", "？")  # SST-2 sets its signs apart
_IS_CHINESE = re.compile(rf"[{CJK}]")
_TRIES = 20  # for each piece, before a set of texts counts as too small


def pieces(texts: Sequence[str], count: int, reader: TextReader, seed: str) -> list[str]:
    """Return at most so many different pieces of texts, drawn by the seed, without a final sign.

    Every other piece is a clause, the rest are phrases: successive words, as many as `_phrase` draws.

    Args:
        texts: to draw from; the same one may be drawn several times.
        reader: tells words apart.
    """
    chooser = random.Random(seed)
    found: dict[str, None] = {}  # a set that keeps its order
    for number in range(_TRIES * count if texts else 0):
        text = _LINE_BREAK.sub(" ", chooser.choice(texts))
        piece = (_clause if number % 2 else _phrase)(text, reader, chooser).strip(_EDGE)
        if any(map(str.isalnum, piece)) and len(reader.words(piece)) <= LONGEST:
            found[piece] = None
        if len(found) == count:
            break
    return [*found]


def with_final_sign(some: Sequence[str], seed: str) -> list[str]:
    """Return pieces with a full stop, an exclamation or a question mark behind each, of its own script."""
    chooser = random.Random(seed)
    return [piece + chooser.choice(_CHINESE_ENDS if _IS_CHINESE.search(piece) else _ENDS) for piece in some]


def opening(text: str, reader: TextReader) -> str:
    """Return the first `OPENING` words of a text."""
    return next(_runs(text, reader, OPENING), text)


def _clause(text: str, reader: TextReader, chooser: random.Random) -> str:
    clauses = _CLAUSE.findall(text)
    return chooser.choice(clauses) if clauses else ""


def _phrase(text: str, reader: TextReader, chooser: random.Random) -> str:
    """Return 1 to 95 successive words: one octave of lengths is as likely as another."""
    runs = [*_runs(text, reader, int(LONGEST ** chooser.random()))]
    return chooser.choice(runs) if runs else ""


def _runs(text: str, reader: TextReader, count: int) -> Iterator[str]:
    """Yield every part of a text that is so many successive words, the shorter text as a whole."""
    spans = reader.spans(text)
    count = min(count, len(spans))
    for first in range(len(spans) - count + 1 if count else 0):
        yield text[spans[first][0] : spans[first + count - 1][1]]
