"""Shared drawing tools of the figures: fonts, colours, margins, files. pyplot is never touched."""

import io
import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib import font_manager, rcParams
from matplotlib.axes import Axes
from matplotlib.axis import XAxis, YAxis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from PIL import Image

from ..data.opening import open_encoded
from ..document import Document
from .colours import AGAINST, FOR

# Whichever of these is installed draws Chinese and Japanese; matplotlib complains of every absent one at every letter.
_CJK_FONTS = ("WenQuanYi Micro Hei", "Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Microsoft YaHei")
_installed = set(font_manager.get_font_names())
rcParams["font.family"] = ["DejaVu Sans", *(name for name in _CJK_FONTS if name in _installed)]
rcParams["svg.hashsalt"] = "rnnformer"  # the ids in an SVG are random otherwise

FOR_COLOUR, AGAINST_COLOUR = ([value / 255 for value in colour] for colour in (FOR, AGAINST))
PLAIN_COLOUR = "0.72"  # of bars that others are compared with
# All safe for colour-blind eyes.
DIVERGING = LinearSegmentedColormap.from_list("against to for", [AGAINST_COLOUR, (1, 1, 1), FOR_COLOUR])
SEQUENTIAL, SIGNED_STATES = "viridis", "PuOr"
FORMATS = ("png", "svg", "pdf")
Kind = Literal["png", "svg", "pdf"]
_DATES = {"svg": "Date", "pdf": "CreationDate"}  # what would differ from one writing to the next
DPI = 130
WIDTH = 5.8  # inches
_MAX_LABELS = 32  # more words than this cannot be read under an axis: every n-th is written
_MAX_WORD = 14  # Latin letters; one of Chinese is as wide as two
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")  # what XML 1.0 has no place for
_MOST_OPAQUE = 0.75
_CELL = 32  # pixels of a cell of a photo that is not there


def undrawable(text: str) -> str:
    """Return the characters of a text, each once, that no installed font can draw: figures show boxes instead."""
    fonts = [font_manager.get_font(font_manager.findfont(name)) for name in rcParams["font.family"]]
    characters = dict.fromkeys(character for character in text if character.isprintable())
    return "".join(
        character for character in characters if not any(font.get_char_index(ord(character)) for font in fonts)
    )


def font_notice(document: Document) -> str:
    """Return a sentence about what figures cannot write of the input and of the labels; "" where they can write all."""
    boxes = undrawable("".join((*document.input.unit_names, *document.model.labels)))
    return f"This machine has no font for {boxes}: in the pictures, boxes stand in their place." if boxes else ""


def to_bytes(figure: Figure, kind: Kind = "png", dpi: int = DPI) -> bytes:
    """Return the figure as a file; the same figure gives the same bytes.

    Raises:
        ValueError: for a kind that is none of `FORMATS`.
    """
    if kind not in FORMATS:
        raise ValueError(f"kind must be one of {FORMATS}, got {kind!r}")
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, dpi=dpi, metadata={_DATES[kind]: None} if kind in _DATES else None)
    return buffer.getvalue()


def to_image(figure: Figure, dpi: int = DPI) -> Image.Image:
    """Return the figure as a picture."""
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def blank(
    title: str, width: float, height: float, left: float, right: float, bottom: float, top: float = 0.45
) -> tuple[Figure, Axes, Axes]:
    """Return a figure, its axes, and the axes of a colour bar on their right; all sizes in inches.

    Fixed margins: matplotlib's automatic layouts draw everything twice.
    """
    figure = Figure(figsize=(width, height))
    tall = (height - top - bottom) / height
    ax = figure.add_axes((left / width, bottom / height, (width - left - right) / width, tall))
    bar = figure.add_axes(((width - right + 0.12) / width, bottom / height, 0.14 / width, tall))
    bar.set_axis_off()
    figure.text(0.12 / width, 1 - 0.14 / height, plain(title), fontsize=9, va="top")
    return figure, ax, bar


def plain(text: str) -> str:
    """Return a text as figures take it: a dollar sign would start a formula, a control character break an SVG."""
    return _CONTROLS.sub("\ufffd", text).replace("$", r"\$")


def room(names: Sequence[str], most: int = _MAX_WORD) -> float:
    """Return the inches that the longest of some words, each cut after `most` letters, takes beside an axis."""
    return 0.2 + 0.07 * max(_letters(short(name, most)) for name in names)


def text_width(text: str, size: float) -> float:
    """Return the inches that a text takes, written in `size` points."""
    font = FontProperties(family=rcParams["font.family"], size=size)
    return text_to_path.get_text_width_height_descent(_CONTROLS.sub("\ufffd", text), font, ismath=False)[0] / 72


def _letters(text: str) -> int:
    """Return the width of a text in Latin letters."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def photo_figure(title: str) -> tuple[Figure, Axes, Axes]:
    """Return a figure for a photo, its axes, and those of a colour bar."""
    return blank(title, WIDTH, 5.3, left=0.12, right=0.95, bottom=0.12)


def titled(document: Document, content: str) -> str:
    """Return the title of a figure: the model, and the figure's content."""
    return f"{document.model.name}: {content}"


def short(word: str, most: int = _MAX_WORD) -> str:
    """Return a word as an axis has room for it."""
    cut = word[:most]
    while _letters(cut) > most:
        cut = cut[:-1]
    return plain(word if cut == word else cut[:-1] + "…")


def label_steps(axis: XAxis | YAxis, names: Sequence[str]) -> None:
    """Write the names of steps along an axis, or every n-th where there are many."""
    every = -(-len(names) // _MAX_LABELS)
    axis.set_ticks(range(0, len(names), every), [short(name) for name in names[::every]], fontsize=8)
    if axis.axis_name == "x":
        axis.set_tick_params(rotation=90)


def share_bars(ax: Axes, shares: Sequence[float], places: Sequence[float], colour: Any, height: float = 0.7) -> None:
    """Draw shares, 0-1, as bars from left to right, the first one on top."""
    ax.barh(places, shares, height=height, color=colour)
    ax.set_xlim(0, 1)
    ax.set_ylim(max(places) + 0.6, min(places) - 0.6)
    ax.set_xlabel("probability", fontsize=9)
    ax.tick_params(axis="x", labelsize=8)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.grid(axis="x", color="0.9")
    ax.set_axisbelow(True)
    ax.tick_params(axis="y", length=0)


def note(ax: Axes, place: float, text: str) -> None:
    """Write a text on the right of the bar at a place."""
    ax.text(1.02, place, text, transform=ax.get_yaxis_transform(), fontsize=8, va="center")


def label_rows(ax: Axes, grid: tuple[int, int]) -> None:
    """Name the rows of a photo's grid on an axis of its cells, and draw lines between them."""
    rows, columns = grid
    ax.set_xticks([columns * row for row in range(rows)], [f"row {row + 1}" for row in range(rows)], fontsize=8)
    ax.set_xlabel("cells of the photo, row by row")
    for row in range(1, rows):
        ax.axvline(columns * row - 0.5, color="0.25", linewidth=0.6)


def colour_bar(image: ScalarMappable, bar: Axes, label: str) -> None:
    """Draw the scale of a heat map beside it."""
    bar.set_axis_on()
    bar.figure.colorbar(image, cax=bar, label=label)
    bar.tick_params(labelsize=8)


def photo_of(document: Document) -> Image.Image:
    """Return the photo in grey; an even grey of the grid's shape where the document holds no picture."""
    if document.input.image is not None:
        return open_encoded(document.input.image).convert("L")
    rows, columns = document.input.grid or (1, 1)
    return Image.new("L", (columns * _CELL, rows * _CELL), 128)


def overlay(
    ax: Axes,
    bar: Axes,
    document: Document,
    values: np.ndarray,
    colours: str | Colormap,
    label: str,
    top: float | None = None,
) -> None:
    """Draw values over the grey photo.

    Args:
        top: end of a scale that is symmetric around zero, where the photo shows through; by default the scale begins at
            zero and ends at the largest value.
    """
    photo = photo_of(document)
    extent = (0, photo.width, photo.height, 0)
    ax.imshow(photo, cmap="gray", vmin=0, vmax=255, extent=extent)
    scale = Normalize(-top, top) if top else Normalize(0, float(values.max()) or 1.0)
    opacity = _MOST_OPAQUE * (np.clip(np.abs(values) / top, 0, 1) ** 0.7 if top else 0.85)
    ax.imshow(values, cmap=colours, norm=scale, alpha=opacity, extent=extent, interpolation="nearest")
    colour_bar(ScalarMappable(scale, colours), bar, label)
    ax.set_axis_off()
