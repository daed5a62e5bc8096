"""The files of the explorer, as a server or a self-contained page needs them."""

import hashlib
import posixpath
import re
from functools import cache
from pathlib import Path
from typing import Any

from rcssmin import cssmin
from rjsmin import jsmin

from ..views import ordered

FOLDER = Path(__file__).parent
_MINIFIERS = {".js": jsmin, ".css": cssmin}
_IMPORT = re.compile(r'^import [^"]*"(\.[^"]+)";$', re.MULTILINE)
_LAZY = re.compile(r'\bawait import\("(\.[^"]+)"\)')


@cache
def digest() -> str:
    """Return a hash of all files: it stands in their address, so that a browser never mixes two versions."""
    hashed = hashlib.sha256()
    for name in names():
        hashed.update(name.encode() + (FOLDER / name).read_bytes())
    return hashed.hexdigest()[:12]


def names() -> list[str]:
    """Return the paths in `FOLDER` of all files that a browser may ask for."""
    return sorted(path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.suffix in _MINIFIERS)


def minified(name: str) -> str:
    """Return the text of a file without comments and needless blanks: a third less for a first visit to fetch."""
    return _MINIFIERS[Path(name).suffix]((FOLDER / name).read_text(encoding="utf-8"))


def styles() -> list[str]:
    """Return the paths of the style sheets in `FOLDER`, the one that others build on first."""
    names = sorted(path.relative_to(FOLDER).as_posix() for path in (FOLDER / "styles").glob("*.css"))
    return sorted(names, key=lambda name: name != "styles/base.css")


def all_modules() -> list[str]:
    """Return the paths of what the page loads: its entry, all that it imports, and the views."""
    return list(modules("main.js", *(f"views/{view['name']}.js" for view in views_of_registry())))


def modules(*entries: str, lazy: bool = False) -> dict[str, str]:
    """Return the sources of modules and of all that they import, by path in `FOLDER`; imported ones come first.

    Args:
        entries: paths such as "report.js".
        lazy: also take what they import when it is first needed.

    Raises:
        ValueError: for modules that import each other in a circle: none of them could come first.
    """
    found: dict[str, str] = {}

    def visit(name: str, above: tuple[str, ...] = ()) -> None:
        if name in above:
            raise ValueError(f"modules must not import each other in a circle, got {' -> '.join([*above, name])}")
        if name not in found:
            source = (FOLDER / name).read_text(encoding="utf-8")
            for imported in [*_IMPORT.findall(source), *(_LAZY.findall(source) if lazy else ())]:
                visit(posixpath.normpath(posixpath.join(posixpath.dirname(name), imported)), (*above, name))
            found[name] = source

    for entry in entries:
        visit(entry)
    return found


def views_of_registry() -> list[dict[str, Any]]:
    """Return what the explorer must know of each view, in the order of the page."""
    return [
        {
            "name": view.name,
            "title": view.title,
            "help": view.help,
            "sections": list(view.sections),
            "layouts": list(view.layouts),
            "figure": view.figure is not None,
        }
        for view in ordered()
        if (FOLDER / "views" / f"{view.name}.js").exists()
    ]
