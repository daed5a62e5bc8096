"""The catalogue of the page: models and attribution methods, as the explorer's menus take them. Imports no torch."""

from collections.abc import Collection
from dataclasses import fields, replace
from typing import Any

from ..interpret.attribution import METHODS
from ..interpret.attribution.registry import LAYOUTS
from .gallery import gallery
from .model_list import ModelEntry, list_entries

_LAYOUTS = {"text": "sequence", "image": "grid"}


def catalogue(names: Collection[str] | None = None) -> dict[str, Any]:
    """Return the models that can be read, the methods with the layouts that they work on, and the gallery.

    Args:
        names: of the models to take; all by default. A baseline without its hybrid stands for itself.
    """
    models = [entry for entry in list_entries() if names is None or entry.name in names]
    if names is not None:
        models = [entry if entry.baseline_of in names else replace(entry, baseline_of=None) for entry in models]
    return {
        "models": [_model(entry) for entry in models],
        "gallery": gallery([entry.name for entry in models]),
        "methods": [
            {
                "name": method.name,
                "layouts": list(LAYOUTS) if method.layout is None else [method.layout],
                "slow_on_grid": method.slow_on_grid,
            }
            for method in METHODS.values()
        ],
    }


def _model(entry: ModelEntry) -> dict[str, Any]:
    kept = {field.name: getattr(entry, field.name) for field in fields(entry)}
    kept["layout"] = _LAYOUTS.get(entry.modality, "")
    kept["metrics"] = {
        test: {key: figures[key] for key in ("n", "accuracy", "interval", "ece") if key in figures}
        for test, figures in entry.metrics.items()
        if isinstance(figures, dict) and "accuracy" in figures
    }
    return kept
