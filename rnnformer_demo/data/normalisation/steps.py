"""Steps of normalisation: each finds in a text the parts that are to be read as something else."""

import html
import unicodedata
from collections.abc import Iterator
from functools import cached_property
from html.entities import html5

import regex

from .alignment import Edit
from .rules import Rules

# An ampersand, also one that is escaped, and what it begins: a number, whose end browsers do not insist on, or a name.
_ENTITY = regex.compile(
    r"(?i)&(?P<escaped>(?:amp;|#38;|#x26;)*+)(?P<sign>#\d{1,7}+;?|#x[0-9a-f]{1,6}+;?|[a-z][a-z0-9]{1,31};)?"
)
_EMOJI_PARTS = r"\uFE0E\uFE0F\u20E3\U0001F3FB-\U0001F3FF\U000E0020-\U000E007F"
_PICTURE = rf"\p{{Extended_Pictographic}}[{_EMOJI_PARTS}]*"
_EMOJI = regex.compile(rf"{_PICTURE}(?:\u200D{_PICTURE})*|[0-9#*]\uFE0F?\u20E3")
_EMOJI_PART = regex.compile(rf"[{_EMOJI_PARTS}\u200D]")
# Scripts whose letters change their form, or their syllables, by a joiner between them.
_JOINING = (
    r"\p{Arabic}\p{Syriac}\p{Mandaic}\p{Nko}\p{Mongolian}\p{Phags_Pa}\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}"
    r"\p{Oriya}\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Khmer}\p{Myanmar}\p{Tibetan}\p{Balinese}\p{Javanese}"
)
_JOINER = rf"(?<=[{_JOINING}])[\u200C\u200D]"
_COMPOSED = regex.compile(r"[\u1100-\u11FF]+|[^\x00-\x9F\u4E00-\u9FFF\uAC00-\uD7A3]\p{M}*|\w\p{M}+")
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_FOREIGN = regex.compile(r"[\p{Cyrillic}\p{Greek}\p{Armenian}]")
_PLAIN_LATIN = regex.compile(r"\p{Latin}")
_BLANK = r"\t-\r\x1C-\x20\u2028\u2029\u2800\p{Zs}"
_BLANKS = regex.compile(rf"[{_BLANK}]{{2,}}|[{_BLANK}--[ \n]]|\A[ \n]|[ \n]\Z", regex.V1)
_LINE_ENDS = frozenset("\n\v\f\r\x1c\x1d\x1e\u2028\u2029")


def _decoded(sign: str) -> str | None:
    """Return what an entity without its ampersand stands for; None for what is none, such as "T;"."""
    return html.unescape(f"&{sign}") if sign.startswith("#") else html5.get(sign)


class Steps:
    """The steps by name, with the tables of some rules. Each yields the edits of a text in order."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules

    @cached_property
    def _invisible(self) -> regex.Pattern:
        unseen = "".join(f"{chr(int(first, 16))}-{chr(int(last, 16))}" for first, last in self._rules.invisible)
        return regex.compile(rf"{_JOINER}|(?P<unseen>[{unseen}])")

    @cached_property
    def _apostrophe(self) -> regex.Pattern:
        signs = regex.escape(self._rules.apostrophes)
        return regex.compile(rf"(?<=\p{{L}}\p{{M}}*)[{signs}]|[{signs}](?=\p{{L}})")

    @cached_property
    def _sign(self) -> regex.Pattern:
        return regex.compile(f"[{regex.escape(''.join(self._rules.signs))}]")

    @cached_property
    def _letter(self) -> regex.Pattern:
        return regex.compile(f"[{regex.escape(''.join(self._rules.letters))}]")

    def entities(self, text: str) -> Iterator[Edit]:
        """Yield what HTML's entities stand for, also those whose ampersand is escaped itself."""
        if "&" not in text:
            return
        for match in _ENTITY.finditer(text):
            sign = _decoded(match["sign"] or "")
            if sign is not None:
                yield *match.span(), sign
            elif match["escaped"]:
                yield match.start(), match.end("escaped"), "&"

    def emoji(self, text: str) -> Iterator[Edit]:
        """Yield what joins, colours and encloses the pictures of an emoji."""
        if not _EMOJI_PART.search(text):
            return
        for match in _EMOJI.finditer(text):
            start = match.start()
            yield from ((start + part.start(), start + part.end(), "") for part in _EMOJI_PART.finditer(match[0]))

    def invisible(self, text: str) -> Iterator[Edit]:
        """Yield the invisible characters; a joiner within a script that it shapes stays."""
        if self._rules.invisible:
            yield from ((*match.span(), "") for match in self._invisible.finditer(text) if match["unseen"])

    def apostrophes(self, text: str) -> Iterator[Edit]:
        """Yield the look-alikes of an apostrophe that stand beside a letter."""
        if self._rules.apostrophes:
            yield from ((*match.span(), "'") for match in self._apostrophe.finditer(text))

    def signs(self, text: str) -> Iterator[Edit]:
        """Yield the signs that have another reading."""
        if self._rules.signs:
            yield from ((*match.span(), self._rules.signs[match[0]]) for match in self._sign.finditer(text))

    def compatibility(self, text: str) -> Iterator[Edit]:
        """Yield letters with their marks in the normalisation form KC."""
        if unicodedata.is_normalized("NFKC", text):
            return
        for match in _COMPOSED.finditer(text):
            composed = unicodedata.normalize("NFKC", match[0])
            if composed != match[0]:
                yield *match.span(), composed

    def letters(self, text: str) -> Iterator[Edit]:
        """Yield letters that look like Latin ones in words that are Latin otherwise.

        Where all foreign letters of a text look like Latin ones, and it has Latin ones too, words of look-alikes alone
        are meant: but a single Greek or Armenian letter is a symbol.
        """
        table = self._rules.letters
        if not table or not self._letter.search(text):
            return
        rest = self._letter.sub("", text)
        meant = not _FOREIGN.search(rest) and bool(_PLAIN_LATIN.search(text))
        for match in _WORD.finditer(text):
            alike = [place for place, letter in enumerate(match[0], match.start()) if letter in table]
            others = self._letter.sub("", match[0])
            mixed = bool(others) and not _FOREIGN.search(others) and bool(_PLAIN_LATIN.search(others))
            alone = meant and not others and (len(alike) > 1 or "\u0400" <= match[0] <= "\u052f")
            if alike and (mixed or alone):
                yield from ((place, place + 1, table[text[place]]) for place in alike)

    def blanks(self, text: str) -> Iterator[Edit]:
        """Yield runs of blanks and odd ones: each is read as one blank or line's end, none at the ends of the text."""
        for match in _BLANKS.finditer(text):
            outer = match.start() == 0 or match.end() == len(text)
            yield *match.span(), "" if outer else " " if _LINE_ENDS.isdisjoint(match[0]) else "\n"
