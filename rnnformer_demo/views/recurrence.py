"""What a recurrence holds and does at every step: units by steps."""

from matplotlib.figure import Figure

from ..analysis.service import Analysis
from .canvas import SEQUENTIAL, SIGNED_STATES, WIDTH, blank, colour_bar, label_rows, label_steps, room, titled
from .descriptions import HIDDEN, recurrent_values, step_names


def states_figure(analysis: Analysis, recurrence: str, direction: str = "forward", quantity: str = HIDDEN) -> Figure:
    """One quantity of one recurrence in one direction: gates on a scale of 0 to 1, states and candidates of -1 to 1,
    cell states and what was written on a scale that is symmetric around 0.

    Args:
        recurrence: a key of `Trace.states`.
        direction: "forward" or "backward".
        quantity: one of `descriptions.quantities`.

    Raises:
        ValueError: for a recurrence, direction or quantity that the trace does not hold.
    """
    values = recurrent_values(analysis, recurrence, direction, quantity)  # (T, U)
    title = titled(analysis, f"{quantity}, {recurrence}, {direction}")
    bottom = 0.55 if analysis.sample.grid else 0.1 + room(analysis.sample.unit_names)
    figure, ax, bar = blank(title, WIDTH, 4.2 + bottom, left=0.7, right=1.05, bottom=bottom)
    is_gate = quantity.endswith("gate")
    top = 1.0 if is_gate else max(1.0, values.abs().max().item())
    image = ax.imshow(
        values.T.numpy(),
        aspect="auto",
        cmap=SEQUENTIAL if is_gate else SIGNED_STATES,
        vmin=0 if is_gate else -top,
        vmax=top,
        interpolation="nearest",
    )
    colour_bar(image, bar, quantity)
    if analysis.sample.grid:
        label_rows(ax, analysis.sample.grid)
    else:
        label_steps(ax.xaxis, step_names(analysis))
    ax.set_ylabel("unit")
    return figure
