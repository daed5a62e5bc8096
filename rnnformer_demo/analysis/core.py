"""Sections that every document has: model, input, prediction."""

from __future__ import annotations

import base64
import io
import math
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PIL import Image

from ..checkpoints.bare import BareCheckpoint
from ..confidence.arrays import Array
from ..data import Sample
from ..data.sample import Reading
from ..document import Architecture, Input, Model, OutOfDistribution, Prediction, Unit
from ..models import PERTURBATIONS, HybridConfig

if TYPE_CHECKING:
    from ..checkpoints.store import Checkpoint


_models: WeakKeyDictionary[Checkpoint | BareCheckpoint, Model] = WeakKeyDictionary()


def build_model(checkpoint: Checkpoint | BareCheckpoint) -> Model:
    """Return name, weights' hash, labels, size and perturbations of a model; made once for each."""
    if checkpoint not in _models:
        _models[checkpoint] = _model_of(checkpoint)
    return _models[checkpoint]


def _model_of(checkpoint: Checkpoint | BareCheckpoint) -> Model:
    return Model(
        name=checkpoint.name,
        sha256=checkpoint.sha256,
        labels=checkpoint.labels,
        parameters=checkpoint.card["parameters"],
        perturbations=PERTURBATIONS[checkpoint.card["modality"]],
        architecture=build_architecture(checkpoint.config, checkpoint.shapes),
    )


def build_architecture(config: HybridConfig, shapes: Mapping[str, tuple[int, ...]]) -> Architecture:
    """Return the parts of a model and their sizes.

    Args:
        shapes: of its weights by their names.
    """

    def size(*beginnings: str) -> int:
        return sum(math.prod(shape) for name, shape in shapes.items() if name.startswith(beginnings))

    sizes = {"tokens": size("") - size("core."), "projection": size("core.project.")}
    sizes |= {f"block {number}": size(f"core.blocks.{number - 1}.") for number in range(1, len(config.blocks) + 1)}
    corrects = "core.up_proj.weight" in shapes
    if corrects:
        sizes["correction"] = size("core.up_proj.", "core.head_conv.")
    sizes["pooling"] = size("core.pooling.")
    sizes["head"] = size("") - sum(sizes.values())  # with the norm before it
    scans = getattr(config, "scans", ("tokens",) * len(config.recurrence))
    return Architecture(
        token_width=config.token_width,
        width=config.width,
        blocks=config.blocks,
        cells=config.recurrence,
        scans=scans[: len(config.recurrence)],
        units=config.units,
        residual=config.residual,
        heads=config.heads,
        positions=config.positions,
        pooling=config.pooling,
        pooled_width=config.pooled_width,
        head_layers=config.head_layers,
        vocabulary=getattr(config, "vocabulary", None),
        backbone=getattr(config, "backbone", None),
        corrects_backbone=corrects,
        parameters=sizes,
    )


def build_input(sample: Sample | Reading, source: str | None, with_photo: bool = True) -> Input:
    """Return the input as it was read.

    Args:
        source: name of the input on a command line; None where it came otherwise.
        with_photo: keep a photo's pixels.
    """
    grid = sample.grid
    if grid is None:
        units = tuple(map(Unit, sample.unit_names, sample.spans))
    else:
        units = tuple(Unit(name, cell=divmod(index, grid[1])) for index, name in enumerate(sample.unit_names))
    return Input(
        layout="sequence" if grid is None else "grid",
        units=units,
        token_to_unit=tuple(sample.token_to_unit.tolist()),
        text=sample.display if grid is None else None,
        image=encode_image(sample.display) if grid and with_photo else None,
        grid=grid,
        source=source,
        warnings=sample.warnings,
        box=sample.box,
    )


def encode_image(image: Image.Image) -> str:
    """Return an image as the base64 of a PNG, without loss."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def build_prediction(
    checkpoint: Checkpoint | BareCheckpoint,
    outputs: Mapping[str, Array],
    mask: Array,
    normalised: str | None,
    milliseconds: float,
) -> Prediction:
    """Return the calibrated probabilities and the out-of-distribution score of an input.

    Args:
        outputs: of the hook points, with a batch of 1.
        mask: (1, T).
        normalised: the text that was read; None for a photo.
        milliseconds: that reading and running the model took.
    """
    logits, steps = outputs["logits"][0], mask.sum(1)[0]
    shares = checkpoint.temperature.probabilities(logits, steps).tolist()
    probabilities = dict(zip(checkpoint.labels, shares, strict=True))
    label = max(probabilities, key=probabilities.__getitem__)
    return Prediction(
        label=label,
        confidence=probabilities[label],
        probabilities=probabilities,
        logits=tuple(logits.tolist()),
        temperature=float(checkpoint.temperature.at(steps)),
        latency_ms=milliseconds,
        ood=_out_of_distribution(checkpoint, outputs, mask, normalised),
    )


def _out_of_distribution(
    checkpoint: Checkpoint | BareCheckpoint, outputs: Mapping[str, Array], mask: Array, normalised: str | None
) -> OutOfDistribution | None:
    detector = checkpoint.ood
    if detector is None:
        return None
    score = float(detector.scores(outputs, mask)[0])
    foreign = checkpoint.writing.notice(normalised) if checkpoint.writing and normalised else ""
    message = foreign or ("" if score <= 1 else out_of_domain(checkpoint))
    return OutOfDistribution(score, not message, detector.about, message)


def out_of_domain(checkpoint: Checkpoint | BareCheckpoint) -> str:
    """Return what the flag says, and where it was measured what it is worth: how often the model is right of inputs
    that are flagged, and of others."""
    data_sets = ", ".join(folders_of(checkpoint.card["data"]["file"].split(", ")))
    elsewhere = checkpoint.card["ood"].get("elsewhere", {})
    if not elsewhere:
        return f"This does not look like what the model was trained on ({data_sets})."
    flagged, passed = (
        {key: sum(test[part][key] for test in elsewhere.values()) for key in ("n", "right")}
        for part in ("flagged", "passed")
    )
    return (
        f"This does not look like what the model was trained on ({data_sets}). On texts from elsewhere "
        f"({', '.join(folders_of(elsewhere))}) it was right in {_share(flagged)} of {flagged['n']:,} flagged like this,"
        f" and in {_share(passed)} of {passed['n']:,} others."
    )


def _share(counts: dict[str, int]) -> str:
    return f"{counts['right'] / max(1, counts['n']):.0%}"


def folders_of(files: Iterable[str]) -> list[str]:
    """Return the first part of each path or name of a data set, each once: "sst2" for sst2/train.tsv.xz."""
    return list(dict.fromkeys(re.split(r"[/ ]", file)[0] for file in files))
