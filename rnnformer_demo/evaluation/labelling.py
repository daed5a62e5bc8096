"""What the labels of a data set mean to a model, which are left out, and what is said about them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..data import InputError
from ..data.bulk import TokenRow
from ..data.labels import LabelMap, Raw, counted, map_labels, select

_UNBALANCED = 10  # times as many rows in the largest class as in the smallest


class Named(Protocol):
    """What names classes: a checkpoint, or a corpus to train on."""

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names."""

    @property
    def raw_labels(self) -> Raw:
        """What the training data called them."""


@dataclass(frozen=True)
class Labelling:
    """The labels of a set as a model takes them.

    Attributes:
        mapping: the class of each label.
        dropped: number of rows of each label that is left out.
        unknown: number of rows of each label that means no class.
    """

    mapping: LabelMap
    dropped: Mapping[str, int]
    unknown: Mapping[str, int]

    def notices(self) -> Iterator[str]:
        """Yield what is said about the labels."""
        yield f"{self.mapping.sentence()}."
        for labels, what in (
            (self.dropped, "left out, as --drop says"),
            (self.unknown, "rejected: these are no class"),
        ):
            if labels:
                shown = ", ".join(f"{label} ({rows:,})" for label, rows in labels.items())
                yield f"{sum(labels.values()):,} rows are {what}: {shown}."


def label_rows(
    labels: Sequence[str], model: Named, name: str, drop: Iterable[str] = (), given: Sequence[str] = ()
) -> Labelling:
    """Find out what the labels of a set's rows mean.

    Args:
        labels: of each row.
        model: whose classes they are to mean.
        name: of the set.
        drop: labels or classes to leave out.
        given: see `map_labels`.

    Raises:
        InputError: see `map_labels` and `select`; and where nothing is left.
    """
    counts = counted(labels)
    try:
        own = {label for each in drop for label in _own(each, counts)}
        mapping = map_labels(counts.keys() - own, model.labels, model.raw_labels, given)
        dropped = select(drop, counts, mapping)
    except InputError as error:
        raise InputError(f"{name}: {error}") from error
    if not counts.keys() - dropped:
        raise InputError(f"{name} holds nothing to evaluate on: --drop leaves out every class.")
    unknown = {label: rows for label, rows in counts.items() if label in mapping.unknown and label not in dropped}
    return Labelling(mapping, {label: rows for label, rows in counts.items() if label in dropped}, unknown)


def _own(name: str, labels: Iterable[str]) -> set[str]:
    """Return the labels of a set that a name is, not those whose class it names."""
    try:
        return select([name], labels)
    except InputError:
        return set()


def balance_notice(counts: Sequence[int], classes: Sequence[str]) -> str | None:
    """Return the warning about a set whose classes are of very unequal size, given the rows of each; else None."""
    occurring = [(rows, name) for rows, name in zip(counts, classes, strict=True) if rows]
    (least, rare), (most, common) = min(occurring), max(occurring)
    if most < _UNBALANCED * least:
        return None
    return (
        f"The classes are unbalanced, from {most:,} rows of {common} to {least:,} of {rare}: to answer {common} always "
        f"would be right in {most / sum(counts):.2%}, so go by the mean class accuracy."
    )


@dataclass(frozen=True)
class Reading:
    """How a model reads the texts of a set: how many are cut, and of how many it knows no sign."""

    cut: int
    unknown: int

    def notices(self, max_tokens: int) -> Iterator[str]:
        """Yield what is said about them."""
        if self.cut:
            yield f"{self.cut:,} texts are longer than this model reads: of each its first {max_tokens} tokens count."
        if self.unknown:
            yield (
                f"{self.unknown:,} texts hold no word or sign that this model knows: predict refuses them, "
                "here its answer to blanks counts."
            )


def reading_of(rows: Sequence[TokenRow]) -> Reading:
    """Return how a model reads texts."""
    return Reading(sum(row.cut for row in rows), sum(not row.is_known for row in rows))
