"""Sentences about flags of `train` that do not parse: each names the flag and what it must be."""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_type_hints

_KINDS = {  # of one value, and of several
    int: ("an integer", "integers"),
    float: ("a number", "numbers"),
    str: ("a text", "texts"),
    Path: ("a path", "paths"),
}


def error_sentence(event: Any, flags: type, arguments: Sequence[str]) -> str:
    """Return an event that tyro reports as one sentence, without its full stop.

    Args:
        event: a `tyro._errors.ParseErrorEvent`.
        flags: dataclass that the arguments were parsed into.
        arguments: those of the command line.
    """
    if missing := [each.arg.display_name() for each in getattr(event, "missing_arguments", ())]:
        return f"{' and '.join(missing)} must be given"
    if unknown := getattr(event, "tokens", None):
        flag = next((token for token in unknown if token.startswith("-")), None)
        return f"There is no flag {flag.partition('=')[0]}" if flag else f"There is no flag that takes {unknown[0]!r}"
    if argument := getattr(event, "argument", None):
        return _value_sentence(argument.display_name(), argument.field.type_stripped, arguments)
    return with_flag(" ".join(event.message.split()), flags)


def with_flag(message: str, flags: type) -> str:
    """Return the message of a config with the flag in place of the field that it begins with."""
    name, space, rest = message.partition(" ")
    return f"{_flag(name)}{space}{rest}" if name in _names(flags) else message


def _value_sentence(flag: str, annotation: Any, arguments: Sequence[str]) -> str:
    kind, several = _kind_of(annotation)
    values = _values_of(flag, arguments)
    wrong = next((value for value in values if not _fits(value, kind)), None)
    got = "nothing" if not values else repr(" ".join(values) if wrong is None else wrong)
    must_be = _KINDS[kind][several] if kind in _KINDS else "given without a value"
    return f"{flag} must be {must_be}, got {got}"


def _kind_of(annotation: Any) -> tuple[Any, bool]:
    """Return the type of one value, and if the flag takes several: (int, True) for `tuple[int, ...]`."""
    parts = [part for part in get_args(annotation) if part not in (type(None), ...)]
    several = getattr(annotation, "__origin__", None) is tuple
    return (parts[0] if parts else annotation), several


def _values_of(flag: str, arguments: Sequence[str]) -> list[str]:
    """Return the values after the last mention of a flag."""
    values: list[str] = []
    takes = False
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if argument.startswith("--"):
            takes = _flag(name.removeprefix("--")) == flag
            values = ([value] if equals else []) if takes else values
        elif takes:
            values.append(argument)
    return values


def _fits(value: str, kind: Any) -> bool:
    try:
        kind(value)
    except ValueError:
        return False
    return True


def _flag(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _names(flags: type) -> Iterator[str]:
    """Yield the names of the fields of a dataclass and of those within it."""
    hints = get_type_hints(flags)
    for each in fields(flags):
        if is_dataclass(hints[each.name]):
            yield from _names(hints[each.name])
        else:
            yield each.name
