"""The section `interventions`: the prediction with attention or the recurrence made useless."""

from ...document import Document, Interventions
from ...interpret.interventions import intervene, total_variation
from ..context import Context

ORIGINAL = "as it is"
KINDS = ("uniform attention", "permuted attention", "uniform pooling", "permuted pooling", "without recurrence")


def build_interventions(context: Context, document: Document) -> Interventions:
    """Return the explained class's probability, and how far the output moves, under each intervention.

    Interventions on a part that the model lacks are left out.
    """
    seed = document.provenance.seed
    measured = intervene(context.checkpoint.model, context.sample, seed=seed)
    index = context.target_of(document)
    original = context.probabilities(measured.original)
    probability, moved = {ORIGINAL: original[index].item()}, {}
    for kind in KINDS:
        logits = getattr(measured, kind.replace(" ", "_"))
        if logits is not None:
            changed = context.probabilities(logits)
            probability[kind] = changed[..., index].mean().item()
            moved[kind] = total_variation(changed, original).median().item()
    return Interventions(document.target, probability, moved, seed)
