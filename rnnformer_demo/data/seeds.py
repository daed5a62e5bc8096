"""Seeds of random draws: the one range that page, API, command line and training take."""

from typing import Any

from .sample import InputError

LARGEST_SEED = 2**63 - 1  # generators count on from a seed, and torch takes 64 bits


def whole_seed(value: Any) -> int:
    """Return a seed that a visitor gave, as the number that it is.

    Raises:
        InputError: for what is no whole number, or out of range.
    """
    if isinstance(value, float) and value.is_integer():  # JSON knows one kind of numbers
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_SEED:
        raise InputError(f"The seed must be a whole number from 0 to {LARGEST_SEED}, got {str(value)[:40]}.")
    return value
