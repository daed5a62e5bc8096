"""What every figure is drawn on, and drawn with: fonts, colours, margins. pyplot is never touched."""

import io
import unicodedata
from collections.abc import Sequence

import numpy as np
from matplotlib import font_manager, rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize
from matplotlib.figure import Figure
from PIL import Image

from ..analysis.service import Analysis
from .colours import AGAINST, FOR

# Whichever of these is installed draws Chinese and Japanese; matplotlib complains of every absent one at every letter.
_CJK_FONTS = ("WenQuanYi Micro Hei", "Noto Sans CJK SC", "Noto Sans CJK JP", "PingFang SC", "Microsoft YaHei")
_installed = set(font_manager.get_font_names())
rcParams["font.family"] = ["DejaVu Sans", *(name for name in _CJK_FONTS if name in _installed)]

FOR_COLOUR, AGAINST_COLOUR = ([value / 255 for value in colour] for colour in (FOR, AGAINST))
# All safe for colour-blind eyes.
DIVERGING = LinearSegmentedColormap.from_list("against to for", [AGAINST_COLOUR, (1, 1, 1), FOR_COLOUR])
SEQUENTIAL, SIGNED_STATES = "viridis", "PuOr"
DPI = 130
WIDTH = 5.8  # inches
_MAX_LABELS = 32  # more words than this cannot be read under an axis: every n-th is written
_MAX_WORD = 14  # Latin letters; one of Chinese is as wide as two
_MOST_OPAQUE = 0.75


def undrawable(text: str) -> str:
    """The characters of a text, each once, that no installed font can draw: figures show boxes in their place."""
    fonts = [font_manager.get_font(font_manager.findfont(name)) for name in rcParams["font.family"]]
    characters = dict.fromkeys(character for character in text if character.isprintable())
    return "".join(
        character for character in characters if not any(font.get_char_index(ord(character)) for font in fonts)
    )


def to_png(figure: Figure, dpi: int = DPI) -> bytes:
    """The figure as a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()


def to_image(figure: Figure, dpi: int = DPI) -> Image.Image:
    """The figure as a picture."""
    figure.set_dpi(dpi)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def blank(
    title: str, width: float, height: float, left: float, right: float, bottom: float, top: float = 0.45
) -> tuple[Figure, Axes, Axes]:
    """A figure, its axes, and the axes of a colour bar on their right. All sizes in inches.

    Fixed margins: matplotlib's automatic layouts draw everything twice.
    """
    figure = Figure(figsize=(width, height))
    tall = (height - top - bottom) / height
    ax = figure.add_axes((left / width, bottom / height, (width - left - right) / width, tall))
    bar = figure.add_axes(((width - right + 0.12) / width, bottom / height, 0.14 / width, tall))
    bar.set_axis_off()
    figure.text(0.12 / width, 1 - 0.14 / height, title.replace("$", r"\$"), fontsize=9, va="top")
    return figure, ax, bar


def room(names: Sequence[str]) -> float:
    """Inches that the longest of some words takes beside an axis."""
    return 0.2 + 0.07 * max(_letters(short(name)) for name in names)


def _letters(text: str) -> int:
    """The width of a text in Latin letters."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def photo_figure(title: str) -> tuple[Figure, Axes, Axes]:
    """A figure for a photo: axes of its shape, and those of a colour bar."""
    return blank(title, WIDTH, 5.3, left=0.12, right=0.95, bottom=0.12)


def titled(analysis: Analysis, what: str) -> str:
    """The title of a figure: whose, and what."""
    return f"{analysis.prediction.model}: {what}"


def short(word: str) -> str:
    """A word as an axis has room for it."""
    cut = word[:_MAX_WORD]
    while _letters(cut) > _MAX_WORD:
        cut = cut[:-1]
    # A dollar sign would start a formula.
    return (word if cut == word else cut[:-1] + "…").replace("$", r"\$")


def label_steps(axis, names: list[str]) -> None:
    """Writes the names of steps along an axis, or every n-th where there are many."""
    every = -(-len(names) // _MAX_LABELS)
    axis.set_ticks(range(0, len(names), every), [short(name) for name in names[::every]], fontsize=8)
    if axis.axis_name == "x":
        axis.set_tick_params(rotation=90)


def label_rows(ax: Axes, grid: tuple[int, int]) -> None:
    """Names the rows of a photo's grid on an axis of its cells, and parts them."""
    rows, columns = grid
    ax.set_xticks([columns * row for row in range(rows)], [f"row {row + 1}" for row in range(rows)], fontsize=8)
    ax.set_xlabel("cells of the photo, row by row")
    for row in range(1, rows):
        ax.axvline(columns * row - 0.5, color="0.25", linewidth=0.6)


def colour_bar(image: ScalarMappable, bar: Axes, label: str) -> None:
    """The scale of a heat map, beside it."""
    bar.set_axis_on()
    bar.figure.colorbar(image, cax=bar, label=label)
    bar.tick_params(labelsize=8)


def overlay(
    ax: Axes,
    bar: Axes,
    analysis: Analysis,
    values: np.ndarray,
    colours: str | Colormap,
    label: str,
    top: float | None = None,
) -> None:
    """Values over the grey photo; with `top`, a scale that is symmetric around zero, where the photo shows through."""
    photo = analysis.sample.display
    extent = (0, photo.width, photo.height, 0)
    ax.imshow(photo.convert("L"), cmap="gray", vmin=0, vmax=255, extent=extent)
    scale = Normalize(-top, top) if top else Normalize(0, float(values.max()) or 1.0)
    opacity = _MOST_OPAQUE * (np.clip(np.abs(values) / top, 0, 1) ** 0.7 if top else 0.85)
    ax.imshow(values, cmap=colours, norm=scale, alpha=opacity, extent=extent, interpolation="nearest")
    colour_bar(ScalarMappable(scale, colours), bar, label)
    ax.set_axis_off()
