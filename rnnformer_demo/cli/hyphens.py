"""Texts that begin with a hyphen, such as "-terrible": told from options before argparse takes them for some."""

import argparse
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

_MARK = "\0"  # stands before such a text until it is parsed; no argument of a process can hold it
_NUMBER = re.compile(r"-\d+(?:\.\d*)?")  # argparse lets it pass
_ALIKE = 0.75  # from here on a word is an option that was mistyped


def marked(arguments: Sequence[str], options: Iterable[str]) -> list[str]:
    """Return arguments, those that are texts for certain with a mark that no parser takes for an option's hyphen.

    Args:
        options: the flags of the command.
    """
    flags, end = tuple(options), arguments.index("--") if "--" in arguments else len(arguments)
    before = (f"{_MARK}{argument}" if _is_text(argument, flags) else argument for argument in arguments[:end])
    return [*before, *arguments[end:]]


def unmarked(parsed: Any) -> Any:
    """Return parsed options, or a part of them or of a sentence about them, with their texts as they were given."""
    if isinstance(parsed, argparse.Namespace):
        return argparse.Namespace(**{name: unmarked(value) for name, value in vars(parsed).items()})
    if isinstance(parsed, list):
        return [unmarked(each) for each in parsed]
    return parsed.replace(_MARK, "") if isinstance(parsed, str) else parsed


def _is_text(argument: str, options: tuple[str, ...]) -> bool:
    if not argument.startswith("-") or argument in ("-", "--") or _NUMBER.fullmatch(argument):
        return False
    name = argument.partition("=")[0]
    if name in options:
        return False
    if not name.startswith("--"):
        return True
    return not any(option.startswith(name) for option in options) and not get_close_matches(name, options, 1, _ALIKE)
