"""The catalogue of a page without a server, which tells the methods that it offers from those of a server."""

from collections.abc import Iterable
from typing import Any

from ..interpret.attribution import METHODS
from ..ui.catalogue import catalogue


def site_catalogue(names: Iterable[str]) -> dict[str, Any]:
    """Return the catalogue of some models, with the methods that the browser computes and, under "server_methods", the
    others."""
    whole = catalogue(tuple(names))
    split: dict[str, list[dict[str, Any]]] = {"methods": [], "server_methods": []}
    for method in whole["methods"]:
        split["methods" if METHODS[method["name"]].in_browser else "server_methods"].append(method)
    return whole | split
