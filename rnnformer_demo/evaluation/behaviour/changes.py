"""Changes that must not change an answer, for tests of invariance. Imports no torch."""

import random
import re
from collections.abc import Callable

_FINAL = re.compile(r"[.。!！]+$")
_WORD = re.compile(r"[A-Za-z]{5,}")


def without_final_punctuation(text: str, chooser: random.Random, homophones: tuple[str, ...]) -> str:
    """Return a text without the full stop at its end."""
    return _FINAL.sub("", text)


def with_a_typo(text: str, chooser: random.Random, homophones: tuple[str, ...]) -> str:
    """Return a text with one slip: a character typed as another that sounds like it, or else two letters within a word
    of five or more exchanged. A text that offers no place for one stays as it is."""
    if homophones:
        places = [
            (place, other)
            for place, sign in enumerate(text)
            for group in homophones
            if sign in group
            for other in group.replace(sign, "")
        ]
        if not places:
            return text
        place, other = chooser.choice(places)
        return text[:place] + other + text[place + 1 :]
    swaps = [
        place
        for word in _WORD.finditer(text)
        for place in range(word.start() + 1, word.end() - 2)
        if text[place] != text[place + 1]
    ]
    if not swaps:
        return text
    place = chooser.choice(swaps)
    return text[:place] + text[place + 1] + text[place] + text[place + 2 :]


CHANGES: dict[str, Callable[[str, random.Random, tuple[str, ...]], str]] = {
    "final punctuation": without_final_punctuation,
    "typo": with_a_typo,
}
WORDS = "words"  # not in `CHANGES`: a template is filled anew
