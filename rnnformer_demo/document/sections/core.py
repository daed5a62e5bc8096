"""Sections that every document has: model, input, prediction, provenance."""

from dataclasses import dataclass, field
from typing import Literal

Layout = Literal["sequence", "grid"]


@dataclass(frozen=True)
class Architecture:
    """The parts of a model, in the order in which the data passes them: tokens, blocks, pooling, head.

    Attributes:
        token_width: width of a token as embedding or backbone makes it; a projection follows where it is not `width`.
        width: D, of every block.
        blocks: "recurrent" or "attention", from the input to the output.
        cells: kinds of the recurrences side by side in each recurrent block.
        scans: "tokens", "rows" or "columns", of each of `cells`.
        units: U, of one direction of one recurrence.
        residual: whether the input of a recurrent block is added to its output.
        heads: H, of each attention block.
        positions: whether a position encoding is added to the tokens.
        pooling: "attention" or "mean".
        pooled_width: of what the head reads.
        head_layers: hidden widths of the head.
        vocabulary: rows of the embedding; None where there is none.
        backbone: the CNN that makes the tokens; None where there is none.
        corrects_backbone: whether the blocks correct what the backbone's own head reads, instead of replacing it.
        parameters: number of weights by part: "tokens", "projection", "block 1" and so on, "correction", "pooling",
            "head".
    """

    token_width: int
    width: int
    blocks: tuple[str, ...]
    cells: tuple[str, ...]
    scans: tuple[str, ...]
    units: int
    residual: bool
    heads: int
    positions: bool
    pooling: str
    pooled_width: int
    head_layers: tuple[int, ...] = ()
    vocabulary: int | None = None
    backbone: str | None = None
    corrects_backbone: bool = False
    parameters: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """The model that was analysed.

    Attributes:
        name: of its checkpoint.
        sha256: of its weights.
        labels: class names, in the order of the logits.
        parameters: number of its weights.
        perturbations: the ways in which units of its inputs can be removed, the usual one first.
        architecture: its parts; None in documents of older versions.
    """

    name: str
    sha256: str
    labels: tuple[str, ...]
    parameters: int
    perturbations: tuple[str, ...] = ()
    architecture: Architecture | None = None


@dataclass(frozen=True)
class Unit:
    """A part of the input that scores belong to: a word, or a cell of a photo's grid.

    Attributes:
        name: the word as it was typed, or "row 2, column 5".
        span: start and end of the word in `Input.text`, in code points of Unicode; None for a cell.
        cell: row and column of the cell, counted from 0; None for a word.
    """

    name: str
    span: tuple[int, int] | None = None
    cell: tuple[int, int] | None = None


@dataclass(frozen=True)
class Input:
    """The input as the model read it.

    Attributes:
        layout: "sequence" for words, "grid" for the cells of a photo.
        units: words or cells, in the order in which the model reads them.
        token_to_unit: (T,) index of the unit that each token belongs to.
        text: a text as it was typed, as far as it was read; None for a photo.
        image: the square that was read of a photo, as the base64 of a PNG; None for a text and where it was not asked
            for.
        grid: rows and columns of the cells; None for words.
        source: the input as the command line names it: a text, or the path of a photo; None where it came otherwise.
        warnings: sentences about what was changed on the way in.
        box: left, top, right and bottom of the part of a photo that was read, as fractions of the upright photo; None
            for a text and where it is not known.
    """

    layout: Layout
    units: tuple[Unit, ...]
    token_to_unit: tuple[int, ...]
    text: str | None = None
    image: str | None = None
    grid: tuple[int, int] | None = None
    source: str | None = None
    warnings: tuple[str, ...] = ()
    box: tuple[float, float, float, float] | None = None

    @property
    def unit_names(self) -> tuple[str, ...]:
        """Names of the units."""
        return tuple(unit.name for unit in self.units)


@dataclass(frozen=True)
class OutOfDistribution:
    """Whether the input looks like what the model was trained on.

    Attributes:
        score: out-of-distribution score, 0 or more; 1 is the threshold.
        in_domain: whether the score is at most 1, and nothing in the writing of a text is foreign to the model.
        detector: what the score measures, in words.
        message: a sentence that says so where the input is out of domain, else "".
    """

    score: float
    in_domain: bool
    detector: str
    message: str = ""


@dataclass(frozen=True)
class Prediction:
    """The model's answer.

    Attributes:
        label: the most probable class.
        confidence: its calibrated probability, 0-1.
        probabilities: calibrated, 0-1, of every class, in the order of the labels.
        logits: (C,), in the order of the labels.
        temperature: by which the logits were divided before the softmax.
        latency_ms: of reading and one forward pass, without waiting for others.
        ood: None where the checkpoint has no detector.
    """

    label: str
    confidence: float
    probabilities: dict[str, float]
    logits: tuple[float, ...]
    temperature: float
    latency_ms: float
    ood: OutOfDistribution | None = None


@dataclass(frozen=True)
class Provenance:
    """How the document came about.

    Attributes:
        version: of this software.
        seed: of all that was drawn.
        command: that repeats it; "" where the input has no name on a command line.
        seconds: each section took, by its name.
    """

    version: str
    seed: int
    command: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
