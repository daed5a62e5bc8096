"""The gallery: examples to begin with. Their stories are in the locales of `web/`, and a test holds them true."""

import json
from collections.abc import Collection
from typing import Any

from ..api.uploads import EXAMPLES


def gallery(models: Collection[str]) -> list[dict[str, Any]]:
    """Return the examples of some models, in the order of the page.

    Args:
        models: names of those that the page has.

    Returns:
        For each its id, under which its title and its story stand in the locales; the model that the story is about;
        its text, or the file name of its photo; and `fails` where the story is about a mistake.
    """
    entries = json.loads((EXAMPLES / "gallery.json").read_text(encoding="utf-8"))
    return [entry for entry in entries if entry["model"] in models]
