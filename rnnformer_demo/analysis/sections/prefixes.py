"""The section `prefixes`: predictions after every beginning and every end of the input."""

from ...document import Array, Document, Trajectory
from ...interpret.prefixes import PrefixLogits, flips, prefix_predictions
from ..context import Context


def build_prefixes(context: Context, document: Document) -> tuple[Trajectory, ...]:
    """Return a trajectory for each scan: a text from its start and its end, a photo from its four sides."""
    return tuple(_trajectory(context, run) for run in prefix_predictions(context.checkpoint.model, context.sample))


def _trajectory(context: Context, run: PrefixLogits) -> Trajectory:
    decision, whole = flips(run), int(run.positions[-1])
    parts = len(run.names)
    return Trajectory(
        scan=run.scan,
        names=run.names,
        positions=tuple(run.positions.tolist()),
        probabilities=Array.of(context.checkpoint.probabilities(run.logits, run.steps), "float32"),
        flips=decision.flips,
        stable_from=decision.stable_from,
        left_out="" if parts == whole else f"{parts} of {whole} parts were run: the work grows with their number.",
    )
