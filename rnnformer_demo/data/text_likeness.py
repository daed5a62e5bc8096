"""Near-duplicates among texts, in any script: MinHash and locality-sensitive hashing (Broder 1997; Leskovec,
Rajaraman & Ullman, chapter 3), then the exact likeness of what those find.

The likeness of two texts is the Jaccard index of their n-grams of letters and digits: signs and gaps do not count.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .text import CJK

LIKENESS = 0.7  # from which on two texts count as nearly the same
_NGRAM, _CHINESE_NGRAM = 5, 3  # letters; a Chinese character says as much as several
_CHINESE = re.compile(rf"[{CJK}]")
_CHINESE_SHARE = 0.3  # of a text's letters, from which on it is read as Chinese
_BANDS, _ROWS = 16, 4  # of 64 hashes: of pairs at the limit of likeness 99 in 100 are found
_SLACK = 0.2  # below the limit, three standard errors of a likeness that 64 hashes estimate
_PRIME = np.uint64(0x100000001B3)
_MIX = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))  # of splitmix64
_SEED = 0


def normalised_text(text: str) -> str:
    """Return the letters and digits of a text in lower case: two texts that differ in signs and gaps alone are one.

    Where there are none, the text itself.
    """
    return "".join(filter(str.isalnum, text.lower())) or text


@dataclass(frozen=True)
class Likeness:
    """A known text that another one nearly is.

    Attributes:
        place: of the known text.
        likeness: Jaccard index of the n-grams of both, 0-1; 1 does not make them the same.
        same: if all letters and digits are the same, in the same order.
    """

    place: int
    likeness: float
    same: bool


class KnownTexts:
    """Texts, such as those that a model was trained on, among which near-duplicates are sought.

    Args:
        texts: all of them. One shorter than an n-gram is compared as a whole.
        least: likeness from which on two texts count as nearly the same, 0-1. Of pairs below .5 many are missed.
    """

    def __init__(self, texts: Iterable[str], least: float = LIKENESS):
        self._least = least
        self._letters = [_letters(text) for text in texts]
        self._buckets: list[dict[bytes, list[int]]] = [defaultdict(list) for _ in range(_BANDS)]
        self._signatures = np.zeros((len(self._letters), _BANDS * _ROWS), np.uint32)
        for place, letters in enumerate(self._letters):
            self._signatures[place] = _signature(_ngrams(letters))
            for bucket, key in zip(self._buckets, _keys(self._signatures[place]), strict=True):
                bucket[key].append(place)

    def nearest(self, text: str) -> Likeness | None:
        """Return the known text that a text is most like; None where it is nearly the same as none of them."""
        letters = _letters(text)
        ngrams = _ngrams(letters)
        signature = _signature(ngrams)
        keys = zip(self._buckets, _keys(signature), strict=True)
        places = np.array(sorted({place for bucket, key in keys for place in bucket.get(key, ())}), np.int64)
        estimates = (self._signatures[places] == signature).mean(1)
        alike = [
            Likeness(place, _jaccard(ngrams, _ngrams(self._letters[place])), self._letters[place] == letters)
            for place in places[estimates >= self._least - _SLACK].tolist()
        ]
        found = max(alike, key=lambda one: (one.same, one.likeness), default=None)
        return found if found and (found.same or found.likeness >= self._least) else None


def _letters(text: str) -> str:
    return normalised_text(unicodedata.normalize("NFKC", text))


def _ngrams(letters: str) -> np.ndarray:
    """Return hashes of the different n-grams of a text, sorted (N,)."""
    chinese = len(_CHINESE.findall(letters)) >= _CHINESE_SHARE * len(letters)
    n = min(_CHINESE_NGRAM if chinese else _NGRAM, len(letters))
    codes = np.frombuffer(letters.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    hashes = np.zeros(len(codes) - n + 1, np.uint64)
    for shift in range(n):
        hashes = hashes * _PRIME + codes[shift : len(codes) - n + 1 + shift]
    for shift, factor in zip((30, 27), _MIX, strict=True):
        hashes = (hashes ^ (hashes >> np.uint64(shift))) * factor
    return np.unique(hashes ^ (hashes >> np.uint64(31)))


_DRAWN = np.random.default_rng(_SEED).integers(0, 2**63, (2, _BANDS * _ROWS, 1), np.uint64)
_FACTORS, _OFFSETS = _DRAWN[0] | np.uint64(1), _DRAWN[1]


def _signature(ngrams: np.ndarray) -> np.ndarray:
    """Return the least value of each hash (64,): two texts share each with the probability of their likeness."""
    return (_FACTORS * ngrams + _OFFSETS >> np.uint64(32)).min(1).astype(np.uint32)


def _keys(signature: np.ndarray) -> list[bytes]:
    """Return a key of each band: two texts share one with the probability likeness ** rows."""
    return [band.tobytes() for band in signature.reshape(_BANDS, _ROWS)]


def _jaccard(one: np.ndarray, other: np.ndarray) -> float:
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)
