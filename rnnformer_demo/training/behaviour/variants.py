"""Changes of texts that must not change an answer: another end, or a slip of the fingers. Imports no torch."""

import random
import re

from ...data.text import CJK
from ...evaluation.behaviour.changes import with_a_typo
from ...evaluation.behaviour.suite import Suite

_FINAL = re.compile(r"\s*[.。!！]+$")
_CHINESE = re.compile(rf"[{CJK}]")
_TYPO_SHARE = 0.3  # of the variants; the others end in another way


def variant(text: str, suite: Suite, chooser: random.Random) -> str:
    """Return a text with a typo, without its final full stop, or with one where it has none.

    Args:
        suite: whose `homophones` are typed for one another.
        chooser: of all that is drawn.
    """
    if chooser.random() < _TYPO_SHARE:
        return with_a_typo(text, chooser, suite.homophones)
    if _FINAL.search(text):
        return _FINAL.sub("", text)
    return text + (chooser.choice("。！") if _CHINESE.search(text) else chooser.choice((".", "!", " .")))
