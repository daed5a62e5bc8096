"""The graphs of one model, each for one purpose.

Values bear the names that they have in Python: inputs "ids" and "lengths", "photos", "tokens" and "mask"; outputs those
of the hook points, with "logits".

| program | inputs | outputs |
|---|---|---|
| trace | ids, lengths, or photos | logits and every hook point |
| logits | the same | logits, and the hook points that detectors read: tokens, pooled, texture |
| unpadded | ids, or photos | those of `logits`, for inputs without padding |
| tokens | ids, or photos | tokens |
| token_logits | tokens, and lengths or mask | logits |
| below_attention | tokens | states, the input of the first attention block |
| inside | tokens | logits, attention and pooling weights, and "contributions" (R, T, C), where `Core` has them |
| gates | tokens | logits, and the gates of every recurrence, (R, T, 2, U), such as "lstm tokens 1 forget" |
| interventions | tokens, and what `Core` takes | logits |
| gradient | tokens, target | logits, gradient (R, T, W), and "gradient of " attention and pooling weights |
| fading | tokens, target, and a "gate N" for each recurrent block | logits, and "gradient of gate N" (R, T) |
| cp-lrp, attn-lrp | tokens, target | logits, gradient of the linearised network |

Those from `below_attention` on, and `unpadded`, take inputs without padding. Batch and length may differ from run to
run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast

from .backbone import cells
from .builder import Graph, Uncovered
from .core import Core
from .rules import ATTN_LRP, CP_LRP, GRADIENT, Rules, gradients
from .wire import ELEMENT_TYPES, Body, Stored

if TYPE_CHECKING:
    from ..models import HybridConfig, ImageConfig, TextConfig

_RULES: dict[str, Rules] = {"gradient": GRADIENT, "fading": GRADIENT, "cp-lrp": CP_LRP, "attn-lrp": ATTN_LRP}
_OF_THE_CORE = ("token_logits", "below_attention", "inside", "gates", "interventions")
_READ_BY_DETECTORS = frozenset({"tokens", "pooled", "texture"})
_FROM_INPUTS = ("trace", "logits", "unpadded")
PROGRAMS = (*_FROM_INPUTS, "tokens", *_OF_THE_CORE, *_RULES)
IN_BROWSER = tuple(program for program in PROGRAMS if program != "unpadded")  # those that its engine asks for


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
    if program in _FROM_INPUTS:
        shown = _every if program == "trace" else _READ_BY_DETECTORS.__contains__
        _from_inputs(graph, config, shown, padded=program != "unpadded")
    elif program == "tokens":
        graph.output(_tokens(graph, config)[0], "tokens")
    elif program == "token_logits":
        core, tokens = _from_tokens(graph, config, padded=True)
        core.fused = _reads_ids(config)
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
    elif program == "gates":
        core, tokens = _from_tokens(graph, config)
        core.gates = True
        graph.output(core.logits(tokens), "logits")
    elif program == "interventions":
        core, tokens = _from_tokens(graph, config)
        core.interventions = True
        graph.output(core.logits(tokens), "logits")
    elif program in _RULES:
        _gradient(graph, config, _RULES[program], program)
    else:
        raise ValueError(f"program must be one of {PROGRAMS}, got {program!r}")
    body = graph.finish(program)
    if program in _FROM_INPUTS:
        _check_covered(body, stored)
    return body


def _check_covered(body: Body, stored: Mapping[str, Stored]) -> None:
    """Refuse a graph that leaves a part of the model out: each weight must have been read."""
    left = sorted(name for name in stored if name not in body.stored and not name.startswith("ood."))
    if left:
        raise Uncovered(f"the graph leaves out {', '.join(left[:5])}")


def _every(_name: str) -> bool:
    return True


def _tokens(graph: Graph, config: HybridConfig, texture: bool = False) -> tuple[str, str]:
    """Add all from the inputs to the tokens; return these, and of a photo the CNN's grid."""
    if _reads_ids(config):
        return graph.rows("embedding.weight", graph.input("ids", ("B", "T"), "int64")), ""
    image = cast("ImageConfig", config)
    photos = graph.input("photos", ("B", 3, image.image_size, image.image_size))
    return cells(graph, photos, image, texture)


def _from_inputs(graph: Graph, config: HybridConfig, shown: Callable[[str], bool], padded: bool) -> None:
    tokens, grid = _tokens(graph, config, texture=shown("texture"))
    if grid and shown("CNN grid"):
        graph.output(grid, "CNN grid")
    core = _core(graph, config, tokens, padded)
    core.shown = shown
    core.fused = not shown("layer 1") and _reads_ids(config)
    graph.output(core.logits(tokens), "logits")


def _reads_ids(config: HybridConfig) -> bool:
    return hasattr(config, "vocabulary")


def _from_tokens(graph: Graph, config: HybridConfig, padded: bool = False, source: bool = False) -> tuple[Core, str]:
    if _reads_ids(config):
        tokens = graph.input("tokens", ("B", "T", cast("TextConfig", config).embedding), source=source)
        return _core(graph, config, tokens, padded), tokens
    core = _grid_core(graph, config)
    h, w = cast("tuple[int, int]", core.grid)
    tokens = graph.input("tokens", ("B", h * w, cast("ImageConfig", config).channels), source=source)
    if padded:
        core.mask = graph.input("mask", ("B", h * w), "bool")
    return core, tokens


def _core(graph: Graph, config: HybridConfig, tokens: str, padded: bool) -> Core:
    if not _reads_ids(config):
        return _grid_core(graph, config)
    return _sequence_core(graph, config, tokens) if padded else Core(graph, config, _scans(config), None)


def _sequence_core(graph: Graph, config: HybridConfig, tokens: str) -> Core:
    lengths = graph.input("lengths", ("B",), "int32")
    count = graph.op("Gather", graph.op("Shape", tokens), graph.whole(1))
    steps = graph.op("Cast", graph.op("Range", graph.whole(0), count, graph.whole(1)), to=ELEMENT_TYPES["int32"])
    mask = graph.op("Less", graph.unsqueeze(steps, 0), graph.unsqueeze(lengths, 1))
    graph.set_rank(mask, 2)
    return Core(graph, config, _scans(config), None, mask, lengths)


def _grid_core(graph: Graph, config: HybridConfig) -> Core:
    image = cast("ImageConfig", config)
    side = image.image_size // image.stride
    return Core(graph, config, image.scans[: len(config.recurrence)], (side, side))


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
