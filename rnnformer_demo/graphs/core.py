"""The core of a hybrid as a part of a graph: tokens to logits."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from .builder import Graph, Step
from .recurrence import gates_of, recurrence
from .wire import ELEMENT_TYPES

if TYPE_CHECKING:
    from ..models import HybridConfig


@dataclass
class Core:
    """The core of a hybrid within a graph.

    Attributes:
        graph: the graph that it becomes a part of.
        config: the pattern.
        scans: the scan of each recurrence.
        grid: (h, w) of the steps, None for a sequence.
        mask: (B, T) bool, true for real steps; None where all are.
        lengths: (B,) int32, the real steps of a sequence; None where all are.
        fused: let one operator of the runtime attend, which shows no weights and reads sequences alone.
        shown: tells by the name of a hook point whether its output is shown.
        contributions: show what each step adds to each logit, (B, T, C), where the head has no hidden layer.
        gates: show the gates of every recurrence, (B, T, 2, U), under its name and theirs.
        fading: take from inputs how much of each recurrent block there is at each step, see `Core._faded`.
        interventions: take attention, pooling and recurrence from inputs, see `Core._weights` and `Core._recurrent`.
    """

    graph: Graph
    config: HybridConfig
    scans: tuple[str, ...]
    grid: tuple[int, int] | None
    mask: str | None = None
    lengths: str | None = None
    fused: bool = False
    shown: Callable[[str], bool] = lambda name: False
    contributions: bool = False
    gates: bool = False
    fading: bool = False
    interventions: bool = False
    weights: dict[str, str] = field(default_factory=dict)  # of attention and pooling, by the names of their hook points
    faded: list[tuple[str, str]] = field(default_factory=list)  # what each recurrent block adds, and that faded
    below_attention: str = ""  # the input of the first attention block, or of the pooling

    def show(self, value: str, name: str) -> str:
        """Show a value as the output of a hook point, where that is wanted."""
        return self.graph.output(value, name) if self.shown(name) else value

    def logits(self, tokens: str) -> str:
        """Add all from the tokens (B, T, width in) to the logits (B, C), and return these."""
        steps = self.features(self.show(tokens, "tokens"))
        weights = self._step_weights(steps)
        pooled = self.graph.squeeze(self.graph.matmul(self.graph.unsqueeze(weights, 1), steps), 1)
        x = self.show(pooled, "pooled")
        if self.contributions and not self.config.head_layers:
            evidence = self.graph.linear(steps, "core.head.1")
            self.graph.output(self.graph.mul(self.graph.unsqueeze(weights, 2), evidence), "contributions")
        for number in range(len(self.config.head_layers)):
            x = self.graph.op("Gelu", self.graph.linear(x, f"core.head.{1 + 3 * number}"))
        return self.graph.linear(x, f"core.head.{1 + 3 * len(self.config.head_layers)}")

    def features(self, tokens: str) -> str:
        """Add all from the tokens to the states that are pooled, and return these."""
        graph = self.graph
        states = self._encoded(tokens)
        if graph.has_weight("core.norm.weight"):
            states = graph.layer_norm(states, "core.norm")
        if graph.has_weight("core.up_proj.weight"):
            cells = graph.add(tokens, graph.linear(states, "core.up_proj"))
            lifted = graph.linear(cells, "core.head_conv")
            states = graph.op("Clip", lifted, graph.constant(0.0), graph.constant(6.0))
        self.below_attention = self.below_attention or states
        return states

    def _encoded(self, tokens: str) -> str:
        graph, numbers = self.graph, Counter[str]()
        x = graph.linear(tokens, "core.project") if graph.has_weight("core.project.weight") else tokens
        if graph.has_weight("core.position_gain"):
            x = graph.add(x, graph.mul(self._positions(x), graph.weight("core.position_gain")))
        for place, kind in enumerate(self.config.blocks):
            numbers[kind] += 1
            name = f"core.blocks.{place}"
            if kind == "recurrent":
                x = self._recurrent(x, name, numbers[kind])
            else:
                self.below_attention = self.below_attention or x
                x = self._attention(x, name, numbers[kind])
        return x

    def _positions(self, x: str) -> str:
        """Return the encodings (T, D) of `nn/positions.py`."""
        width = self.config.width
        if self.grid is not None:
            h, w = self.grid
            rows = np.broadcast_to(_sinusoids(np.arange(h), width // 2)[:, None], (h, w, width // 2))
            columns = np.broadcast_to(_sinusoids(np.arange(w), width - width // 2)[None], (h, w, width - width // 2))
            return self.graph.constant(np.concatenate([rows, columns], -1).reshape(h * w, width))
        graph = self.graph
        steps = graph.op("Range", graph.whole(0), self._count(x), graph.whole(1))
        angles = graph.mul(
            graph.unsqueeze(graph.op("Cast", steps, to=ELEMENT_TYPES["float32"]), 1), graph.constant(_rates(width))
        )
        pairs = graph.concat([graph.unsqueeze(graph.op(wave, angles), 2) for wave in ("Sin", "Cos")], 2)
        return graph.cut(graph.reshape(pairs, [0, -1]), 0, width, 1)

    def _count(self, x: str) -> str:
        """Return the number of steps of x (B, T, D), a scalar."""
        return self.graph.op("Gather", self.graph.op("Shape", x), self.graph.whole(1))

    def _recurrent(self, x: str, name: str, number: int) -> str:
        graph, config = self.graph, self.config
        normed = self.show(graph.layer_norm(x, f"{name}.norm"), f"recurrent input {number}")
        states = [
            self._scanned(kind, scan, normed, f"{name}.recurrences.{kind}_{scan}", f"{kind} {scan} {number}")
            for kind, scan in zip(config.recurrence, self.scans, strict=True)
        ]
        fused = graph.linear(graph.concat(states, -1), f"{name}.fuse")
        read = graph.mul(fused, graph.weight(f"{name}.gain"))
        out = graph.add(x, read) if config.residual else read
        if self.fading:
            return self._faded(x, out, number)
        if not self.interventions:
            return out
        kept = graph.input(f"recurrence {number}", ())  # 1 for the block as it is, 0 for the identity
        return graph.add(x, graph.mul(graph.sub(out, x), kept))

    def _faded(self, x: str, out: str, number: int) -> str:
        """Return what lies between the input and the output of a recurrent block.

        It reads the input "gate " and the number, (B, T): 1 for the block as it is, 0 for the identity.
        """
        graph = self.graph
        gate = graph.unsqueeze(graph.input(f"gate {number}", ("B", "T")), 2)
        kept = graph.sub(graph.constant(1.0), gate)
        faded = graph.add(graph.mul(out, gate), graph.mul(x, kept))
        self.faded.append((graph.sub(out, x), faded))
        return faded

    def _scanned(self, kind: str, scan: str, x: str, name: str, shown: str) -> str:
        """Return the states (B, T, 2U) of a recurrence over (B, T, D), which are shown under a name."""
        graph, width, units = self.graph, self.config.width, self.config.units
        if scan == "tokens":
            states, step = recurrence(graph, kind, graph.transpose(x, 1, 0, 2), self.lengths, name)
            self._show_gates(step, shown, lambda gate: graph.transpose(gate, 2, 0, 1, 3))
            return self.show(graph.transpose(states, 1, 0, 2), shown)
        assert self.grid is not None
        h, w = self.grid
        steps, lines = (w, h) if scan == "rows" else (h, w)
        # Steps first: rows are read along w, columns along h.
        there, back = ((2, 0, 1, 3), (1, 2, 0, 3)) if scan == "rows" else ((1, 0, 2, 3), (1, 0, 2, 3))
        cells = graph.transpose(graph.reshape(x, [-1, h, w, width]), *there)
        sequences = graph.reshape(cells, [steps, -1, width])
        states, step = recurrence(graph, kind, sequences, self._line_lengths(scan), name)
        apart = graph.transpose(graph.reshape(states, [steps, -1, lines, 2 * units]), *back)
        across = (2, 3, 0, 1, 4) if scan == "rows" else (2, 0, 3, 1, 4)

        def as_tokens(gate: str) -> str:
            by_line = graph.reshape(gate, [steps, 2, -1, lines, units])
            return graph.reshape(graph.transpose(by_line, *across), [-1, h * w, 2, units])

        self._show_gates(step, shown, as_tokens)
        return self.show(graph.reshape(apart, [-1, h * w, 2 * units]), shown)

    def _show_gates(self, step: Step, name: str, as_tokens: Callable[[str], str]) -> None:
        if self.gates:
            for gate, values in gates_of(self.graph, step).items():
                self.graph.output(as_tokens(values), f"{name} {gate}")

    def _line_lengths(self, scan: str) -> str | None:
        """Return the number of real cells of each row or column, (B * lines,)."""
        if self.mask is None:
            return None
        assert self.grid is not None
        real = self.graph.op("Cast", self.mask, to=ELEMENT_TYPES["int32"])
        along = 2 if scan == "rows" else 1
        return self.graph.reshape(self.graph.sum(self.graph.reshape(real, [-1, *self.grid]), along, keep=False), [-1])

    def _attention(self, x: str, name: str, number: int) -> str:
        graph, heads = self.graph, self.config.heads
        width = self.config.width // heads
        normed = graph.layer_norm(x, f"{name}.attention_norm")
        if self.fused:
            projection = f"{name}.attention.queries_keys_values"
            bias, sizes = graph.weight(f"{projection}.bias"), [self.config.width] * 3
            lengths = (self.lengths,) if self.lengths else ()
            read = graph.op(
                "Attention",
                *(normed, graph.turned(projection), bias, *lengths),
                num_heads=heads,
                qkv_hidden_sizes=sizes,
            )
            return self._perceptron(graph.add(x, graph.linear(read, f"{name}.attention.out")), name)
        all_three = graph.split(graph.linear(normed, f"{name}.attention.queries_keys_values"), 3, -1)
        queries, keys, values = (
            graph.transpose(graph.reshape(each, [0, 0, heads, width]), 0, 2, 1, 3) for each in all_three
        )
        scores = graph.mul(graph.matmul(queries, graph.transpose(keys)), graph.constant(1 / math.sqrt(width)))
        weights = self._weights(self._without_padding(scores, (1, 2)), f"layer {number}", ("B", heads, "T", "T"))
        mixed = graph.reshape(graph.transpose(graph.matmul(weights, values), 0, 2, 1, 3), [0, 0, self.config.width])
        return self._perceptron(graph.add(x, graph.linear(mixed, f"{name}.attention.out")), name)

    def _perceptron(self, x: str, name: str) -> str:
        graph = self.graph
        wide = graph.linear(graph.layer_norm(x, f"{name}.perceptron.0"), f"{name}.perceptron.1")
        return graph.add(x, graph.linear(graph.op("Gelu", wide), f"{name}.perceptron.4"))

    def _without_padding(self, scores: str, axes: tuple[int, ...]) -> str:
        if self.mask is None:
            return scores
        real = self.graph.unsqueeze(self.mask, *axes) if axes else self.mask
        return self.graph.op("Where", real, scores, self.graph.constant(-np.inf))

    def _weights(self, scores: str, name: str, shape: tuple[int | str, ...]) -> str:
        """Return the softmax of scores over the last dimension, with the intervention on them.

        That reads two inputs: "order " and the name, the place that each weight comes from; "own " and the name, the
        share that stays, 1 for the weights as they are and 0 for the same at every step.
        """
        graph = self.graph
        weights = graph.op("Softmax", scores, axis=-1)
        if self.interventions:
            order = graph.input(f"order {name}", shape, "int64")
            own = graph.input(f"own {name}", ())
            placed = graph.op("GatherElements", weights, order, axis=-1)
            even = graph.mean(placed, -1)  # they sum to 1
            weights = graph.add(even, graph.mul(graph.sub(placed, even), own))
        self.weights[name] = weights
        return self.show(weights, name)

    def _step_weights(self, x: str) -> str:
        """Return the weight of each step (B, T) in the pooled state."""
        graph = self.graph
        if self.config.pooling == "attention":
            column = graph.once("Transpose", graph.weight("core.pooling.score.weight"), perm=[1, 0])
            scores = graph.squeeze(graph.matmul(x, column), 2)
            return self._weights(self._without_padding(scores, ()), "pooling", ("B", "T"))
        if self.mask is not None:
            real = graph.op("Cast", self.mask, to=ELEMENT_TYPES["float32"])
        else:
            shape = graph.op("Slice", graph.op("Shape", x), graph.whole([0]), graph.whole([2]))
            real = graph.op("Expand", graph.constant(1.0), shape)
            graph.set_rank(real, 2)
        weights = graph.op("Div", real, graph.sum(real, 1))
        self.weights["pooling"] = weights
        return self.show(weights, "pooling")


def _rates(width: int) -> np.ndarray:
    places = np.arange(0, width, 2, dtype=np.float32)
    return np.exp(places * np.float32(-math.log(10_000.0) / width), dtype=np.float32)


def _sinusoids(positions: np.ndarray, width: int) -> np.ndarray:
    """Return `nn/positions.py`'s encodings (steps, width)."""
    angles = positions[:, None].astype(np.float32) * _rates(width)
    encoding = np.zeros((len(positions), width), np.float32)
    encoding[:, 0::2] = np.sin(angles)
    encoding[:, 1::2] = np.cos(angles)[:, : width // 2]
    return encoding
