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
from functools import cache, cached_property

from ..data.text import CJK, TextReader

# The commonest words of languages in Latin letters, as a tokenizer's normaliser leaves them: in lower case, without
# accents. A word that two languages share counts for both.
COMMON_WORDS = {
    "English": (
        "the a an of and to in is are was were be been it its this that these those for with on at as by from but "
        "not no or so if he she they we you i my your his her their our me him them us what who how when where "
        "why which there have has had do does did can could will would should just very all one more most than "
        "too out up about after"
    ),
    "German": (
        "der die das den dem des ein eine einen einem einer und oder aber ist sind war waren nicht kein keine mit "
        "von zu zum zur auf fur im in am an bei ich du er sie es wir ihr mich mir sich was wer wie wo warum wenn "
        "dass weil auch noch nur schon sehr habe hat haben wird werden kann mein sein als nach vom doch heute"
    ),
    "French": (
        "le la les un une des du de et ou mais est sont etait ce cette ces ne pas plus pour avec dans sur par en "
        "au aux je tu il elle on nous vous ils elles me te se mon ma mes son sa ses que qui quoi qu ou comment "
        "pourquoi tres bien aussi fait ai ont avons tout tous comme etre"
    ),
    "Spanish": (
        "el la los las un una unos unas de del y o pero es son era no con por para en al lo le les se me te mi su "
        "sus tu yo que quien como donde cuando porque muy mas tambien ya esta estan este esto ha he han hay todo "
        "todos fue ser"
    ),
    "Italian": (
        "il lo la i gli le un uno una di del della dei delle e o ma non con per in nel nella al alla da dal sono "
        "era ho ha hanno mi ti si ci che chi come dove quando perche molto piu anche questo questa tutto tutti "
        "mio suo essere"
    ),
    "Portuguese": (
        "o a os as um uma de do da dos das e ou mas nao com por para em no na nos nas ao eu ele ela nos voce me "
        "se meu minha seu sua que quem como onde quando porque muito mais tambem ja esta este isto foi era sao "
        "tem ser"
    ),
    "Dutch": (
        "de het een en of maar is zijn was waren niet geen met van te op voor in aan bij ik je jij hij zij ze we "
        "wij mij dat dit die deze wat wie hoe waar waarom als ook nog maar al heel heb heeft hebben wordt kan "
        "mijn er naar om dan"
    ),
}

_SCRIPTS = {  # the first word of a letter's name in Unicode, and what the script is called
    "LATIN": "Latin letters",
    "CJK": "Chinese characters",
    "HIRAGANA": "Japanese kana",
    "KATAKANA": "Japanese kana",
    "HANGUL": "Korean letters",
    "CYRILLIC": "Cyrillic letters",
    "GREEK": "Greek letters",
    "ARABIC": "Arabic letters",
    "HEBREW": "Hebrew letters",
    "DEVANAGARI": "Devanagari letters",
    "THAI": "Thai letters",
}
_OTHER_SCRIPT = "letters of another script"
_OWN_SCRIPT_LEAST = 0.1  # of the words of a vocabulary: its own scripts
_FOREIGN_SCRIPT_LEAST = 0.5  # of the words of a text

# Each is seldom in ordinary text; two different ones make code.
_CODE = tuple(
    re.compile(pattern, re.MULTILINE | re.ASCII)
    for pattern in (
        r"[;{}]\s*$",
        r"\w\([^()\n]*\)\s*(?:[;:{]|$)",
        r"\b(?:def|function|class|struct|fn|func)\s+\w+\s*[({:]",
        r"^\s*(?:import|from|using|package|require)\s+[\w.{}*]+(?:\s+import\b|\s+as\b|;|$)",
        r"^\s*#\s*(?:include|define|ifdef|pragma)\b",
        r"\b(?:const|let|var|int|float|double|char|void|bool|string)\s+\w+\s*(?:=|\[|;|\()",
        r"[\w\])]\s*(?:==|!=|<=|>=|\+=|-=|:=|=>|->|&&|\|\||::)\s*[\w(\[{\"']",
        r"^\s*[\w.\[\]]+\s*=\s*[\w(\[{\"'-]",
        r"\b\w+\.\w+\([^)\n]*\)",
        r"^\s*(?:if|for|while|elif|else|return|print|try|except|finally)\b[\w\s(\"'.,]*[(:\[]",
        r"(?i)\bselect\b.+\bfrom\b\s+\w+\s*(?:;|\bwhere\b|$)",
        r"(?i)\bwhere\b\s+\w+\s*[=<>]",
        r"(?i)\A\s*<[a-z][^<>]*>",
        r"(?i)</?[a-z][^<>]*>\s*\Z",
        r"^\s*(?:\$|>>>|//|/\*|<!--|<\?)\s*\S",
        r"^\s*(?:sudo|pip|npm|git|cd|apt|docker|curl|python|node|make|ssh|chmod)\s+[\w./-]+",
        r"\s--?[a-z]+(?=[\s=]|$)",
        r"\[\s*\w+\s+for\s+\w+\s+in\b|\bfor\s+\w+\s+in\s+\w+\b.*[\])]",
        r"^\s*[{\[]\s*[\"'{\[].*[}\]]\s*$",
        r"[\"']\w+[\"']\s*:\s*[\w\"'\[{]",
    )
)
_CODE_SIGNS_LEAST = 2

_SINGLE = rf"{CJK}\u3040-\u30ff"  # signs without gaps between words: Chinese characters and kana
_WORD = re.compile(rf"[^\W\d_{CJK}]+")
_KEYBOARD = tuple(keys[::way] for keys in ("qwertyuiop", "asdfghjkl", "zxcvbnm") for way in (1, -1))
_KEYS_IN_A_ROW = 3
_ALONG_KEYS = 0.7  # of the letters of a word
_MASHED_LEAST = 3  # letters of a word that runs along the keys
_JUDGED_LEAST = 5  # letters of a word that is told by its spelling: a shorter one may be an abbreviation
_RUNS = re.compile(rf"[{_SINGLE}]|[^\W\d_{_SINGLE}]+")
_REPEATED = re.compile(r"(\w)\1{2,}")  # "soooo": emphasis, no new spelling
_MASHED_SHARE = 0.5  # of the letters of a text
# Nats a letter, of a model of a model's vocabulary. Of the words of customers and travellers (`everyday-en`) that the
# vocabulary of `sentiment-en` lacks one in 200 lies below; of keys struck at random four in five do.
_SPELLING_LEAST = -4.7

_OWN_LANGUAGE_LEAST = 0.5  # of the commonest words of a language, to be a vocabulary's own
_LANGUAGE_WORDS_LEAST = 3  # of a text, to tell its language
_UNKNOWN_WORDS_LEAST = 5  # of a text that is told by its unknown words
_COMMON_LEAST = 2  # different words of another language, and more than of the model's own
_UNKNOWN_SHARE = 0.5  # of the letters of a text in which no common word of the model's own language stands


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
        if script not in self._own_scripts and count > _FOREIGN_SCRIPT_LEAST * scripts.total():
            return f"This is written in {script}; the model was trained on {' and '.join(sorted(self._own_scripts))}."
        words = _WORD.findall(self._tokenizer.normalizer.normalize_str(text))
        if script != _SCRIPTS["LATIN"] or not words or not self._own_language:
            return ""
        if self._is_mashed(words):
            return "This looks like keys struck at random, which the model was not trained on."
        return self._foreign_language(words, self._own_language)

    @cached_property
    def _own_scripts(self) -> frozenset[str]:
        scripts = _scripts(" ".join(self._vocabulary))
        return frozenset(name for name, count in scripts.items() if count >= _OWN_SCRIPT_LEAST * scripts.total())

    @cached_property
    def _own_language(self) -> str | None:
        """The language whose commonest words are entries; None where of no language half of them are."""
        shares = {name: len(_common(name) & self._vocabulary) / len(_common(name)) for name in COMMON_WORDS}
        own = max(shares, key=shares.__getitem__)
        return own if shares[own] >= _OWN_LANGUAGE_LEAST else None

    @cached_property
    def _spelling(self) -> "Spelling":
        return Spelling(word for word in self._vocabulary if len(word) > 1 and _WORD.fullmatch(word))

    def _is_mashed(self, words: list[str]) -> bool:
        mashed = sum(len(word) for word in words if self._is_mash(word))
        return mashed >= _MASHED_SHARE * sum(map(len, words))

    def _is_mash(self, word: str) -> bool:
        if word in self._vocabulary or len(word) < _MASHED_LEAST:
            return False
        if _runs_along_keys(word) or (len(set(word)) == 1 and len(word) >= _JUDGED_LEAST):
            return True
        spelt = _REPEATED.sub(r"\1", word)
        return len(spelt) >= _JUDGED_LEAST and self._spelling.log_likelihood(spelt) < _SPELLING_LEAST

    def _foreign_language(self, words: list[str], language: str) -> str:
        if len(words) < _LANGUAGE_WORDS_LEAST:
            return ""
        counts = {name: len(_common(name).intersection(words)) for name in COMMON_WORDS}
        own = counts.pop(language)
        other = max(counts, key=counts.__getitem__)
        if counts[other] >= _COMMON_LEAST and counts[other] > own:
            return f"This looks like {other}; the model was trained on {language}."
        unknown = sum(len(word) for word in words if word not in self._vocabulary)
        if not own and len(words) >= _UNKNOWN_WORDS_LEAST and unknown > _UNKNOWN_SHARE * sum(map(len, words)):
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
    found = _RUNS.findall(text)
    names = (unicodedata.name(run[0], "").split(" ")[0] for run in found)
    return Counter(_SCRIPTS.get(name, _OTHER_SCRIPT) for name in names)


def _is_code(text: str) -> bool:
    return sum(bool(pattern.search(text)) for pattern in _CODE) >= _CODE_SIGNS_LEAST


def _runs_along_keys(word: str) -> bool:
    """Tell if most of a word is runs of neighbouring keys of a row, to the right or to the left."""
    along = 0
    start = 0
    for end in range(1, len(word) + 1):
        if end < len(word) and any(word[start : end + 1] in keys for keys in _KEYBOARD):
            continue
        if end - start >= _KEYS_IN_A_ROW:
            along += end - start
        start = end
    return along >= _ALONG_KEYS * len(word)
