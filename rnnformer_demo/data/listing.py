"""Lists of names in sentences."""

from collections.abc import Sequence


def listed(parts: Sequence[str], most: int = 8) -> str:
    """Return the first of some parts, with "..." where there are more.

    Example:
        >>> listed(["a", "b", "c"], most=2)
        'a, b, ...'
    """
    return ", ".join(parts[:most]) + (", ..." if len(parts) > most else "")
