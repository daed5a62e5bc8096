"""Bytes of a typed text to text: in the encoding that is named, or one that is certain; else a sentence guesses."""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import regex

from .encodings import marked_encoding
from .sample import InputError

_WIDE = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
_WIDE_LEAST = 0.2  # of the bytes of a text in Latin letters are nul where it has two or four bytes a character
_ASCII_LEAST = 0.5  # of its characters are ASCII then
_LEAST_FIT = 0.6  # share of the foreign characters that a guess must make sense of
# The commonest Chinese characters, which make about half of any text: by chance one in twenty would be among them.
_COMMON = frozenset(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事成方"
    "多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心她本前开但因只从想实日军者意无力它与长把机十民第公此已工使情明性"
    "知全三又关点正业外将两高间由问很最重物房店服务酒差错快喜欢新买书感觉便宜质量价格东西太真非常满干净次住电包装送货客推荐"
)
_COMMON_LEAST = 0.4  # of its Chinese characters, to be sure of a text
_SURE_LEAST = 2  # of them


@dataclass(frozen=True)
class _Guess:
    """An encoding that bytes may be in, what is written in it, and whether a character is usual there."""

    encoding: str
    written: str
    is_usual: Callable[[str], object]

    def fit(self, data: bytes) -> float:
        """Return the share of the characters beyond ASCII that are usual, 0-1; 0 for other bytes."""
        try:
            text = data.decode(self.encoding)
        except UnicodeDecodeError:
            return 0.0
        foreign = [sign for sign in text if not sign.isascii()]
        return sum(bool(self.is_usual(sign)) for sign in foreign) / max(1, len(foreign))


def _among(signs: str) -> Callable[[str], object]:
    return regex.compile(f"[{signs}]").match


def _in_rows(encoding: str, rows: str) -> Callable[[str], object]:
    """Return the check for the rows of a Chinese encoding that hold the usual signs: two rows, and a range of them."""
    *punctuation, first, last = bytes.fromhex(rows)

    def is_usual(sign: str) -> bool:
        code = sign.encode(encoding, "ignore")
        return len(code) == 2 and (code[0] in punctuation or first <= code[0] <= last)

    return is_usual


_KANA = r"\u3041-\u30FF\u4E00-\u9FFF、。"
_CHINESE = _Guess("gb18030", "Chinese", _in_rows("gb2312", "A1A3B0D7"))
_GUESSES = (  # of those that fit equally well the first counts, or the last where most of a text is ASCII
    _Guess("euc-kr", "Korean", _among(r"\p{Hangul}")),
    _CHINESE,
    _Guess("big5", "Chinese", _in_rows("big5", "A1A1A4C6")),
    _Guess("euc-jp", "Japanese", _among(_KANA)),
    _Guess("shift_jis", "Japanese", _among(_KANA)),
    _Guess("cp1251", "Cyrillic", _among("а-яё")),
    _Guess("koi8-r", "Cyrillic", _among("а-яё")),
    _Guess("cp1252", "Western European", _among("àáâãäåæçèéêëìíîïñòóôõöøùúûüýßœ‘’“”–—…£€°")),
)


def decode_text(data: bytes, encoding: str | None = None) -> tuple[str, str]:
    """Return a text and the encoding that its bytes were read in, without a byte order mark.

    Args:
        encoding: its name; None for UTF-8, and for others that the bytes leave no doubt of.

    Raises:
        InputError: for an encoding that does not exist, and for bytes that are not in it or in none that is certain.
    """
    if encoding is not None:
        return _decoded(data, encoding)
    found = marked_encoding(data) or _wide(data)
    if found:
        return _decoded(data, found)
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        pass
    common, share = _common_chinese(data)
    if common >= _SURE_LEAST and share >= _COMMON_LEAST:
        return _decoded(data, "gb18030")
    raise InputError(f"This text is not in UTF-8{_guessed(data)}.")


def typed_argument(argument: str, encoding: str | None = None) -> tuple[str, str]:
    """Return a text of a command line and its encoding: Python passes bytes that are not in the terminal's as they are.

    Raises:
        InputError: see `decode_text`.
    """
    if not regex.search(r"[\uDC80-\uDCFF]", argument):
        return argument, "utf-8"
    try:
        return decode_text(os.fsencode(argument), encoding)
    except UnicodeEncodeError:  # half a character that is no byte
        return argument, "utf-8"


def _decoded(data: bytes, encoding: str) -> tuple[str, str]:
    try:
        return data.decode(encoding).removeprefix("\ufeff"), encoding
    except LookupError as error:
        raise InputError(
            f"There is no encoding {encoding[:40]!r}: utf-8, gb18030, big5 and cp1252 are some."
        ) from error
    except (UnicodeDecodeError, ValueError) as error:
        raise InputError(f"This text is not in {encoding}: name another --encoding, or save it as UTF-8.") from error


def _wide(data: bytes) -> str | None:
    """Return the encoding of two or four bytes a character in which bytes are a text that is mostly ASCII, or None."""
    if data.count(b"\0") < _WIDE_LEAST * len(data):
        return None
    for encoding in _WIDE:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if sum(map(str.isascii, text)) >= _ASCII_LEAST * len(text) and "\0" not in text:
            return encoding
    return None


def _common_chinese(data: bytes) -> tuple[int, float]:
    """Return how many of the commonest Chinese characters bytes hold in GB 18030, and their share of the Chinese."""
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        return 0, 0.0
    characters = [sign for sign in text if "\u4e00" <= sign <= "\u9fff"]
    common = sum(sign in _COMMON for sign in characters)
    return common, common / max(1, len(characters))


def _guessed(data: bytes) -> str:
    fits = {guess: guess.fit(data) for guess in _guesses(data)}
    best = max(fits, key=fits.__getitem__)
    if fits[best] < _LEAST_FIT:
        return ", and its encoding cannot be told: save it as UTF-8, or name it with --encoding"
    return f"; it looks like {best.encoding} ({best.written}): add --encoding {best.encoding}, or save it as UTF-8"


def _guesses(data: bytes) -> Iterable[_Guess]:
    """Return the guesses, the likeliest first."""
    if _common_chinese(data)[1] >= _COMMON_LEAST:
        return [_CHINESE]
    ascii_letters = sum(byte < 0x80 for byte in data)
    return _GUESSES[::-1] if 2 * ascii_letters > len(data) else _GUESSES
