"""The page of the article's claims: sentences, verdicts, plots and numbers in one file without a request."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from .claim_plots import words
from .render import FOLDER

if TYPE_CHECKING:
    from ..evaluation.claims import Claim
    from ..evaluation.claims.lab.result import Plot, Result

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def render_claims(cards: list[tuple[Claim, Result | None]]) -> str:
    """Return the page as HTML.

    Args:
        cards: claims in the order of the page, each with its result; None for one without.
    """
    environment = Environment(
        loader=FileSystemLoader(FOLDER, encoding="utf-8"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    from ..evaluation.claims.lab.files import agreement

    template = environment.get_template("claims.html")
    return template.render(cards=cards, policy=_POLICY, picture=_picture, words=words, agreement=agreement)


def _picture(plot: Plot) -> Markup:
    """Return the figure of a plot as a data URL."""
    from ..views.canvas import to_bytes
    from .claim_plots import draw

    return Markup(f"data:image/svg+xml;base64,{base64.b64encode(to_bytes(draw(plot), 'svg')).decode('ascii')}")
