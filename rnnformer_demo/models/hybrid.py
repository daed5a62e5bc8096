"""The hybrid: blocks of recurrence and attention, for tokens of any origin."""

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import pairwise, takewhile
from typing import Protocol

import torch
from torch import Tensor, nn

from ..data.sample import Layout, layout_of
from ..nn.attention import AttentionBlock
from ..nn.dropout import LockedDropout
from ..nn.export import is_exporting
from ..nn.hooks import HookPoint, is_observed
from ..nn.pooling import AttentionPooling, MeanPooling
from ..nn.positions import grid_positions, sinusoidal_positions
from ..nn.recurrent import RecurrentBlock
from .config import RECURRENT, HybridConfig
from .perturbation import Perturbation


class HybridCore(nn.Module):
    """Tokens to logits: projection, recurrent and attention blocks, pooling, fully connected head.

    With no hidden layer in the head the logits are a weighted sum over steps: the pooling is linear and nothing
    follows it but the head.

    Args:
        config: the pattern.
        width_in: width of the incoming tokens.
        scans: one scan for each recurrence.
        width_pooled: width of the pooled states, see `token_features`; that of the blocks by default.
    """

    def __init__(
        self, config: HybridConfig, width_in: int, scans: tuple[str, ...], width_pooled: int | None = None
    ) -> None:
        super().__init__()
        self.width_in, self.width_pooled = width_in, width_pooled or config.width
        # Encodings reach 1 where a token's vector starts with a standard deviation of 0.1: left alone they drown it.
        self.position_gain = nn.Parameter(torch.tensor(0.1)) if config.positions else None
        self.tokens = HookPoint("tokens", "tokens")
        self.project = nn.Linear(width_in, config.width) if width_in != config.width else nn.Identity()
        self.dropout = LockedDropout(config.dropout)
        self.blocks = nn.ModuleList(_blocks(config, scans))
        self.norm = nn.Identity() if config.is_mean_pool_only else nn.LayerNorm(config.width)
        self.pooling = MeanPooling() if config.pooling == "mean" else AttentionPooling(self.width_pooled)
        self.pooled = HookPoint("pooled", "pooled")
        widths = (self.width_pooled, *config.head_layers)
        hidden = [
            layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), nn.GELU(), nn.Dropout(config.dropout))
        ]
        self.nonlinear_head = bool(hidden)
        self.logits = HookPoint("logits", "logits")
        self.head = nn.Sequential(nn.Dropout(config.dropout), *hidden, nn.Linear(widths[-1], len(config.labels)))

    def forward(self, tokens: Tensor, mask: Tensor, grid: tuple[int, int] | None = None) -> Tensor:
        """Map tokens (B, T, width_in) and mask (B, T) to logits (B, C).

        Args:
            grid: (h, w) where the tokens are cells of an image grid, None for a sequence.
        """
        steps = self.token_features(self.tokens(tokens), mask, grid)
        return self.logits(self.head(self.pooled(self.pooling(steps, mask))))

    def token_features(self, tokens: Tensor, mask: Tensor, grid: tuple[int, int] | None = None) -> Tensor:
        """Return the states after all blocks, which are pooled, (B, T, width_in) to (B, T, width_pooled)."""
        return self.norm(self.encode(tokens, mask, grid))

    def encode(self, tokens: Tensor, mask: Tensor, grid: tuple[int, int] | None = None) -> Tensor:
        """Return the states after the last block, (B, T, width_in) to (B, T, D)."""
        x = self.below_blocks(tokens, grid)
        for block in self.blocks:
            x = block(x, mask, grid)
        return x

    def states_below_attention(self, tokens: Tensor, mask: Tensor, grid: tuple[int, int] | None = None) -> Tensor:
        """Return the input of the first attention block, or of the pooling where there is none.

        It maps (B, T, width_in) to (B, T, D).
        """
        if not self.attention_blocks:
            return self.token_features(tokens, mask, grid)
        x = self.below_blocks(tokens, grid)
        for block in takewhile(lambda block: not isinstance(block, AttentionBlock), self.blocks):
            x = block(x, mask, grid)
        return x

    @property
    def recurrent_blocks(self) -> list[RecurrentBlock]:
        """The recurrent blocks, from the input to the output."""
        return [block for block in self.blocks if isinstance(block, RecurrentBlock)]

    @property
    def attention_blocks(self) -> list[AttentionBlock]:
        """The attention blocks, from the input to the output."""
        return [block for block in self.blocks if isinstance(block, AttentionBlock)]

    def below_blocks(self, tokens: Tensor, grid: tuple[int, int] | None) -> Tensor:
        """Return the input of the first block, (B, T, width_in) to (B, T, D)."""
        x = self.project(tokens)
        if self.position_gain is not None:
            x = x + self.position_gain * self._positions(x, grid)
        return self.dropout(x)

    def logit_contributions(self, tokens: Tensor, mask: Tensor, grid: tuple[int, int] | None = None) -> Tensor:
        """Return the contribution of each step to each logit, (B, T, width_in) to (B, T, C).

        Summed over steps they are the logits of eval mode.

        Raises:
            ValueError: where the head has hidden layers, after which no such sum exists.
        """
        if self.nonlinear_head:
            raise ValueError("head_layers must be () for contributions to logits, got a head with hidden layers")
        steps = self.token_features(self.tokens(tokens), mask, grid)
        return self.pooling.step_weights(steps, mask)[..., None] * self.head(steps)

    @staticmethod
    def _positions(x: Tensor, grid: tuple[int, int] | None) -> Tensor:
        if grid is None:
            return sinusoidal_positions(x.shape[1], x.shape[2], x.device)
        return grid_positions(grid, x.shape[2], x.device)


def _blocks(config: HybridConfig, scans: tuple[str, ...]) -> Iterator[nn.Module]:
    """Make the blocks of a config; their hook points are numbered within their kind."""
    numbers: Counter[str] = Counter()
    for kind in config.blocks:
        numbers[kind] += 1
        if kind == RECURRENT:
            yield RecurrentBlock(
                config.recurrence,
                scans,
                config.width,
                config.units,
                config.dropout,
                config.residual_gain,
                config.residual,
                numbers[kind],
            )
        else:
            yield AttentionBlock(config.width, config.heads, config.expansion, config.dropout, numbers[kind])


class Engine(Protocol):
    """Another way to run a frozen model: the same numbers in less time, see `graphs/engine.py`."""

    name: str

    def logits(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """Return what `Hybrid.forward` returns."""

    def tokens(self, inputs: Tensor) -> Tensor:
        """Return what `Hybrid.token_vectors` returns."""

    def token_logits(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Return what `Hybrid.classify_tokens` returns, with its gradient where there is no padding."""

    def outputs(self, inputs: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return the outputs of all hook points of a forward pass, by their names."""

    def states_below_attention(self, tokens: Tensor) -> Tensor:
        """Return what `HybridCore.states_below_attention` returns, without padding."""

    def intervened(
        self, tokens: Tensor, uniform: Collection[str], orders: Mapping[str, Tensor], without_recurrence: bool
    ) -> Tensor:
        """Return logits of tokens while attention, pooling or recurrence are changed, see `interpret/interventions`."""

    def contributions(self, tokens: Tensor) -> dict[str, Tensor] | None:
        """Return what each step adds to each logit, and all weights; None where the logits are no such sum."""

    def linearised(self, tokens: Tensor, target: int, rule: str) -> tuple[Tensor, float]:
        """Return the gradient (T, W) of a logit of the network that relevance propagation takes for linear, and it."""


class Hybrid(nn.Module, ABC):
    """The contract of every model: `forward(inputs, mask) = classify_embedded(embed(inputs), mask)`, logits out.

    `classify_embedded` is `classify_tokens(tokens(embedded), mask)`: `tokens` turns embedded inputs into the
    tokens that the core reads. Gradient and perturbation methods act on `classify_embedded` (words, pixels) or on
    `classify_tokens` (words, grid cells), and never ask for the modality.
    """

    modality: str  # key of `MODELS`, for lists and for the choice of a reader; other code asks for the layout at most
    config: HybridConfig
    core: HybridCore
    grid: tuple[int, int] | None = None  # (h, w) of the tokens, None for a sequence
    engine: Engine | None = None  # runs the frozen model in the place of its modules; see `is_run_by_engine`

    @abstractmethod
    def embed(self, inputs: Tensor) -> Tensor:
        """Map inputs to a representation that gradients can flow to."""

    @abstractmethod
    def tokens(self, embedded: Tensor) -> Tensor:
        """Map embedded inputs to the tokens that the core reads, (B, T, width_in)."""

    @abstractmethod
    def baseline(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """Return inputs of the same shape that carry no evidence: the baseline of attribution methods."""

    @property
    @abstractmethod
    def perturbations(self) -> dict[str, Perturbation]:
        """Two ways to remove units of an input, by name, the usual one first; see `perturbation`."""

    def is_run_by_engine(self, x: Tensor) -> bool:
        """Return whether the engine takes a tensor: on the CPU, in eval mode, where no hook observes a module."""
        return self.engine is not None and not (self.training or x.is_cuda or is_observed() or is_exporting())

    def token_vectors(self, inputs: Tensor) -> Tensor:
        """Map inputs to the tokens that the core reads, (B, T, width_in)."""
        if self.engine is not None and self.is_run_by_engine(inputs) and not asks_gradient(inputs):
            return self.engine.tokens(inputs)
        return self.tokens(self.embed(inputs))

    def classify_tokens(self, tokens: Tensor, mask: Tensor) -> Tensor:
        """Map tokens (B, T, width_in) and mask (B, T) to logits (B, C)."""
        if self.engine is not None and self.is_run_by_engine(tokens) and (not asks_gradient(tokens) or mask.all()):
            return self.engine.token_logits(tokens, mask)
        return self.core(tokens, mask, self.grid)

    def logit_contributions(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """Return the contribution of each step to each logit (B, T, C): an exact account, for it sums to the logits.

        Raises:
            ValueError: see `HybridCore.logit_contributions`.
        """
        return self.core.logit_contributions(self.token_vectors(inputs), mask, self.grid)

    @property
    def eight_bit_weights(self) -> tuple[str, ...]:
        """Names of the matrices that a checkpoint holds in 8 bits, see `quantisation`; the others take 16."""
        return ()

    def classify_embedded(self, embedded: Tensor, mask: Tensor) -> Tensor:
        """Map embedded inputs and mask (B, T) to logits (B, C)."""
        return self.classify_tokens(self.tokens(embedded), mask)

    def forward(self, inputs: Tensor, mask: Tensor) -> Tensor:
        """Map inputs and mask (B, T) to logits (B, C)."""
        if self.engine is not None and self.is_run_by_engine(inputs) and not asks_gradient(inputs):
            return self.engine.logits(inputs, mask)
        return self.classify_embedded(self.embed(inputs), mask)

    @property
    def parameters_count(self) -> int:
        """Number of weights, buffers left out."""
        return sum(parameter.numel() for parameter in self.parameters())

    @property
    def layout(self) -> Layout:
        """The layout of the tokens: "sequence" or "grid"."""
        return layout_of(self.grid)

    def hook_points(self, kind: str) -> list[HookPoint]:
        """Return the hook points of one kind, from the input to the output."""
        return [module for module in self.modules() if isinstance(module, HookPoint) and module.kind == kind]


def asks_gradient(x: Tensor) -> bool:
    """Return whether a gradient by a tensor is asked for."""
    return x.requires_grad and torch.is_grad_enabled()


def freeze(model: Hybrid) -> Hybrid:
    """Freeze a model for serving: eval mode, no parameter asks for a gradient."""
    return model.eval().requires_grad_(False)
