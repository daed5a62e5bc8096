"""Made parts of README files, each between its marker and the next `<!-- end -->`."""

from pathlib import Path

from ...data import InputError
from .. import near_duplicates_table
from ..behaviour import store as behaviour
from ..shift import store as shift
from .model_tables import (
    limits_list,
    model_table,
    ood_table,
    summary_table,
    task_table,
    teachers_table,
    training_commands,
)

_END = "<!-- end -->"


def readme_parts(folder: Path | None = None) -> dict[str, str]:
    """Return the parts that are made from the cards, by the marker before which they stand."""
    return {
        "summary": summary_table(folder),
        "tasks": task_table(folder),
        "models": model_table(folder),
        "ood": ood_table(folder),
        "teachers": teachers_table(folder),
        "limits": limits_list(folder),
        "behaviour": behaviour.markdown(behaviour.load_results()),
        "everyday": shift.markdown(shift.load_result()),
        "near-duplicates": near_duplicates_table.markdown(near_duplicates_table.load_result()),
        "training": f"```bash\n{training_commands(folder)}\n```",
    }


def marked(name: str, part: str) -> str:
    """Return a part between its markers, as it stands in the file."""
    return f"{_begin(name)}{part}\n{_END}"


def fill(path: Path, parts: dict[str, str]) -> list[str]:
    """Replace the text between `<!-- name -->` and the next `<!-- end -->` by the part of that name, wherever the file
    has a place for one.

    Returns:
        The names of the parts that have a place.

    Raises:
        InputError: for a file that cannot be read or written, that has a place for none of the parts, or one without
            an end; nothing is written then.
    """
    text = _read(path)
    placed = [name for name in parts if _has_place(name, text, path)]
    if not placed:
        raise InputError(_no_place(path, *parts))
    for name in placed:
        before, _, rest = text.partition(_begin(name))
        text = before + marked(name, parts[name]) + rest.partition(_END)[2]
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise _unfilled(path, error) from error
    return placed


def check_place(path: Path, name: str) -> None:
    """Refuse what `fill` would refuse, before the part is made.

    Raises:
        InputError: for a file that cannot be read, or in which the part has no place.
    """
    if not _has_place(name, _read(path), path):
        raise InputError(_no_place(path, name))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unfilled(path, error) from error


def _unfilled(path: Path, error: Exception) -> InputError:
    return InputError(f"{path} cannot be filled: {error}.")


def _begin(name: str) -> str:
    return f"<!-- {name} -->\n"


def _has_place(name: str, text: str, path: Path) -> bool:
    _, begin, rest = text.partition(_begin(name))
    if begin and _END not in rest:
        raise InputError(f"In {path.name} the place for {name!r} has no end: add the line {_END}.")
    return bool(begin)


def _no_place(path: Path, *names: str) -> str:
    wanted = " or ".join(map(repr, names))
    return f"{path.name} has no place for {wanted}: add the lines {_begin(names[0]).strip()} and {_END}."
