"""Sections that every document has: model, input, prediction."""

import base64
import io
import re
from collections.abc import Iterable
from typing import cast

import numpy as np
from PIL import Image
from torch import nn

from ...checkpoints.store import Checkpoint
from ...data import Sample
from ...document import Architecture, Input, Model, OutOfDistribution, Prediction, Unit
from ...models import Hybrid
from ...models.residual_head import ResidualHeadCore
from ...nn.recurrent import BidirectionalRecurrence
from ..context import Context


def build_model(checkpoint: Checkpoint) -> Model:
    """Return name, weights' hash, labels, size and perturbations of a model."""
    return Model(
        name=checkpoint.name,
        sha256=checkpoint.sha256,
        labels=checkpoint.labels,
        parameters=checkpoint.card["parameters"],
        perturbations=tuple(checkpoint.model.perturbations),
        architecture=build_architecture(checkpoint.model),
    )


def build_architecture(model: Hybrid) -> Architecture:
    """Return the parts of a model and their sizes."""
    config, core = model.config, model.core
    first = core.recurrent_blocks[:1]  # all have the same cells
    recurrences = [cast(BidirectionalRecurrence, each) for block in first for each in block.recurrences.values()]
    sizes = {"tokens": model.parameters_count - _size(core), "projection": _size(core.project)}
    sizes |= {f"block {number}": _size(block) for number, block in enumerate(core.blocks, start=1)}
    if isinstance(core, ResidualHeadCore):
        sizes["correction"] = _size(core.up_proj) + _size(core.head_conv)
    sizes["pooling"] = _size(core.pooling)
    sizes["head"] = model.parameters_count - sum(sizes.values())  # with the norm before it
    return Architecture(
        token_width=core.width_in,
        width=config.width,
        blocks=config.blocks,
        cells=tuple(each.kind for each in recurrences),
        scans=tuple(each.scan for each in recurrences),
        units=config.units,
        residual=config.residual,
        heads=config.heads,
        positions=config.positions,
        pooling=config.pooling,
        pooled_width=core.width_pooled,
        head_layers=config.head_layers,
        vocabulary=getattr(config, "vocabulary", None),
        backbone=getattr(config, "backbone", None),
        corrects_backbone=isinstance(core, ResidualHeadCore),
        parameters=sizes,
    )


def _size(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def build_input(sample: Sample, source: str | None) -> Input:
    """Return the input as it was read.

    Args:
        source: name of the input on a command line; None where it came otherwise.
    """
    grid = sample.grid
    if grid is None:
        units = tuple(Unit(name, span=span) for name, span in zip(sample.unit_names, sample.spans, strict=True))
    else:
        units = tuple(Unit(name, cell=divmod(index, grid[1])) for index, name in enumerate(sample.unit_names))
    return Input(
        layout="sequence" if grid is None else "grid",
        units=units,
        token_to_unit=tuple(sample.token_to_unit.tolist()),
        text=sample.display if grid is None else None,
        image=encode_image(sample.display) if grid else None,
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


def decode_image(data: str) -> Image.Image:
    """Return the image that `encode_image` encoded."""
    image = Image.open(io.BytesIO(base64.b64decode(data)), formats=("PNG",))
    return Image.fromarray(np.asarray(image.convert("RGB")))


def build_prediction(context: Context) -> Prediction:
    """Return the calibrated probabilities and the out-of-distribution score of the input."""
    checkpoint, steps = context.checkpoint, context.sample.mask.sum()
    run = context.run  # the clock has stopped when its milliseconds are read below
    shares = checkpoint.probabilities(run.logits, steps).tolist()
    probabilities = dict(zip(checkpoint.labels, shares, strict=True))
    label = max(probabilities, key=probabilities.__getitem__)
    return Prediction(
        label=label,
        confidence=probabilities[label],
        probabilities=probabilities,
        logits=tuple(run.logits.tolist()),
        temperature=float(checkpoint.temperature.at(steps)),
        latency_ms=context.clock.ms,
        ood=_out_of_distribution(context),
    )


def _out_of_distribution(context: Context) -> OutOfDistribution | None:
    detector = context.checkpoint.ood
    if detector is None:
        return None
    score = detector.scores(context.run.outputs, context.sample.mask).item()
    check, text = context.checkpoint.writing, context.sample.normalised
    foreign = check.notice(text) if check and text else ""
    message = foreign or ("" if score <= 1 else _out_of_domain(context.checkpoint))
    return OutOfDistribution(score, not message, detector.about, message)


def _out_of_domain(checkpoint: Checkpoint) -> str:
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
