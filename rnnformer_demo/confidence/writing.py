"""Check of how a text is written: source code, another script, another language, or keys struck at random.

A detector of `ood` measures how far an input lies from the training data; it cannot say what the input is, and of a
word or two it knows little. This check reads the text alone and names what it finds. All that it knows of a model's own
writing it reads off the vocabulary of the model's tokenizer, so that nothing is fitted and nothing stored: the script
is that of most entries, the language the one whose commonest words are entries, and the spelling of words is a model of
three successive letters (Shannon 1951, "Prediction and Entropy of Printed English") over the entries that are words.
"""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache, cached_property, lru_cache
from operator import itemgetter

from ..data.text import CJK, TextReader
from .writing_tables import (
    ALONG_KEYS,
    CODE,
    CODE_SIGNS_LEAST,
    COMMON_LEAST,
    COMMON_WORDS,
    FOREIGN_SCRIPT_LEAST,
    JUDGED_LEAST,
    KEYBOARD,
    KEYS_IN_A_ROW,
    LANGUAGE_WORDS_LEAST,
    MASHED_LEAST,
    MASHED_SHARE,
    OTHER_SCRIPT,
    OWN_LANGUAGE_LEAST,
    OWN_SCRIPT_LEAST,
    SCRIPTS,
    SINGLE,
    SPELLING_LEAST,
    UNKNOWN_SHARE,
    UNKNOWN_WORDS_LEAST,
)

_WORD = re.compile(rf"[^\W\d_{CJK}]+")
_RUNS = re.compile(rf"[{SINGLE}]|[^\W\d_{SINGLE}]+")
_REPEATED = re.compile(r"(\w)\1{2,}")  # "soooo": emphasis, no new spelling


class WritingCheck:
    """Tells source code, other scripts, other languages and keys struck at random from what a model reads.

    Args:
        reader: of the model, whose tokenizer tells what it reads.
    """

    def __init__(self, reader: TextReader) -> None:
        self._tokenizer = reader.tokenizer

    @cached_property
    def _vocabulary(self) -> frozenset[str]:
        return frozenset(self._tokenizer.get_vocab())

    def notice(self, text: str) -> str:
        """Return a sentence that names how a text is written; "" where nothing is foreign about it."""
        if _is_code(text):
            return "This looks like source code, which the model was not trained on."
        scripts = _scripts(text)
        if not scripts:
            return ""  # numbers and signs
        script, count = scripts.most_common(1)[0]
        if script not in self._own_scripts and count > FOREIGN_SCRIPT_LEAST * scripts.total():
            return f"This is written in {script}; the model was trained on {' and '.join(sorted(self._own_scripts))}."
        words = _WORD.findall(self._tokenizer.normalizer.normalize_str(text))
        if script != SCRIPTS["LATIN"] or not words or not self._own_language:
            return ""
        if self._is_mashed(words):
            return "This looks like keys struck at random, which the model was not trained on."
        return self._foreign_language(words, self._own_language)

    @cached_property
    def _own_scripts(self) -> frozenset[str]:
        scripts = _scripts(" ".join(self._vocabulary))
        return frozenset(name for name, count in scripts.items() if count >= OWN_SCRIPT_LEAST * scripts.total())

    @cached_property
    def _own_language(self) -> str | None:
        """The language whose commonest words are entries; None where of no language half of them are."""
        shares = {name: len(_common(name) & self._vocabulary) / len(_common(name)) for name in COMMON_WORDS}
        own = max(shares, key=shares.__getitem__)
        return own if shares[own] >= OWN_LANGUAGE_LEAST else None

    @cached_property
    def _spelling(self) -> "Spelling":
        return Spelling(word for word in self._vocabulary if len(word) > 1 and _WORD.fullmatch(word))

    def _is_mashed(self, words: list[str]) -> bool:
        least, unknown = MASHED_SHARE * sum(map(len, words)), self._unknown(words)
        # Few texts have as many letters in unknown words: of those alone the spelling is asked.
        return sum(map(len, unknown)) >= least and sum(len(word) for word in unknown if self._is_mash(word)) >= least

    def _unknown(self, words: list[str]) -> list[str]:
        return [word for word in words if word not in self._vocabulary]

    def _is_mash(self, word: str) -> bool:
        if len(word) < MASHED_LEAST:
            return False
        if _runs_along_keys(word) or (len(set(word)) == 1 and len(word) >= JUDGED_LEAST):
            return True
        spelt = _REPEATED.sub(r"\1", word)
        return len(spelt) >= JUDGED_LEAST and self._spelling.log_likelihood(spelt) < SPELLING_LEAST

    def _foreign_language(self, words: list[str], language: str) -> str:
        if len(words) < LANGUAGE_WORDS_LEAST:
            return ""
        different = set(words)
        counts = {name: len(_common(name) & different) for name in COMMON_WORDS}
        own = counts.pop(language)
        other = max(counts, key=counts.__getitem__)
        if counts[other] >= COMMON_LEAST and counts[other] > own:
            return f"This looks like {other}; the model was trained on {language}."
        if own or len(words) < UNKNOWN_WORDS_LEAST:
            return ""
        if sum(map(len, self._unknown(words))) > UNKNOWN_SHARE * sum(map(len, words)):
            return f"The model knows few of these words: they may be another language than {language}."
        return ""


class Spelling:
    """Model of the letters of words: each by the two before it, smoothed by shorter contexts (Witten & Bell 1991).

    Args:
        words: which it learns from, in lower case.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._counts: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())  # of 1, 2 and 3 letters
        self._contexts: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())  # what stands before the last
        self._kinds: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())  # different letters after each
        for word in words:
            for gram in _grams(word):
                for order in range(3):
                    end = gram[2 - order :]
                    if not self._counts[order][end]:
                        self._kinds[order][end[:-1]] += 1
                    self._counts[order][end] += 1
                    self._contexts[order][end[:-1]] += 1

    def log_likelihood(self, word: str) -> float:
        """Return the mean natural logarithm of the probability of each letter of a word, its end included; below 0."""
        grams = [*_grams(word)]
        return sum(math.log(self._probability(gram)) for gram in grams) / len(grams)

    def _probability(self, gram: str) -> float:
        probability = 1 / (self._kinds[0][""] + 1)  # of a letter that no word has, too
        for order in range(3):
            end = gram[2 - order :]
            kinds, seen = self._kinds[order][end[:-1]], self._contexts[order][end[:-1]]
            if seen:
                probability = (self._counts[order][end] + kinds * probability) / (seen + kinds)
        return probability


def _grams(word: str) -> Iterator[str]:
    framed = f"^^{word}$"
    return (framed[index : index + 3] for index in range(len(framed) - 2))


@cache
def _common(language: str) -> frozenset[str]:
    return frozenset(COMMON_WORDS[language].split())


def _scripts(text: str) -> Counter[str]:
    """Return how many words of a text belong to each script; a Chinese character and a kana count as one each."""
    runs = _RUNS.findall(text)
    if text.isascii():
        return Counter({SCRIPTS["LATIN"]: len(runs)} if runs else {})
    return Counter(map(_script, map(itemgetter(0), runs)))


@lru_cache(maxsize=2**14)
def _script(letter: str) -> str:
    return SCRIPTS.get(unicodedata.name(letter, "").split(" ")[0], OTHER_SCRIPT)


def _is_code(text: str) -> bool:
    present = set(text)
    signs = (
        pattern.search(text) for pattern, characters in CODE if not characters or not characters.isdisjoint(present)
    )
    return sum(map(bool, signs)) >= CODE_SIGNS_LEAST


def _runs_along_keys(word: str) -> bool:
    """Tell if most of a word is runs of neighbouring keys of a row, to the right or to the left."""
    along = 0
    start = 0
    for end in range(1, len(word) + 1):
        if end < len(word) and any(word[start : end + 1] in keys for keys in KEYBOARD):
            continue
        if end - start >= KEYS_IN_A_ROW:
            along += end - start
        start = end
    return along >= ALONG_KEYS * len(word)
