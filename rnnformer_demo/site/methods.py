"""The attribution methods that a page without a server offers, and those that it names as a server's."""

from collections.abc import Iterable
from typing import Any

from ..interpret.attribution import METHODS


def split_by_place(methods: Iterable[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return the methods of a catalogue that the browser computes, and the others, under the keys of a site's."""
    split: dict[str, list[dict[str, Any]]] = {"methods": [], "server_methods": []}
    for method in methods:
        split["methods" if METHODS[method["name"]].in_browser else "server_methods"].append(method)
    return split
