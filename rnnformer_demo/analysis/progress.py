"""Progress of a work that has several parts of like length."""

from ..interpret.attribution import Report


def part_of(report: Report, done: int, parts: int) -> Report:
    """Return the report for one part of a work.

    Args:
        report: is called with the share of the whole work that is done, 0-1.
        done: number of the parts before this one.
        parts: number of all parts.
    """
    return lambda share: report((done + share) / parts)
