"""What some models need beside their own files: the catalogue of those, facts of texts, leaderboards."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from ..evaluation.explanations import leaderboards
from ..ui.catalogue import catalogue
from .folder import write_json
from .text_facts import text_facts


def catalogue_of(names: Collection[str]) -> dict[str, Any]:
    """Return the catalogue of these models alone; a baseline without its hybrid stands for itself."""
    whole = catalogue()
    models = [
        model | {"baseline_of": model["baseline_of"] if model["baseline_of"] in names else None}
        for model in whole["models"]
        if model["name"] in names
    ]
    return whole | {"models": models, "gallery": [entry for entry in whole["gallery"] if entry["model"] in names]}


def write_facts(folder: Path) -> None:
    """Write facts of texts and leaderboards."""
    write_json(folder / "text_facts.json", text_facts())
    write_json(folder / "leaderboards.json", leaderboards())
