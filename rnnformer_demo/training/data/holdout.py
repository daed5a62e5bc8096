"""Holding out part of a training set without leaks."""

import random
from collections import Counter, defaultdict
from collections.abc import Sequence


def hold_out(texts: Sequence[str], count: int, seed: int) -> tuple[list[int], list[int]]:
    """Split texts into a training and a held-out part that share no text and no part of one.

    SST-2's training set holds the phrases of its sentences: a sentence held out at random would still be trained on
    in pieces. Here only texts are held out that stand in no other text, and whatever stands in one of them leaves
    the training part.

    Args:
        texts: all of them, one-word texts included.
        count: how many to hold out; at most half of those that stand in no other.
        seed: of the choice.

    Returns:
        Indices to train on and indices held out, both ascending.
    """
    words = [f" {' '.join(text.lower().split())} " for text in texts]
    containers = _Containers(words)
    whole = [index for index in range(len(texts)) if not containers.of(index)]
    random.Random(seed).shuffle(whole)
    chosen = set(whole[: min(count, len(whole) // 2)])
    held_texts = {words[index] for index in chosen}
    train = [
        index
        for index in range(len(texts))
        if index not in chosen
        and words[index] not in held_texts
        and not any(other in chosen for other in containers.of(index))
    ]
    return train, sorted(chosen)


class _Containers:
    """Finds the longer texts that contain a text, by its rarest word."""

    def __init__(self, words: list[str]):
        self.words = words
        self.frequency = Counter(word for text in words for word in set(text.split()))
        self.by_word: dict[str, list[int]] = defaultdict(list)
        for index, text in enumerate(words):
            for word in set(text.split()):
                self.by_word[word].append(index)

    def of(self, index: int) -> list[int]:
        text = self.words[index]
        rarest = min(text.split(), key=self.frequency.__getitem__, default="")
        return [
            other
            for other in self.by_word.get(rarest, ())
            if len(self.words[other]) > len(text) and text in self.words[other]
        ]
