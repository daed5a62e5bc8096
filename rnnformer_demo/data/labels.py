"""The classes of a model that the labels of a data set mean: one rule for training, evaluation, `--target` and page.

A label is the name of a class, or what the model's training data called it, or (where neither names nor those are
numbers) the number of a class from 0. One of these holds for a whole set: what "1" means shows beside "0" or "2" alone.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from .listing import listed
from .sample import InputError

OPTION = "--labels"
Raw = Sequence[str | Sequence[str]]  # what a model's training data called each of its classes; several, where merged
BY_NUMBER = "by their numbers"  # a rule, see `LabelMap`
_NUMBER = re.compile(r"[+-]?[0-9]{1,9}(\.0*)?")
_NUMBERED = re.compile(r"label[ _]?([0-9]{1,9})")  # what models without names of classes answer
_JOINED = re.compile(r"(?<=[^\W\d])[-/](?=[^\W\d])")
_SAME = (
    frozenset({"positive", "pos", "+", "正面", "积极", "正向"}),
    frozenset({"negative", "neg", "-", "负面", "消极", "负向"}),
    frozenset({"neutral", "neu", "中性", "中立"}),
)


@dataclass(frozen=True)
class LabelMap:
    """What the labels of a set mean.

    Attributes:
        classes: names of the model's classes.
        indices: class of each label that means one.
        unknown: labels that mean none, sorted.
        rule: how it was found out, in words.
    """

    classes: tuple[str, ...]
    indices: Mapping[str, int]
    unknown: tuple[str, ...]
    rule: str

    def as_dict(self) -> dict[str, str]:
        """Return the name of the class of each label."""
        return {label: self.classes[index] for label, index in self.indices.items()}

    def sentence(self) -> str:
        """Return what the labels mean, in words."""
        pairs = [f"{label} = {name}" for label, name in self.as_dict().items() if label != name]
        return f"Labels are read {self.rule}{f': {listed(pairs)}' if pairs else ''}"

    def refusal(self, label: str) -> str:
        """Return the sentence about a label that means no class."""
        return _no_label(label, self.classes)


def map_labels(found: Iterable[str], classes: Sequence[str], raw: Raw = (), given: Sequence[str] = ()) -> LabelMap:
    """Find out which class each label of a set means.

    Args:
        found: every label of the set.
        classes: names of the model's classes.
        raw: what its training data called them, in their order.
        given: "CLASS=LABEL" of each label whose meaning the user says.

    Raises:
        InputError: for labels that mean no class, unless others of the set bear names of classes; for numbers that do
            not fit; and for what is given of classes or labels that do not exist.
    """
    labels, classes = in_order(set(found)), tuple(classes)
    if given:
        return _given(labels, classes, given)
    numbers = _numbers(labels)
    ways = {
        "by their names": _by_name(labels, [[name] for name in classes]),
        "as in the training data": _by_name(labels, raw),
        BY_NUMBER: {label: place for label, place in numbers.items() if place in _places(classes, raw)},
    }
    for rule, way in ways.items():
        if len(way) == len(labels):
            return LabelMap(classes, {label: way[label] for label in labels}, (), rule)
    rule, way = max(list(ways.items())[:2], key=lambda each: len(each[1]))
    if numbers or not way:
        raise InputError(_unfit(labels, classes, bool(numbers)))
    return LabelMap(classes, way, tuple(label for label in labels if label not in way), rule)


def label_index(label: str, classes: Sequence[str], raw: Raw = ()) -> int:
    """Return the index of the class that a single label means.

    Raises:
        InputError: for a label that the model does not know.
    """
    try:
        return map_labels([label], classes, raw).indices[label]
    except InputError as error:
        raise InputError(_no_label(label, classes)) from error


def folded(label: str) -> str:
    """Return a label without what does not count in it: case, underscores for blanks, strokes between words, and the
    zeros of a whole number with decimals."""
    number = _number(label)
    if number is not None:
        return str(number)
    return " ".join(_JOINED.sub(" ", unicodedata.normalize("NFKC", label).casefold().replace("_", " ")).split())


def in_order(labels: Iterable[str]) -> list[str]:
    """Return labels sorted: numbers by their value, all else as text."""
    labels = sorted(labels)
    try:
        return sorted(labels, key=float)
    except ValueError:
        numbers = _numbers(labels)
        return sorted(labels, key=numbers.__getitem__) if numbers else labels


def counted(labels: Iterable[str]) -> dict[str, int]:
    """Return how many rows have each label, in the labels' order."""
    counts = Counter(labels)
    return {label: counts[label] for label in in_order(counts)}


def merged(counts: Mapping[str, int]) -> dict[str, str]:
    """Return for each label the commonest of those that differ from it in nothing that counts, see `folded`.

    Whole numbers lose their decimals, which tables write where a label is missing.

    Args:
        counts: number of rows of each label.
    """
    commonest: dict[str, str] = {}
    for label in sorted(counts, key=lambda label: (-counts[label], label)):
        commonest.setdefault(folded(label), label.partition(".")[0] if _number(label) is not None else label)
    return {label: commonest[folded(label)] for label in counts}


def select(names: Iterable[str], labels: Iterable[str], mapping: LabelMap | None = None) -> set[str]:
    """Return the labels of a set that a user names, whatever their case, or whose class is named.

    Raises:
        InputError: for a name that is neither.
    """
    labels = set(labels)
    chosen: set[str] = set()
    for name in names:
        own = {label for label in labels if folded(label) == folded(name)}
        if not own and mapping:
            own = {label for label, named in mapping.as_dict().items() if folded(named) == folded(name)}
        if not own:
            meanings = mapping.as_dict() if mapping else {}
            known = [
                f"{label} ({meanings[label]})" if meanings.get(label, label) != label else label
                for label in in_order(labels)
            ]
            raise InputError(f"There is no class {name[:60]!r} in this set: it has {_shown(known)}.")
        chosen |= own
    return chosen


def pairs_of(given: Sequence[str], labels: Sequence[str], classes: Sequence[str] = ()) -> dict[str, str]:
    """Return the class that the user says for labels of a set, in "CLASS=LABEL" or the other way round.

    Args:
        given: the pairs; a class may stand in several.
        labels: of the set.
        classes: the model's; any name will do where there are none.

    Raises:
        InputError: for anything else.
    """
    meant: dict[str, str] = {}
    for pair in given:
        name, equals, label = (part.strip() for part in pair.partition("="))
        if not name or not equals or not label:
            raise InputError(f"{OPTION} must be CLASS=LABEL, got {pair[:60]!r}.")
        own, turned = _alike(label, labels), _alike(name, labels)
        if turned and (not own or (classes and not _by_name([name], classes) and _by_name([label], classes))):
            name, own = label, turned
        if not own:
            raise InputError(f"There is no label {label[:60]!r} in this set for {OPTION}: it has {_shown(labels)}.")
        meant |= dict.fromkeys(own, name)
    return meant


def _alike(label: str, labels: Sequence[str]) -> list[str]:
    return [label] if label in labels else [each for each in labels if folded(each) == folded(label)]


def _given(labels: Sequence[str], classes: tuple[str, ...], given: Sequence[str]) -> LabelMap:
    indices = {label: label_index(name, classes) for label, name in pairs_of(given, labels, classes).items()}
    unknown = tuple(label for label in labels if label not in indices)
    return LabelMap(classes, indices, unknown, f"as {OPTION} says")


def _by_name(labels: Iterable[str], names: Raw) -> dict[str, int]:
    """Return the place of each label among names: as it stands, or else folded, or else another word for it.

    A label to which several places are alike has none.
    """
    places = [(name, place) for place, same in enumerate(names) for name in ([same] if isinstance(same, str) else same)]
    by_key: list[dict[object, set[int]]] = [{} for _ in _KEYS]
    for name, place in places:
        for key, known in zip(_KEYS, by_key, strict=True):
            known.setdefault(key(name), set()).add(place)
    found = {}
    for label in labels:
        alike = next(
            (known[key(label)] for key, known in zip(_KEYS, by_key, strict=True) if key(label) in known), set()
        )
        if len(alike) == 1:
            (found[label],) = alike
    return found


def _word(label: str) -> object:
    """Return the meaning of a label where there are several words for it."""
    return next((same for same in _SAME if folded(label) in same), folded(label))


_KEYS: tuple[Callable[[str], object], ...] = (str, folded, _word)


def _number(label: str) -> int | None:
    return int(float(label)) if _NUMBER.fullmatch(label) else None


def _numbers(labels: Sequence[str]) -> dict[str, int]:
    """Return the numbers that labels are, as they stand or after the word "label"; {} unless all of them are."""
    numbered = [_NUMBERED.fullmatch(label.casefold()) for label in labels]
    numbers = [int(match[1]) if match else _number(label) for label, match in zip(labels, numbered, strict=True)]
    found = {label: number for label, number in zip(labels, numbers, strict=True) if number is not None}
    return found if len(found) == len(labels) and (all(numbered) or not any(numbered)) else {}


def _places(classes: Sequence[str], raw: Raw) -> range:
    """Return the numbers that stand for the places of classes: none where names are numbers, or where the training data
    had other numbers."""
    called = [[same] if isinstance(same, str) else list(same) for same in raw]
    others = called != [[str(place)] for place in range(len(classes))] and any(
        _number(name) is not None for same in called for name in same
    )
    return range(0) if others or any(_number(name) is not None for name in classes) else range(len(classes))


def _unfit(labels: Sequence[str], classes: Sequence[str], numbers: bool) -> str:
    example = labels if numbers and len(labels) == len(classes) else ["LABEL"] * len(classes)
    pairs = [f"{name}={label}" for name, label in zip(classes[:3], example, strict=False)]
    says = " ".join(f'"{pair}"' if " " in pair else pair for pair in pairs)
    return (
        f"The labels {_shown(labels)} do not fit the classes {_shown(classes)}: say which is which, such as "
        f"{OPTION} {says}{' ...' if len(classes) > 3 else ''}; labels that it does not name are left out."
    )


def _no_label(label: str, classes: Sequence[str]) -> str:
    return f"There is no label {label[:60]!r}: this model has {_shown(classes)}."


def _shown(labels: Sequence[str]) -> str:
    return listed([label[:40] for label in labels])
