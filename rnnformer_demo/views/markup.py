"""HTML of the views: small Jinja2 templates, in which everything that is filled in is escaped."""

from functools import cache
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

_ENVIRONMENT = Environment(autoescape=True, undefined=StrictUndefined)


def fill(template: str, **values: Any) -> str:
    """Return a template with its values filled in and escaped."""
    return _compiled(template).render(values)


@cache
def _compiled(template: str) -> Template:
    return _ENVIRONMENT.from_string(template)
