"""What the prediction does when the units go, or come, in the order of their scores."""

from matplotlib.figure import Figure

from ..analysis.service import Analysis
from .canvas import AGAINST_COLOUR, FOR_COLOUR, WIDTH, blank, titled


def trust_figure(analysis: Analysis) -> Figure:
    """Deletion and insertion curves of the explanation, one line style for each way of taking units out.

    Raises:
        ValueError: for an analysis without curves: none was asked for, or there is one unit alone.
    """
    if analysis.trust is None or not analysis.trust.perturbations:
        raise ValueError("an analysis must have a trust card with curves, got none")
    title = titled(analysis, f"probability of “{analysis.target}”, strongest parts first")
    figure, ax, _ = blank(title, WIDTH, 3.4, left=0.65, right=0.2, bottom=0.55)
    for (name, removed), style in zip(analysis.trust.perturbations.items(), ("-", "--"), strict=True):
        shares = [100 * share for share in removed.shares]
        ax.plot(shares, removed.deletion, style, color=AGAINST_COLOUR, label=f"they go ({name})")
        ax.plot(shares, removed.insertion, style, color=FOR_COLOUR, label=f"only they are there ({name})")
    ax.set_ylim(-0.02, 1.02)
    ax.set_xlabel("share of the words or patches, %")
    ax.set_ylabel("probability")
    ax.grid(color="0.92")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(fontsize=8, frameon=False, loc="best")
    return figure
