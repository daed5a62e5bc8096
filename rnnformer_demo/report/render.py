"""The report: every view of a document in one page, drawn from the document alone."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from ..document import Document, to_json
from ..views import Choices, View, views_for
from ..views.prediction import most_probable


@dataclass(frozen=True)
class _Part:
    """One variant of a view: HTML that is escaped already, a picture in base64, and its text alternative."""

    html: Markup
    png: str
    caption: str


@dataclass(frozen=True)
class _Section:
    """A view with all of its variants."""

    name: str
    title: str
    help: str
    parts: tuple[_Part, ...]


def render(document: Document) -> str:
    """Return the page as HTML.

    The document stands in it as JSON, in the element with the id `document`.
    """
    return _template().render(
        document=document,
        sections=list(_sections(document)),
        probabilities=most_probable(document),
        scores=_scores(document),
        json=_inlined(document),
    )


@cache
def _template() -> Template:
    folder = FileSystemLoader(Path(__file__).parent, encoding="utf-8")
    environment = Environment(
        loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template("template.html")


def _sections(document: Document) -> Iterator[_Section]:
    for view in views_for(document):
        parts = tuple(_part(view, document, choices) for choices in view.variants(document))
        yield _Section(view.name, view.title, view.help, parts)


def _part(view: View, document: Document, choices: Choices) -> _Part:
    html = Markup(view.html(document, choices)) if view.html else Markup()
    return _Part(html, _png(view, document, choices), view.caption(document, choices))


def _png(view: View, document: Document, choices: Choices) -> str:
    """Return the picture in base64; "" for a view of words alone."""
    figure = view.draw(document, choices)
    if figure is None:
        return ""
    from ..views.canvas import to_bytes

    return base64.b64encode(to_bytes(figure)).decode("ascii")


def _scores(document: Document) -> list[tuple[str, float]]:
    """Return every score of a word or a cell; of pixels there are too many to be read."""
    attribution, names = document.attribution, document.input.unit_names
    if attribution is None or len(names) != len(attribution.scores):
        return []
    return list(zip(names, attribution.scores, strict=True))


def _inlined(document: Document) -> Markup:
    """Return the document as JSON inside a script element, which neither a tag nor a comment in it can end."""
    return Markup(to_json(document).replace("<", "\\u003c"))
