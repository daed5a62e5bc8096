"""Holding out part of a training set without leaks."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence


def hold_out(
    texts: Sequence[str], count: int, seed: int, labels: Sequence[str] | None = None
) -> tuple[list[int], list[int]]:
    """Split texts into a training and a held-out part that share no text and no part of one.

    SST-2's training set holds the phrases of its sentences: a sentence held out at random would still be trained on
    in pieces. Here only texts are held out that stand in no other text, and whatever stands in one of them leaves
    the training part.

    Args:
        texts: all of them, one-word texts included.
        count: how many to hold out; at most half of those that stand in no other.
        seed: of the choice.
        labels: classes of the texts, each of which gets its share of what is held out; None leaves it to chance.

    Returns:
        Indices to train on and indices held out, both ascending.
    """
    words = _padded(texts)
    containers = _Containers(words)
    whole = [index for index in range(len(texts)) if not containers.of(index)]
    random.Random(seed).shuffle(whole)
    if labels is not None:
        whole = _by_shares(whole, labels)
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


def _by_shares(order: Sequence[int], labels: Sequence[str]) -> list[int]:
    """Return texts in an order whose every beginning holds the classes in about their shares of the whole."""
    sizes, seen = Counter(labels[index] for index in order), Counter[str]()
    share = {}
    for index in order:
        share[index] = (seen[labels[index]] + 0.5) / sizes[labels[index]]
        seen[labels[index]] += 1
    return sorted(order, key=share.__getitem__)


def with_every_class(
    texts: Sequence[str], labels: Sequence[str], training: Iterable[int], held_out: Iterable[int], seed: int
) -> tuple[list[int], list[int]]:
    """Return the split with as few changes as give each class a text in both parts, where it has two.

    Large sets stay as they are: whoever trained on the split before knows what is held out.

    Args:
        texts: all of them.
        labels: their classes.
        training, held_out: indices of either part.
        seed: of the choice.

    Returns:
        Indices of both parts. What stands in a text that is now held out, or holds it, has left the training part.
    """
    parts = [list(training), list(held_out)]
    words = _padded(texts)
    for label in sorted(set(labels)):
        for source, target in ((0, 1), (1, 0)):
            own = [index for index in parts[source] if labels[index] == label]
            if _has(parts[target], label, labels) or len({words[index] for index in own}) < 2:
                continue
            order = random.Random(f"{seed} {label}").sample(own, len(own))
            for index in sorted(order, key=lambda index: -len(words[index])):  # few others hold a long one
                moved = _moved(parts, index, target, words)
                if all(
                    _has(part, other, labels)
                    for part, before in zip(moved, parts, strict=True)
                    for other in {label, *(labels[index] for index in before)}
                ):
                    parts = moved
                    break
    return sorted(parts[0]), sorted(parts[1])


def _has(part: Sequence[int], label: str, labels: Sequence[str]) -> bool:
    return any(labels[index] == label for index in part)


def _moved(parts: Sequence[Sequence[int]], index: int, target: int, words: Sequence[str]) -> list[list[int]]:
    """Return both parts with a text and its copies moved to one of them. Training texts that stand in a text that is
    held out now, or hold it, are left out; a text to which one that stays held out is related so is not moved."""

    def related(other: int) -> bool:
        return words[other] in words[index] or words[index] in words[other]

    moved = [[other for other in part if words[other] != words[index]] for part in parts]
    moved[target] += [other for part in parts for other in part if words[other] == words[index]]
    if target == 0 and any(map(related, moved[1])):
        return [*map(list, parts)]
    if target == 1:
        moved[0] = [other for other in moved[0] if not related(other)]
    return moved


def _padded(texts: Sequence[str]) -> list[str]:
    """Return texts in lower case between blanks, so that parts of them are found by whole words."""
    return [f" {' '.join(text.lower().split())} " for text in texts]


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
