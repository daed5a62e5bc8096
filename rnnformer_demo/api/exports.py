"""Files that the page makes of a document: figures of its views, and the report."""

import base64
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from ..data import InputError
from .requests import Export, read

if TYPE_CHECKING:
    from ..document import Document
    from ..views.canvas import Kind

_WORDS_OF_NAME, _MOST_LETTERS = 4, 40
_MIME = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf", "html": "text/html"}


def page_export(request: dict) -> Iterator[dict]:
    """Make a file of a document: {name, mime, data}, base64. kind is png, svg or pdf of a view, or html: the report."""
    asked = read(Export, request)
    document, kind, view = asked.document, asked.kind, asked.view
    if kind not in _MIME:
        raise InputError(f"There is no kind of file {kind[:20]!r}: there is {', '.join(_MIME)}.")
    content = _report(document) if kind == "html" else _figure(document, view, asked.choices, kind)
    yield {
        "name": file_name(document, "report" if kind == "html" else view, kind),
        "mime": _MIME[kind],
        "data": base64.b64encode(content).decode("ascii"),
    }


def file_name(document: "Document", content: str, kind: str) -> str:
    """Return a name that says what is in a file: model, method, content, first words; as does web/formats.js."""
    words = _words("photo" if document.input.text is None else document.input.text)
    start = "-".join(words[:_WORDS_OF_NAME]).lower()[:_MOST_LETTERS].removesuffix("-")
    method = document.attribution.method if document.attribution else ""
    return f"{'_'.join(filter(None, [document.model.name, method, content, start]))}.{kind}"


def _words(text: str) -> list[str]:
    """Return the parts of a text that a name of a file can hold: letters with their marks, and digits."""
    kept = (letter.isalnum() or letter == "_" or unicodedata.category(letter)[0] == "M" for letter in text)
    return "".join(letter if keep else " " for letter, keep in zip(text, kept, strict=True)).split()


def _report(document: "Document") -> bytes:
    from ..report import render

    return render(document).encode()


def _figure(document: "Document", name: str, choices: dict[str, str], kind: str) -> bytes:
    from ..views import VIEWS
    from ..views.canvas import to_bytes

    view = VIEWS.get(name)
    if view is None or not view.fits(document):
        raise InputError(f"There is no view {name[:40]!r} of this analysis.")
    settled = view.settle(document, choices)
    for section in view.extends(settled):
        if not document.has(section):
            raise InputError(f"This choice of the view needs the section {section}, which the analysis does not hold.")
    figure = view.draw(document, settled)
    if figure is None:
        raise InputError("This view is made of words: there is no figure to save.")
    return to_bytes(figure, cast("Kind", kind))
