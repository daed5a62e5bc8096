"""Configurations of the hybrids: the pattern as data, without torch."""

from dataclasses import asdict, dataclass, fields, replace
from typing import Any, TypeVar

from ..data.text import UNKNOWN
from ..nn.cells import CELLS
from .backbones.facts import FACTS, GRIDS
from .backbones.stages import LITE0

POOLINGS = ("attention", "mean")
RECURRENT, ATTENTION = "recurrent", "attention"  # kinds of blocks
BLOCKS = (RECURRENT, ATTENTION)


@dataclass(frozen=True, kw_only=True)
class HybridConfig:
    """Configuration that the text and the image hybrid have in common. The pattern of the hybrid is data."""

    labels: tuple[str, ...]  # class names, in the order of the logits
    width: int = 128  # D, of every block
    blocks: tuple[str, ...] = (RECURRENT, ATTENTION, ATTENTION)  # from the input to the output; they may interleave
    recurrence: tuple[str, ...] = ("lstm", "gru")  # cells side by side in each recurrent block; () where there is none
    units: int = 96  # U, hidden units of one direction of one recurrence
    heads: int = 4
    expansion: int = 2  # width of the perceptron inside a Transformer layer, in multiples of D
    pooling: str = "attention"  # of the steps into one: weighted by a learned "attention", or their "mean"
    head_layers: tuple[int, ...] = ()  # hidden widths of the fully connected head; () keeps logits a sum over steps
    positions: bool = False  # sinusoidal position encoding; recurrence carries order without it
    residual: bool = True  # around the recurrent blocks
    residual_gain: float = 1.0  # initial value of the learned gain of the recurrent blocks
    dropout: float = 0.2

    def __post_init__(self) -> None:
        if len(self.labels) < 2:
            raise ValueError(f"labels must be at least two class names, got {self.labels!r}")
        for field in ("width", "units", "heads", "expansion"):
            if getattr(self, field) < 1:
                raise ValueError(f"{field} must be at least 1, got {getattr(self, field)}")
        if len(set(self.labels)) < len(self.labels):
            raise ValueError(f"labels must be different from each other, got {self.labels!r}")
        if not set(self.recurrence) <= set(CELLS):
            raise ValueError(f"recurrence must be made of {sorted(CELLS)}, got {self.recurrence!r}")
        if not set(self.blocks) <= set(BLOCKS):
            raise ValueError(f"blocks must be made of {BLOCKS}, got {self.blocks!r}")
        if bool(self.recurrence) != bool(self.n_recurrent):
            cells = "cells" if self.n_recurrent else "()"
            raise ValueError(f"recurrence must be {cells} for blocks {self.blocks}, got {self.recurrence!r}")
        if self.width % self.heads:
            raise ValueError(f"width must be a multiple of heads, got width {self.width} and heads {self.heads}")
        if any(width < 1 for width in self.head_layers):
            raise ValueError(f"head_layers must be widths of at least 1, got {self.head_layers}")
        if self.pooling not in POOLINGS:
            raise ValueError(f"pooling must be one of {POOLINGS}, got {self.pooling!r}")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be in [0, 1), got {self.dropout}")

    @property
    def n_recurrent(self) -> int:
        """Number of recurrent blocks."""
        return self.blocks.count(RECURRENT)

    @property
    def n_attention(self) -> int:
        """Number of attention blocks, which are Transformer encoder layers."""
        return self.blocks.count(ATTENTION)

    @property
    def token_width(self) -> int:
        """Width of the tokens that the core reads."""
        raise NotImplementedError

    @property
    def pooled_width(self) -> int:
        """Width of the states that are pooled."""
        return self.width

    @property
    def is_mean_pool_only(self) -> bool:
        """True where the head reads the mean of the tokens, with no block between, as in a plain CNN."""
        return self.pooling == "mean" and not self.blocks


Config = TypeVar("Config", bound=HybridConfig)


def stacked(recurrent: int, attention: int) -> tuple[str, ...]:
    """Return the pattern of so many recurrent blocks below so many attention blocks.

    Raises:
        ValueError: for a number below 0.
    """
    if recurrent < 0 or attention < 0:
        raise ValueError(f"numbers of blocks must be 0 or more, got {recurrent} and {attention}")
    return (RECURRENT,) * recurrent + (ATTENTION,) * attention


def without_blocks(config: Config, kind: str) -> Config:
    """Return a config without its blocks of a kind, one of `BLOCKS`; the others keep their order."""
    blocks = tuple(block for block in config.blocks if block != kind)
    return replace(config, blocks=blocks, recurrence=() if kind == RECURRENT else config.recurrence)


@dataclass(frozen=True, kw_only=True)
class TextConfig(HybridConfig):
    """Configuration of a `TextHybrid`."""

    vocabulary: int = 12_000  # rows of the embedding
    embedding: int = 128  # width of a token's vector; a projection follows where it differs from `width`
    max_tokens: int = 256  # longer texts are cut, with a notice
    word_dropout: float = 0.05  # share of tokens that training replaces with the unknown token

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(set(self.recurrence)) < len(self.recurrence):
            raise ValueError(f"recurrence must name each kind once, got {self.recurrence!r}")
        if self.vocabulary <= UNKNOWN:
            raise ValueError(f"vocabulary must be at least {UNKNOWN + 1}, got {self.vocabulary}")
        for field in ("embedding", "max_tokens"):
            if getattr(self, field) < 1:
                raise ValueError(f"{field} must be at least 1, got {getattr(self, field)}")
        if not 0 <= self.word_dropout < 1:
            raise ValueError(f"word_dropout must be in [0, 1), got {self.word_dropout}")

    @property
    def token_width(self) -> int:
        """Width of a token's vector."""
        return self.embedding


READOUTS = ("states", "cnn_head")


@dataclass(frozen=True, kw_only=True)
class ImageConfig(HybridConfig):
    """Configuration of an `ImageHybrid`."""

    image_size: int = 192  # side of the square that the network reads, in pixels; a multiple of 32
    scans: tuple[str, ...] = ("rows", "columns")  # of each cell in `recurrence`, in their order
    backbone: str = LITE0  # the CNN, a key of FACTS
    grid: str = "32"  # grid of the CNN that is read: cells of "32" pixels, its last; of "16"; or "both" as one
    readout: str = "states"  # pools the "states" of the blocks, or the output of the "cnn_head" that they correct

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.backbone not in FACTS:
            raise ValueError(f"backbone must be one of {', '.join(FACTS)}, got {self.backbone!r}")
        stride = FACTS[self.backbone].stride
        if self.image_size < stride or self.image_size % stride:
            raise ValueError(f"image_size must be a multiple of {stride}, got {self.image_size}")
        if self.grid not in GRIDS:
            raise ValueError(f"grid must be one of {GRIDS}, got {self.grid!r}")
        if self.grid != "32" and FACTS[self.backbone].fine_blocks is None:
            raise ValueError(f"grid must be '32' for {self.backbone}, got {self.grid!r}")
        if self.readout not in READOUTS:
            raise ValueError(f"readout must be one of {READOUTS}, got {self.readout!r}")
        own_head = FACTS[self.backbone].head_channels is not None and self.grid == "32"
        if self.readout == "cnn_head" and (self.head_layers or not own_head):
            raise ValueError(
                f"readout must be 'states' for grid {self.grid} of {self.backbone} with head_layers "
                f"{self.head_layers}, got 'cnn_head'"
            )
        if not set(self.scans) <= {"rows", "columns"}:
            raise ValueError(f"scans must be made of 'rows' and 'columns', got {self.scans!r}")
        pairs = list(zip(self.recurrence, self.scans, strict=False))
        if len(set(pairs)) < len(pairs):
            raise ValueError(f"recurrence and scans must make each pair once, got {pairs}")
        if len(self.scans) < len(self.recurrence):
            raise ValueError(f"scans must name one scan for each of {self.recurrence}, got {self.scans}")

    @property
    def stride(self) -> int:
        """Pixels for each cell of the grid."""
        return FACTS[self.backbone].stride_of(self.grid)

    @property
    def channels(self) -> int:
        """Channels of the grid."""
        return FACTS[self.backbone].channels_of(self.grid)

    @property
    def token_width(self) -> int:
        """Channels of the grid."""
        return self.channels

    @property
    def pooled_width(self) -> int:
        """Width of the states that are pooled, or of the output of the CNN's own head."""
        return FACTS[self.backbone].head_channels or self.width if self.readout == "cnn_head" else self.width

    @property
    def texture_channels(self) -> int:
        """Channels of the hook point "texture", on the last grid of half the stride; 0 where the backbone has none."""
        return FACTS[self.backbone].fine_channels


# Of each modality: the ways in which units of an input can be removed, see `Hybrid.perturbations`, and the configs.
PERTURBATIONS = {"text": ("unknown", "deletion"), "image": ("blur", "mean")}
CONFIGS: dict[str, type[HybridConfig]] = {"text": TextConfig, "image": ImageConfig}


def config_class_of(modality: str) -> type[HybridConfig]:
    """Return the config class of a modality.

    Raises:
        ValueError: for an unknown modality.
    """
    if modality not in CONFIGS:
        raise ValueError(f"modality must be one of {sorted(CONFIGS)}, got {modality!r}")
    return CONFIGS[modality]


def config_to_dict(config: HybridConfig) -> dict[str, Any]:
    """Return a config as JSON takes it."""
    return asdict(config)


def config_from_dict(modality: str, values: dict[str, Any]) -> HybridConfig:
    """Return the config of a modality from the object that `config_to_dict` returned or JSON gave back.

    Raises:
        ValueError: for an unknown modality, an unknown field or a value out of range.
    """
    config_class = config_class_of(modality)
    unknown = sorted(set(values) - {field.name for field in fields(config_class)})
    if unknown:
        raise ValueError(f"fields must be those of {config_class.__name__}, got {unknown}")
    arguments: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items()
    }
    return config_class(**arguments)
