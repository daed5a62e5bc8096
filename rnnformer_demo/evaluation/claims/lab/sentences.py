"""A small built-in set of English sentences: a word that judges, which a negation before it turns, among words that say
nothing. What a model learned of it can read whoever writes English."""

import torch
from tokenizers import Tokenizer
from torch import Tensor

from ....data.text import SPECIAL_TOKENS, UNKNOWN, word_tokenizer
from .tasks import Drawn

LABELS = ("negative", "positive")
_POSITIVE = ("good", "great", "fine", "funny", "clever", "warm", "lovely", "moving", "superb", "charming")
_NEGATIVE = ("bad", "awful", "dull", "weak", "boring", "silly", "cold", "ugly", "poor", "stupid")
_NEGATIONS = ("not", "never", "n't", "no", "hardly")
_OTHERS = (
    *("the", "a", "this", "that", "it", "its", "i", "we", "is", "was", "are", "were", "of", "in", "with", "and", "but"),
    *("very", "really", "so", "quite", "all", "film", "movie", "story", "plot", "cast", "acting", "ending", "found"),
    *("seen", "by", "for", "at", "to", "as", ",", "."),
)
WORDS = (*SPECIAL_TOKENS, *_POSITIVE, *_NEGATIVE, *_NEGATIONS, *_OTHERS)
_JUDGING, _TURNING = len(SPECIAL_TOKENS), len(SPECIAL_TOKENS) + len(_POSITIVE) + len(_NEGATIVE)
_TELLING_NOTHING = _TURNING + len(_NEGATIONS)
_UNKNOWN_SHARE = 0.2  # of the words that say nothing: a visitor writes others
_LENGTHS = (4, 14)
WATCHED = ("this", "is", "not", "the", "film", "that", "i", "found", "very", "good")  # the negation stands far before


def tokenizer() -> Tokenizer:
    """Return the tokenizer, whose vocabulary are the words."""
    return word_tokenizer(WORDS)


def ids_of(words: tuple[str, ...]) -> Tensor:
    """Return words as ids (1, T)."""
    return torch.tensor([[WORDS.index(word) for word in words]])


def draw(count: int, generator: torch.Generator) -> Drawn:
    """Draw sentences of one length: ids (N, T), and labels (N,), 1 for "positive"."""
    length = int(torch.randint(*_LENGTHS, (1,), generator=generator))
    ids = torch.randint(_TELLING_NOTHING, len(WORDS), (count, length), generator=generator)
    ids[torch.rand(count, length, generator=generator) < _UNKNOWN_SHARE] = UNKNOWN
    places = torch.rand(count, length, generator=generator).argsort(1)[:, :2]  # of the word and of the negation
    word = torch.randint(len(_POSITIVE) + len(_NEGATIVE), (count,), generator=generator)
    negation = torch.randint(len(_NEGATIONS), (count,), generator=generator)
    negated = torch.rand(count, generator=generator) < 2 / 3
    ids.scatter_(1, places[:, :1], _JUDGING + word[:, None])
    ids[negated] = ids[negated].scatter(1, places[negated, 1:], _TURNING + negation[negated, None])
    turned = negated & (places[:, 1] < places[:, 0])
    return ids, ((word < len(_POSITIVE)) ^ turned).long()
