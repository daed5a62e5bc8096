"""The CNN of a photo model as a part of a graph: normalised photos to the cells of its grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.backbones.stages import FINE_BLOCKS, LITE0, STAGES
from .builder import Graph, Uncovered

if TYPE_CHECKING:
    from ..models import ImageConfig

_SIX = 6.0  # the most that ReLU6 lets through


def cells(graph: Graph, photos: str, config: ImageConfig, texture: bool = False) -> tuple[str, str]:
    """Add the CNN, and return its cells (B, h*w, channels) and its grid (B, channels, h, w).

    Args:
        photos: (B, 3, S, S).
        texture: show the hook point "texture".

    Raises:
        Uncovered: for another backbone than EfficientNet-Lite0.
    """
    if config.backbone != LITE0:
        raise Uncovered(f"there is no graph of the backbone {config.backbone}")
    x = _convolution(graph, photos, "backbone.0", 3, 2, 1)
    number, fine = 1, photos
    last = FINE_BLOCKS if config.grid == "16" else None
    for blocks, kernel, stride, expansion, _width in STAGES:
        for block in range(blocks):
            if number == last:
                break
            x = _inverted_residual(
                graph, x, f"backbone.{number}", kernel, stride if block == 0 else 1, expansion, block > 0
            )
            number += 1
            if number == FINE_BLOCKS:
                fine = graph.output(x, "texture") if texture else x
    if config.grid == "both":
        averaged = graph.op("AveragePool", fine, kernel_shape=[2, 2], strides=[2, 2])
        x = graph.concat([x, averaged], 1)
    flat = graph.reshape(x, [0, config.channels, -1])
    return graph.transpose(flat, 0, 2, 1), x


def _inverted_residual(
    graph: Graph, x: str, name: str, kernel: int, stride: int, expansion: int, residual: bool
) -> str:
    place, y = 0, x
    if expansion != 1:
        y = _convolution(graph, y, f"{name}.body.0", 1, 1, 1)
        place = 1
    groups = _width_in(graph, f"{name}.body.{place}", stride)
    y = _convolution(graph, y, f"{name}.body.{place}", kernel, stride, groups)
    y = _conv(graph, y, f"{name}.body.{place + 1}.0", 1, 1, 1, [0, 0, 0, 0])
    return graph.add(x, y) if residual else y


def _width_in(graph: Graph, name: str, stride: int) -> int:
    return graph.shape_of(f"{name}.0.weight" if stride == 1 else f"{name}.1.0.weight")[0]


def _convolution(graph: Graph, x: str, name: str, kernel: int, stride: int, groups: int) -> str:
    """Return a "same"-padded convolution and ReLU6. Sides are multiples of the stride: what is left of the padding goes
    to the right and to the bottom."""
    total = kernel - stride
    low = total // 2
    pads = [low, low, total - low, total - low]
    y = _conv(graph, x, f"{name}.0" if stride == 1 else f"{name}.1.0", kernel, stride, groups, pads)
    return graph.op("Clip", y, graph.constant(0.0), graph.constant(_SIX))


def _conv(graph: Graph, x: str, name: str, kernel: int, stride: int, groups: int, pads: list[int]) -> str:
    return graph.op(
        "Conv",
        x,
        graph.weight(f"{name}.weight"),
        graph.weight(f"{name}.bias"),
        kernel_shape=[kernel, kernel],
        strides=[stride, stride],
        pads=pads,
        group=groups,
    )
