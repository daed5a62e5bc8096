"""The parts of README.md that are made and not written: what stands in them, and how it gets there."""

from pathlib import Path

from ..data import InputError
from .tables import limits_list, markdown_table, strangeness_table, task_table, teachers_table, training_commands

_END = "<!-- end -->"


def readme_parts(folder: Path | None = None) -> dict[str, str]:
    """The parts that are made from the cards, by the marker before which they stand."""
    return {
        "tasks": task_table(folder),
        "models": markdown_table(folder),
        "strangeness": strangeness_table(folder),
        "teachers": teachers_table(folder),
        "limits": limits_list(folder),
        "training": f"```bash\n{training_commands(folder)}\n```",
    }


def marked(name: str, part: str) -> str:
    """A part between its markers, as it stands in the file."""
    return f"<!-- {name} -->\n{part}\n{_END}"


def fill(path: Path, parts: dict[str, str]) -> None:
    """Replaces what stands between `<!-- name -->` and the next `<!-- end -->` by the part of that name.

    Raises:
        InputError: for a file that cannot be read or written, or in which a part has no place; nothing is written then.
    """
    try:
        text = path.read_text(encoding="utf-8")
        for name, part in parts.items():
            before, after = _around(name, text, path)
            text = before + marked(name, part) + after
        path.write_text(text, encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be filled: {error}.") from error


def check_place(path: Path, name: str) -> None:
    """Refuses what `fill` would refuse, before the part is made.

    Raises:
        InputError: for a file that cannot be read, or in which the part has no place.
    """
    try:
        _around(name, path.read_text(encoding="utf-8"), path)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be filled: {error}.") from error


def _around(name: str, text: str, path: Path) -> tuple[str, str]:
    """What stands before and after a part and its markers."""
    before, begin, rest = text.partition(f"<!-- {name} -->\n")
    _, end, after = rest.partition(_END)
    if not begin or not end:
        raise InputError(f"{path.name} has no place for {name!r}: add the lines <!-- {name} --> and {_END}.")
    return before, after
