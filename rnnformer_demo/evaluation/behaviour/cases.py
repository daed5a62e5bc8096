"""Cases of behavioural tests: templates filled with words. Imports no torch.

Example:
    >>> from rnnformer_demo.evaluation.behaviour.suite import read_suite
    >>> cases(read_suite("en"), read_suite("en").capabilities["negation"], count=1)[0].texts
    ("The blender wasn't durable.",)
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from .changes import CHANGES, WORDS
from .suite import SLOT, Capability, Suite, Template

CASES = 200  # of each capability
_MISSES = 50  # fillings in a row that bring nothing new: a template has no more
_ARTICLE = re.compile(r"\b([Aa])\(n\) (\w)(\w*)")
_SOUNDED_AS_CONSONANT = re.compile(r"(one|uni|use|usu|eu)", re.IGNORECASE)
_SILENT_H = re.compile(r"(hour|honest|heir)", re.IGNORECASE)


@dataclass(frozen=True)
class Case:
    """One case of a behavioural test.

    Attributes:
        label: class that is right.
        texts: one text; for INV the text and its changed version, for DIR the weaker text and the stronger one.
        template: the template, as the file has it.
    """

    label: str
    texts: tuple[str, ...]
    template: str


def cases(suite: Suite, capability: Capability, part: str = "test", count: int = CASES, seed: int = 0) -> list[Case]:
    """Return cases of a capability, as many of each template as there can be, none twice.

    Args:
        part: of templates and words.
        count: how many; fewer where templates and words give no more.
        seed: of all that is drawn.
    """
    sources = [
        _of_template(suite, capability, template, part, random.Random(f"{seed} {capability.name} {template.texts}"))
        for template in capability.templates[part]
    ]
    found: dict[tuple[str, ...], Case] = {}
    while sources and len(found) < count:
        for source in [*sources]:
            case = next(source, None)
            if case is None:
                sources.remove(source)
            elif len(found) < count:
                found.setdefault(case.texts, case)
    return [*found.values()]


def labelled_texts(suite: Suite, of_each: int, part: str, seed: int = 0) -> dict[str, str]:
    """Return the class of texts of every capability, by text.

    They share no template and no word of a list with those of another part.

    Args:
        of_each: cases of each capability, at most; one of two texts gives both, of the same class.
    """
    drawn = [cases(suite, capability, part, of_each, seed) for capability in suite.capabilities.values()]
    return {text: case.label for some in drawn for case in some for text in case.texts}


def _of_template(
    suite: Suite, capability: Capability, template: Template, part: str, chooser: random.Random
) -> Iterator[Case]:
    """Yield cases of a template until it has no more."""
    lexicons, seen, misses = [*suite.lexicons(template, part)], set(), 0
    while misses < _MISSES:
        lexicon = chooser.choice(lexicons)
        words = {slot: chooser.choice(lexicon[slot]) for slot in template.slots}
        texts = tuple(filled(text, words) for text in template.texts)
        if capability.change == WORDS:
            others = {
                slot: chooser.choice([word for word in lexicon[slot] if word != words[slot]])
                for slot in capability.slots
                if slot in words
            }
            texts += (filled(template.texts[0], words | others),)
        elif capability.change:
            texts += (CHANGES[capability.change](texts[0], chooser, suite.homophones),)
        if texts[0] in seen or len(set(texts)) < len(texts):
            misses += 1
            continue
        seen.add(texts[0])
        misses = 0
        yield Case(template.label, texts, " | ".join(template.texts))


def filled(template: str, words: dict[str, str]) -> str:
    """Return a template with its words, their articles, and a capital at its beginning."""
    text = SLOT.sub(lambda slot: words[slot[1]], template)
    text = _ARTICLE.sub(_with_article, text)
    return text[:1].upper() + text[1:]


def _with_article(match: re.Match) -> str:
    article, first, rest = match.groups()
    word = first + rest
    sounded = (first.lower() in "aeiou" and not _SOUNDED_AS_CONSONANT.match(word)) or _SILENT_H.match(word)
    return f"{article}{'n' if sounded else ''} {word}"
