"""Sentiments of the phrases inside a sentence (Stanford Sentiment Treebank, Socher et al. 2013), to whose signs the
scores of a phrase should add up.

The class explained is "positive". Methods whose scores have no sign are left out. Phrases whose label is neutral count
nowhere; neither does the sentence as a whole, whose sum is the prediction.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import torch

from ...checkpoints.store import Checkpoint
from ...data.labels import label_index
from ...data.rows import Rejected
from ...interpret.attribution import Explanation
from ...nn.hooks import run
from .benchmark import Benchmark, Example, Measure, Parts, RowSet, Skipped, words_of_tokens
from .files import plain_suffix, set_name, text_lines, with_any_suffix

MEASURES = {
    "phrases": Measure("sign of phrases", "share of phrases of two words or more whose scores add up to their sign"),
    "words": Measure("sign of single words", "share of single words whose score has their sign"),
    "negated": Measure("sign of negated phrases", "the same for phrases of two words or more that hold a negation"),
}
_NEUTRAL, _LABELS = 2, "01234"
_SIGN = re.compile(r"\(|\)|[^\s()]+")
_NEGATIONS = {"not", "n't", "no", "never", "nothing", "nobody", "none", "neither", "nor", "without", "cannot"}


@dataclass(frozen=True)
class Tree:
    """A sentence's tokens, and (start, end, label) of each of its phrases: tokens from `start` up to `end`, label 0
    (very negative) to 4 (very positive); a phrase follows those that it is made of."""

    tokens: tuple[str, ...]
    phrases: tuple[tuple[int, int, int], ...]


def parse_tree(line: str) -> Tree:
    """Parse a tree in brackets, "(3 (2 a) (4 gem))".

    Raises:
        ValueError: for anything else.
    """
    tokens: list[str] = []
    phrases: list[tuple[int, int, int]] = []
    open_phrases: list[tuple[int, int]] = []  # start and label
    signs = iter(_SIGN.findall(line))
    for sign in signs:
        if sign == "(":
            label = next(signs, "the end")
            if label not in _LABELS or len(label) != 1:
                raise ValueError(f"a label must be 0 to 4, got {label[:20]!r}")
            if phrases and not open_phrases:
                raise ValueError("must be one tree, got more")
            open_phrases.append((len(tokens), int(label)))
        elif not open_phrases:
            raise ValueError(f"brackets must be balanced, got {sign[:20]!r} outside of them")
        elif sign == ")":
            start, label = open_phrases.pop()
            if start == len(tokens):
                raise ValueError("a phrase must hold a word, got none")
            phrases.append((start, len(tokens), label))
        else:
            tokens.append(sign)
    if open_phrases or not phrases:
        raise ValueError("brackets must be balanced, got an end within them")
    return Tree(tuple(tokens), tuple(phrases))


def find_trees(path: Path) -> Path | None:
    """Return dev.txt of a folder, or a .txt file, whose first line opens a bracket; None for anything else."""
    file = with_any_suffix(path, "dev", ".txt") if path.is_dir() else path
    if file is None or plain_suffix(file) != ".txt":
        return None
    lines = text_lines(file)
    return file if lines and lines[0][1].lstrip().startswith("(") else None


def read_trees(path: Path) -> RowSet:
    """Read the trees of a file, one a line.

    Raises:
        InputError: for a file that cannot be read.
    """
    trees, rejected = [], []
    for line, text in text_lines(path):
        try:
            trees.append((line, parse_tree(text)))
        except ValueError as error:
            rejected.append(Rejected(line, str(error)))
    return RowSet(set_name(path), trees, rejected)


def tree_example(checkpoint: Checkpoint, tree: Tree) -> Example:
    """Make an example of one sentence, explained for "positive".

    Raises:
        Skipped: where no phrase inside it has a sign, and where the model does not read all of it.
        InputError: for a model without such a class, and for what its reader refuses.
    """
    target = label_index("positive", checkpoint.labels)
    sample = checkpoint.reader(" ".join(tree.tokens))
    words = list(words_of_tokens(tree.tokens, sample))
    if not all(words):
        raise Skipped("not read as a whole")
    signed = [(start, end, label > _NEUTRAL) for start, end, label in tree.phrases[:-1] if label != _NEUTRAL]
    if not signed:
        raise Skipped("no phrase with a sign inside")
    predicted = int(run(checkpoint.model, sample.inputs, sample.mask)[0].argmax()) == target

    def agreement(signs: list[bool | None]) -> Parts:
        parts = {name: [0.0, 0.0] for name in MEASURES}
        for (start, end, positive), sign in zip(signed, signs, strict=True):
            for name in _measures_of(tree.tokens[start:end]):
                parts[name][0] += sign is positive
                parts[name][1] += 1
        return {name: (agree, of) for name, (agree, of) in parts.items()}

    def score(explanation: Explanation) -> Parts:
        return agreement([_sign(explanation.scores, words[start:end]) for start, end, _ in signed])

    references = {
        "always positive": agreement([True] * len(signed)),
        "the prediction's sign": agreement([predicted] * len(signed)),
    }
    return Example(checkpoint.model, sample, target, score, references)


def _sign(scores: torch.Tensor, words: list[list[int]]) -> bool | None:
    """Return True where the scores of a phrase add up to more than 0; None for exactly 0, which is no sign."""
    total = scores[sorted({word for inside in words for word in inside})].sum().item()
    return None if total == 0 else total > 0


def _measures_of(tokens: tuple[str, ...]) -> tuple[str, ...]:
    """Return the measures in which a phrase counts."""
    if len(tokens) == 1:
        return ("words",)
    return ("phrases", "negated") if any(token.lower() in _NEGATIONS for token in tokens) else ("phrases",)


PHRASES = Benchmark(
    name="phrases",
    modality="text",
    inputs="sentences",
    explained="positive",
    measures=MEASURES,
    find=find_trees,
    read=read_trees,
    make_example=tree_example,
    check=lambda checkpoint: label_index("positive", checkpoint.labels),
    by_sign=True,
)
