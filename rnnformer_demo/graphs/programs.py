"""The graphs of one model, each for one purpose.

Values bear the names that they have in Python: inputs "ids" and "lengths", "photos", "tokens" and "mask"; outputs those
of the hook points, with "logits".

| program | inputs | outputs |
|---|---|---|
| trace | ids, lengths, or photos | logits and every hook point |
| logits | the same | logits, tokens |
| token_logits | tokens, and lengths or mask | logits |
| below_attention | tokens | states, the input of the first attention block |
| inside | tokens | logits, attention and pooling weights, and "contributions" (R, T, C), where `Core` has them |
| interventions | tokens, and what `Core` takes | logits |
| gradient | tokens, target | logits, gradient (R, T, W), and "gradient of " attention and pooling weights |
| fading | tokens, target, and a "gate N" for each recurrent block | logits, and "gradient of gate N" (R, T) |
| cp-lrp, attn-lrp | tokens, target | logits, gradient of the linearised network |

Those from `below_attention` on take inputs without padding. Batch and length may differ from run to run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from .backbone import cells
from .builder import Graph, Uncovered
from .core import Core
from .rules import ATTN_LRP, CP_LRP, GRADIENT, Rules, gradients
from .wire import ELEMENT_TYPES, Body, Dimension, Stored

if TYPE_CHECKING:
    from ..models import HybridConfig
    from ..models.image import ImageConfig
    from ..models.text import TextConfig

_RULES: dict[str, Rules] = {"gradient": GRADIENT, "fading": GRADIENT, "cp-lrp": CP_LRP, "attn-lrp": ATTN_LRP}
PROGRAMS = ("trace", "logits", "token_logits", "below_attention", "inside", "interventions", *_RULES)


def write(program: str, config: HybridConfig, stored: Mapping[str, Stored]) -> Body:
    """Return a graph.

    Args:
        program: one of `PROGRAMS`.
        config: the model's config.
        stored: the tensors of its checkpoint, under the names of today.

    Raises:
        Uncovered: for a model with a part that no graph covers, and where a tensor is left over that one should cover.
    """
    graph = Graph(stored)
    if program in ("trace", "logits"):
        _from_inputs(graph, config, shown=program == "trace")
    elif program == "token_logits":
        core, tokens = _from_tokens(graph, config, padded=True)
        graph.output(core.logits(tokens), "logits")
    elif program == "below_attention":
        core, tokens = _from_tokens(graph, config)
        core.features(tokens)
        graph.output(core.below_attention, "states")
    elif program == "inside":
        core, tokens = _from_tokens(graph, config)
        core.contributions = True
        graph.output(core.logits(tokens), "logits")
        for name, weights in core.weights.items():
            graph.output(weights, name)
    elif program == "interventions":
        core, tokens = _from_tokens(graph, config)
        core.interventions = True
        graph.output(core.logits(tokens), "logits")
    elif program in _RULES:
        _gradient(graph, config, _RULES[program], program)
    else:
        raise ValueError(f"program must be one of {PROGRAMS}, got {program!r}")
    body = graph.finish(program)
    if program == "trace":
        _check_covered(body, stored)
    return body


def _check_covered(body: Body, stored: Mapping[str, Stored]) -> None:
    """Refuse a graph that leaves a part of the model out: each weight must have been read."""
    left = sorted(name for name in stored if name not in body.stored and not name.startswith("ood."))
    if left:
        raise Uncovered(f"the graph leaves out {', '.join(left[:5])}")


def _from_inputs(graph: Graph, config: HybridConfig, shown: bool) -> None:
    if hasattr(config, "vocabulary"):
        ids = graph.input("ids", ("B", "T"), "int64")
        tokens = graph.rows("embedding.weight", ids)
        core = _sequence_core(graph, config, tokens)
    else:
        image = cast("ImageConfig", config)
        photos = graph.input("photos", ("B", 3, image.image_size, image.image_size))
        tokens, grid = cells(graph, photos, image, texture=shown)
        if shown:
            graph.output(grid, "CNN grid")
        core = _grid_core(graph, image)
    core.shown = shown
    logits = core.logits(tokens)
    graph.output(logits, "logits")
    if not shown:
        graph.output(tokens, "tokens")


def _from_tokens(graph: Graph, config: HybridConfig, padded: bool = False, source: bool = False) -> tuple[Core, str]:
    steps: Dimension = "T"
    if not hasattr(config, "vocabulary"):
        side = cast("ImageConfig", config).image_size // cast("ImageConfig", config).stride
        steps = side * side
        width = cast("ImageConfig", config).channels
    else:
        width = cast("TextConfig", config).embedding
    tokens = graph.input("tokens", ("B", steps, width), source=source)
    if hasattr(config, "vocabulary"):
        return (_sequence_core(graph, config, tokens) if padded else Core(graph, config, _scans(config), None)), tokens
    core = _grid_core(graph, cast("ImageConfig", config))
    if padded:
        core.mask = graph.input("mask", ("B", steps), "bool")
    return core, tokens


def _sequence_core(graph: Graph, config: HybridConfig, tokens: str) -> Core:
    lengths = graph.input("lengths", ("B",), "int32")
    count = graph.op("Gather", graph.op("Shape", tokens), graph.whole(1))
    steps = graph.op("Cast", graph.op("Range", graph.whole(0), count, graph.whole(1)), to=ELEMENT_TYPES["int32"])
    mask = graph.op("Less", graph.unsqueeze(steps, 0), graph.unsqueeze(lengths, 1))
    graph.set_rank(mask, 2)
    return Core(graph, config, _scans(config), None, mask, lengths)


def _grid_core(graph: Graph, config: ImageConfig) -> Core:
    side = config.image_size // config.stride
    return Core(graph, config, config.scans[: len(config.recurrence)], (side, side))


def _scans(config: HybridConfig) -> tuple[str, ...]:
    return ("tokens",) * len(config.recurrence)


def _gradient(graph: Graph, config: HybridConfig, rules: Rules, program: str) -> None:
    core, tokens = _from_tokens(graph, config, source=True)
    target = graph.input("target", (1,), "int64")
    core.fading = program == "fading"
    logits = core.logits(tokens)
    # The gradient of the target's logit by the logits: a row of zeros with a 1 in it, for each row of the batch.
    classes = len(config.labels)
    row = graph.op("OneHot", target, graph.whole(classes), graph.constant([0.0, 1.0]), axis=-1)  # (1, C)
    seed = graph.op("Expand", row, graph.op("Shape", logits))
    graph.set_rank(seed, 2)
    graph.output(logits, "logits")
    found = gradients(graph, logits, seed, rules)
    if core.fading:
        for number, (added, faded) in enumerate(core.faded, 1):
            slopes = graph.sum(graph.mul(found[faded], added), -1, keep=False)
            graph.output(slopes, f"gradient of gate {number}")
        return
    graph.output(found[tokens], "gradient")
    if program == "gradient":
        for name, weights in core.weights.items():
            if weights in found:
                graph.output(found[weights], f"gradient of {name}")
