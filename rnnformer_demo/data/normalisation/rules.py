"""Rules of normalisation as data: a checkpoint stores them, so that whatever reads its tokenizer reads text alike."""

from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from ..sample import InputError
from . import signs

VERSION = 1
# In this order: an entity may stand for an invisible sign, and the compatibility forms of some apostrophes are blanks.
# Blanks first, too: a text may be nearly nothing else.
STEPS = ("blanks", "entities", "emoji", "invisible", "apostrophes", "signs", "compatibility", "letters", "blanks")


@dataclass(frozen=True)
class Rules:
    """What becomes of a text before the tokenizer reads it. `steps` says in which order; the rest are their tables.

    Attributes:
        version: of the meaning of the steps, see `Normaliser`.
        steps: names of those that are taken, of `STEPS`.
        invisible: first and last code point, in hexadecimal, of each range of characters that are left out.
        apostrophes: characters that are read as "'" where they stand beside a letter.
        signs: what single characters are read as.
        letters: Latin letters, by the letters of other alphabets that look like them.
    """

    version: int = VERSION
    steps: tuple[str, ...] = STEPS
    invisible: tuple[tuple[str, str], ...] = signs.INVISIBLE
    apostrophes: str = signs.APOSTROPHES
    signs: dict[str, str] = field(default_factory=lambda: {**signs.SIGNS})
    letters: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the rules as JSON takes them."""
        return asdict(self) | {"steps": list(self.steps), "invisible": [list(each) for each in self.invisible]}


def rules_for(vocabulary: Collection[str]) -> Rules:
    """Return the rules of today for a tokenizer: what it knows, it reads as it stands.

    Where a dash, a quotation mark or a stop is no entry, its nearest relative is read, and where it knows no Cyrillic
    "е", it is read as the Latin letter within a Latin word.

    Args:
        vocabulary: entries of the tokenizer; empty while it is still to be trained, when signs are kept apart.
    """
    if not vocabulary:
        return Rules()
    return Rules(
        signs=signs.SIGNS | {sign: near for sign, near in signs.FALLBACKS.items() if sign not in vocabulary},
        letters={letter: latin for letter, latin in signs.LETTERS.items() if letter not in vocabulary},
    )


def rules_from(stored: dict[str, Any] | None, vocabulary: Collection[str]) -> Rules:
    """Return the rules that a checkpoint stores; those of today where it is older than they are.

    Raises:
        InputError: for rules that this version does not know.
    """
    if stored is None:
        return rules_for(vocabulary)
    try:
        rules = Rules(**stored | {key: _frozen(stored[key]) for key in ("steps", "invisible") if key in stored})
    except TypeError as error:
        raise InputError(f"The rules of normalisation are damaged: {error}.") from error
    if rules.version != VERSION or not set(rules.steps) <= set(STEPS):
        raise InputError(
            f"The rules of normalisation are of version {rules.version}, this software reads {VERSION}: train the model"
            " again, or use the software that made it."
        )
    return rules


def _frozen(values: Any) -> tuple:
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)
