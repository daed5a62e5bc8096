"""The classes that the labels of a training set make."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...data import InputError
from ...data.labels import OPTION, in_order, merged, pairs_of
from ...data.listing import listed

_SHOWN = 20  # classes in a sentence


@dataclass(frozen=True)
class Classes:
    """Classes of a training set.

    Attributes:
        names: of the classes, in the order of the logits.
        raw: what the files call them; several where the user puts labels together.
        of: class of each label of the files; a label that is left out has none.
        notices: sentences about labels that were put together or left out.
    """

    names: tuple[str, ...]
    raw: tuple[str | list[str], ...]
    of: Mapping[str, str]
    notices: tuple[str, ...]


def classes_of(counts: Mapping[str, int], given: Sequence[str], shown: str) -> Classes:
    """Return the classes of a training set.

    Labels that differ in case, underscores and blanks alone are one; whole numbers stand in their order.

    Args:
        counts: number of rows of each label.
        given: names of the classes in the order of their labels, or "CLASS=LABEL" of each.
        shown: name of the set.

    Raises:
        InputError: for a single class, and for names that do not fit.
    """
    usual = merged(counts)
    labels = in_order(set(usual.values()))
    pairs = pairs_of(given, labels) if given and all("=" in each for each in given) else None
    if given and pairs is None:
        if len(given) != len(labels):
            raise InputError(
                f"There are {len(labels)} labels in {shown} ({listed(labels, _SHOWN)}), but {len(given)} names."
            )
        pairs = dict(zip(labels, given, strict=True))
    named = pairs or {label: label for label in labels}
    names = tuple(dict.fromkeys(named.values()))
    called = [[label for label in labels if named.get(label) == name] for name in names]
    if len(names) < 2:
        raise InputError(f"{shown} holds a single label, {names[0]!r}: two are needed at least.")
    of = {label: named[usual[label]] for label in counts if usual[label] in named}
    rows = {name: sum(count for label, count in counts.items() if of.get(label) == name) for name in names}
    notices = [*_put_together(usual), *_left_out(counts, of), f"Classes: {listed(_described(named, rows), _SHOWN)}."]
    return Classes(names, tuple(same[0] if len(same) == 1 else same for same in called), of, tuple(notices))


def _described(named: Mapping[str, str], rows: Mapping[str, int]) -> list[str]:
    """Return each class with its labels and its number of rows."""
    called = {name: [label for label, own in named.items() if own == name and label != name] for name in rows}
    return [
        f"{name}{f' (labels {listed(labels, _SHOWN)})' if labels else ''}: {rows[name]:,} rows"
        for name, labels in called.items()
    ]


def _put_together(usual: Mapping[str, str]) -> list[str]:
    others = [(label, own) for label, own in usual.items() if label.partition(".")[0] != own]
    return [f"Label {label!r} is read as {own!r}, from which it differs in spelling alone." for label, own in others]


def _left_out(counts: Mapping[str, int], of: Mapping[str, str]) -> list[str]:
    others = {label: count for label, count in counts.items() if label not in of}
    shown = listed([f"{label} ({count:,} rows)" for label, count in others.items()], _SHOWN)
    return [f"Labels that {OPTION} does not name are left out: {shown}."] if others else []
