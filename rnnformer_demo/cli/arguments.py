"""Types of arguments that several commands take; argparse makes a sentence of what they refuse."""

import argparse

from ..data import InputError
from ..data.seeds import whole_seed


def seed(argument: str) -> int:
    """Return the seed that an argument names."""
    try:
        return whole_seed(int(argument) if argument.strip().lstrip("+-").isdecimal() else argument)
    except InputError as error:
        raise argparse.ArgumentTypeError(str(error).removesuffix(".")) from error


def path(argument: str) -> str:
    """Return a path that is not empty."""
    if not argument.strip():
        raise argparse.ArgumentTypeError(f"must name a file or a folder, got {argument!r}")
    return argument
