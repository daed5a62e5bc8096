"""Rows of labelled data sets: those that were read, and those that were not."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Rejected:
    """A row that could not be read.

    Attributes:
        line: line of the file on which it begins, counted from 1.
        reason: its fault, in words.
    """

    line: int
    reason: str


@dataclass(frozen=True)
class TextRow:
    """One labelled text; `line`, on which it begins, counts from 1."""

    line: int
    text: str
    label: str
