"""Facts of a model, from its card: task, accuracy, size and limits."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .model_list import ModelEntry

_TESTED_ON = {"held_out": "training data held out"}  # the other tests bear the names of their data sets


def model_facts(model: ModelEntry) -> str:
    """Return the facts as escaped HTML."""
    task = f"<strong>{escape(_sentence(model.task))}</strong> " if model.task else ""
    alike = " and has about its size" if model.matched else ""
    baseline = f"It is a baseline of {model.baseline_of}{alike}. " if model.baseline_of else ""
    size = f"{model.parameters / 1e6:.1f} million parameters, {model.bytes / 1e6:.1f} MB, {len(model.labels)} classes."
    about = f"{_accuracies(model.metrics)} {baseline}Made of {model.made_of}: {size}"
    limits = f'<p class="caption">What it cannot do: {escape(_sentence(model.limits))}</p>' if model.limits else ""
    return f'<p class="caption">{task}{escape(about)}</p>{limits}'


def _accuracies(metrics: dict) -> str:
    """Return the accuracy on each test; that on the held-out part, where choices fell, only if there is no test."""
    measured = {
        test: figures for test, figures in metrics.items() if isinstance(figures, dict) and "accuracy" in figures
    }
    tests = [test for test in measured if test != "held_out"] or list(measured)
    if not tests:
        return "Not measured yet."
    parts = (
        f"{measured[test]['accuracy']:.1%} of {measured[test]['n']:,} ({_TESTED_ON.get(test, test)})" for test in tests
    )
    return f"Right on {', '.join(parts)}."


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "。")) else f"{text}."
