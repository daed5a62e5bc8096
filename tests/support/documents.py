"""Analysis documents made by hand, of words and of a photo, with every section filled: no model is needed."""

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from rnnformer_demo.document import (
    Architecture,
    Array,
    Attention,
    Attribution,
    ComparedModel,
    Contributor,
    Document,
    Edit,
    Faithfulness,
    FullestUnit,
    Input,
    Interventions,
    Jacobian,
    Model,
    OutOfDistribution,
    Prediction,
    Provenance,
    RankedScore,
    Recurrence,
    Trajectory,
    Trust,
    Unit,
)

WORDS = ("A", "witty,", "tender", "film,", "but", "the", "ending", "is", "a", "mess.")
LABELS = ("no", "yes", "perhaps")
GRID = (2, 3)  # rows and columns differ, so that nothing can confuse them
LAYERS, HEADS, UNITS = ("layer 1", "layer 2"), 2, 4
PROBABILITIES = {"no": 0.2, "yes": 0.7, "perhaps": 0.1}
GATES = {"lstm": ("input", "forget", "candidate", "output"), "gru": ("reset", "update", "candidate")}


def text_document(
    words: Sequence[str] = WORDS, scores: Sequence[float] | None = None, split: int | None = None, **changes: Any
) -> Document:
    """Return a document of a text, explained for "yes".

    Args:
        words: that the text consists of, one space between them.
        scores: one for each word; growing ones of changing signs by default.
        split: index of a word that has two tokens; every other has one.
        changes: fields of the document, such as `trust=None`.
    """
    text, units, start = " ".join(words), [], 0
    for word in words:
        units.append(Unit(word, span=(start, start + len(word))))
        start += len(word) + 1
    token_to_unit = [unit for unit in range(len(words)) for _ in range(2 if unit == split else 1)]
    given = Input("sequence", tuple(units), tuple(token_to_unit), text=text, source=text)
    scans = ("from the start", "from the end")
    orders = {"from the start": tuple(words), "from the end": tuple(reversed(words))}
    whole = _sections(given, scores, ("lstm tokens 1", "gru tokens 1"), [(scan, orders[scan]) for scan in scans])
    replaced = Edit(
        "replacement", (len(words) - 1,), "delight", "yes", "no", {"no": 0.8, "yes": 0.1, "perhaps": 0.1}, "yes", -1, -2
    )
    return Document(**whole | {"edits": (whole["edits"][0], replaced, whole["edits"][1])} | changes)


def photo_document(scores: Sequence[float] | None = None, **changes: Any) -> Document:
    """Return a document of a photo of `GRID` cells, explained for "yes".

    Args:
        scores: one for each cell; growing ones of changing signs by default.
        changes: fields of the document, such as `trust=None`.
    """
    rows, columns = GRID
    cells = [(row, column) for row in range(rows) for column in range(columns)]
    units = tuple(Unit(f"row {row + 1}, column {column + 1}", cell=(row, column)) for row, column in cells)
    given = Input("grid", units, tuple(range(len(units))), image=png(), grid=GRID, source="cat.jpg")
    lines = [
        (f"{name}s from the {side}", tuple(f"{name} {place + 1}" for place in range(count)))
        for name, count, sides in (("row", rows, ("top", "bottom")), ("column", columns, ("left", "right")))
        for side in sides
    ]
    return Document(**_sections(given, scores, ("lstm rows 1", "gru columns 1"), lines) | changes)


def png(size: tuple[int, int] = (96, 64)) -> str:
    """Return a smooth picture as the base64 of a PNG."""
    width, height = size
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    pixels = np.stack([across, down, 255 - across], -1).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def attribution(given: Input, scores: Sequence[float] | None = None, **changes: Any) -> Attribution:
    """Return scores of integrated gradients for "yes"."""
    count = len(given.units)
    scores = [(-1) ** n * (n + 1) / count for n in range(count)] if scores is None else scores
    whole = {
        "method": "integrated-gradients",
        "title": "Integrated gradients",
        "help": "Scores add up to the change of the logit from a baseline.",
        "scale": "share in the logit",
        "signed": True,
        "target": "yes",
        "scores": tuple(scores),
        "grid": given.grid,
        "completeness_gap": 0.001,
        "options": {"baseline": "zero"},
    }
    return Attribution(**whole | changes)


def recurrence(name: str, steps: int, **changes: Any) -> Recurrence:
    """Return one recurrence of `UNITS` units whose gates are half open."""
    draw, shape = np.random.default_rng(len(name)), (steps, 2, UNITS)
    cell = name.split()[0]
    contributors = tuple(Contributor(step, share) for step, share in ((0, 0.6), (steps - 1, -0.4)))
    whole = {
        "name": name,
        "cell": cell,
        "hidden": Array.of(draw.uniform(-1, 1, shape)),
        "cells": Array.of(draw.uniform(-2, 2, shape)) if cell == "lstm" else None,
        "gates": {gate: Array.of(np.full(shape, 0.5), "uint8", low=-1, high=1) for gate in GATES[cell]},
        "contributions": Array.symmetric(draw.uniform(-1, 1, shape)),
        "half_life": (1.0, None),
        "saturation": dict.fromkeys(GATES[cell], (0.25, 0.125)),
        "fullest": (FullestUnit(1, contributors), FullestUnit(2, contributors)),
        "gate_error": 1e-7,
    }
    return Recurrence(**whole | changes)


def trajectory(scan: str, names: Sequence[str], final: Sequence[float] = tuple(PROBABILITIES.values())) -> Trajectory:
    """Return predictions that are "no" after the first part and, where there are more, as they end from the second."""
    parts = len(names)
    flips = (1,) if parts > 1 else ()
    rows = [final] if parts == 1 else [(0.6, 0.3, 0.1), *[final] * (parts - 1)]
    return Trajectory(scan, tuple(names), tuple(range(1, parts + 1)), Array.of(rows), flips, len(flips))


def trust(**changes: Any) -> Trust:
    """Return what was measured under two perturbations."""
    shares = (0.0, 0.5, 1.0)
    measured = [
        Faithfulness(
            RankedScore(0.5 - shift, 0.9, 97 - 10 * shift),
            RankedScore(0.1 + shift, 0.8, 91),
            RankedScore(0.2, 0.75, 93),
            RankedScore(0.6, None, 88),
            orders=100,
            shares=shares,
            deletion=(0.7, 0.3 + shift, 0.1),
            insertion=(0.1, 0.6, 0.7),
        )
        for shift in (0.0, 0.125)
    ]
    whole = {
        "method": "integrated-gradients",
        "target": "yes",
        "verdict": "with care",
        "reasons": ("91 % of random orders do worse.",),
        "perturbations": dict(zip(("unknown", "deletion"), measured, strict=True)),
        "completeness_gap": 0.001,
        "max_sensitivity": 0.12,
        "infidelity": 0.3,
        "agreement": {"occlusion": 0.75},
        "seed": 0,
        "seconds": 0.5,
        "benchmark": "Measured: 0.62 on 40 sentences (random 0.20).",
    }
    return Trust(**whole | changes)


def prediction(**changes: Any) -> Prediction:
    """Return an answer of "yes" that is in domain."""
    whole = {
        "label": "yes",
        "confidence": PROBABILITIES["yes"],
        "probabilities": PROBABILITIES,
        "logits": (0.0, 1.25, -0.7),
        "temperature": 1.0,
        "latency_ms": 3.25,
        "ood": OutOfDistribution(0.62, True, "distance from the training data"),
    }
    return Prediction(**whole | changes)


def model(name: str = "by-hand", scans: Sequence[str] = ("tokens", "tokens")) -> Model:
    """Return a model of `LABELS`, an LSTM and a GRU below two attention layers."""
    sizes = {"tokens": 8000, "projection": 0, "block 1": 3000, "block 2": 600, "block 3": 600, "pooling": 8}
    sizes["head"] = 12_345 - sum(sizes.values())
    parts = Architecture(
        token_width=8,
        width=8,
        blocks=("recurrent", "attention", "attention"),
        cells=("lstm", "gru"),
        scans=tuple(scans),
        units=UNITS,
        residual=True,
        heads=HEADS,
        positions=False,
        pooling="attention",
        pooled_width=8,
        vocabulary=1000 if "tokens" in scans else None,
        backbone=None if "tokens" in scans else "efficientnet_lite0",
        parameters=sizes,
    )
    return Model(name, "0" * 64, LABELS, 12_345, architecture=parts)


def _sections(
    given: Input, scores: Sequence[float] | None, recurrences: Sequence[str], scans: Sequence[tuple[str, Sequence[str]]]
) -> dict[str, Any]:
    steps = len(given.token_to_unit)
    pooling = np.arange(1, steps + 1) / sum(range(1, steps + 1))
    explained = attribution(given, scores)
    scan, names = scans[0]
    interventions = ("uniform attention", "permuted attention", "uniform pooling", "permuted pooling")
    return {
        "model": model(scans=[name.split()[1] for name in recurrences]),
        "input": given,
        "prediction": prediction(),
        "provenance": Provenance("1.0", 3, "python -m rnnformer_demo explain by-hand INPUT --seed 3", {"trust": 0.5}),
        "attribution": explained,
        "other_attributions": (attribution(given, scores, method="occlusion", title="Occlusion"),),
        "attention": Attention(
            {name: Array.of(_rows((HEADS, steps, steps), seed), "uint8") for seed, name in enumerate(LAYERS)},
            Array.of(pooling),
            Array.of(pooling[::-1]),
            0.85,
            "The states under the attention point much the same way (conicity 0.85).",
        ),
        "jacobian": Jacobian(Array.of(_rows((steps, steps), 9) * 3), 0),
        "recurrence": tuple(recurrence(name, steps) for name in recurrences),
        "prefixes": tuple(trajectory(*lines) for lines in scans),
        "interventions": Interventions(
            "yes",
            {"as it is": 0.7, **dict.fromkeys(interventions, 0.6), "without recurrence": 0.4},
            {**dict.fromkeys(interventions, 0.1), "without recurrence": 0.3},
            0,
        ),
        "trust": trust(),
        "edits": (
            Edit("ablation", (0,), "deletion", "yes", "no", {"no": 0.6, "yes": 0.3, "perhaps": 0.1}, "yes", -0.5, -1.5),
            Edit("counterfactual", (0,), "deletion", "yes", "no", exact=True, evaluations=12),
        ),
        "comparison": tuple(
            ComparedModel(model(name), prediction(), explained, trust(verdict=verdict), (trajectory(scan, names),))
            for name, verdict in (("by-hand", "with care"), ("by-hand-gru", "trust"))
        ),
    }


def _rows(shape: tuple[int, ...], seed: int) -> np.ndarray:
    """Return positive numbers whose rows sum to 1."""
    drawn = np.random.default_rng(seed).random(shape) + 0.01
    return drawn / drawn.sum(-1, keepdims=True)
