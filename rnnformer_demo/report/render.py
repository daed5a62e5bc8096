"""The report: the explorer on a document in one page, with every view as a picture, too; drawn from the document alone.

Whoever opens it gets the modules of `web/` out of the page itself, by `boot.js`: no request leaves it, and its policy
lets none. Without JavaScript the pictures stand open.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from .. import web
from ..document import Document, to_json
from ..views import Choices, View, views_for
from ..views.prediction import most_probable
from .inlined import Carried, as_json, escaped, explorer, files, policy

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class _Part:
    """One variant of a view: HTML that is escaped already, a picture, and its text alternative."""

    html: Markup
    picture: str
    caption: str


@dataclass(frozen=True)
class _Section:
    """A view with all of its variants."""

    name: str
    title: str
    help: str
    parts: tuple[_Part, ...]


def render(document: Document, carried: Carried | None = None) -> str:
    """Return the page as HTML.

    The document stands in it as JSON, in the element with the id `document`; the modules and the views, in the one with
    the id `explorer`; the files of a model that travels along, in the one with the id `files`.
    """
    boot = (FOLDER / "boot.js").read_text(encoding="utf-8")
    return _template().render(
        document=document,
        policy=policy(boot, carried),
        styles=Markup("".join((web.FOLDER / style).read_text(encoding="utf-8") for style in web.styles())),
        boot=Markup(boot),
        explorer=as_json(explorer(document, carried)),
        sections=list(_sections(document)),
        probabilities=most_probable(document),
        scores=_scores(document),
        json=escaped(to_json(document)),
        files=as_json(files(carried)) if carried else None,
    )


@cache
def _template() -> Template:
    folder = FileSystemLoader(FOLDER, encoding="utf-8")
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
    return _Part(html, _picture(view, document, choices), view.caption(document, choices))


def _picture(view: View, document: Document, choices: Choices) -> str:
    """Return the figure as a data URL; "" for a view of words alone."""
    figure = view.draw(document, choices)
    if figure is None:
        return ""
    from ..views.canvas import to_image

    buffer = io.BytesIO()
    to_image(figure).save(buffer, "webp", lossless=True)  # a third of the bytes of PNG, and the same pixels
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"


def _scores(document: Document) -> list[tuple[str, float]]:
    """Return every score of a word or a cell; of pixels there are too many to be read."""
    attribution, names = document.attribution, document.input.unit_names
    if attribution is None or len(names) != len(attribution.scores):
        return []
    return list(zip(names, attribution.scores, strict=True))
