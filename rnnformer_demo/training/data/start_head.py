"""The weights that training starts from where there is a model to start from: its output layer, class by class."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...data.labels import BY_NUMBER, map_labels
from ...data.listing import listed
from ...models.text import TextHybrid
from .corpus import Corpus


def started_weights(model: TextHybrid, corpus: Corpus, start: Checkpoint) -> dict[str, Tensor]:
    """Return the weights of a fresh model with those of a start in their place where both have them.

    Rows of the output layer are taken by the names of their classes: in another order they would answer wrongly. Those
    of other classes start from zero: what a trained model tells apart is large, and weights by chance would be sure of
    wrong answers.
    """
    fresh, learned = model.state_dict(), start.model.state_dict()
    places = class_places(corpus, start)
    output = f"core.head.{len(model.core.head) - 1}."
    taken = dict(fresh)
    for key, value in learned.items():
        if key.startswith(output):
            if value.shape[1:] == fresh[key].shape[1:]:
                taken[key] = torch.zeros_like(fresh[key])
                for new, old in places.items():
                    taken[key][new] = value[old]
        elif value.shape == fresh[key].shape:
            taken[key] = value
    return taken


def class_places(corpus: Corpus, start: Checkpoint) -> Mapping[int, int]:
    """Return the place that each class has among those of the model to start from, if it has one by its name, or by
    what the training data of that model called it."""
    try:
        mapping = map_labels(corpus.labels, start.labels, start.raw_labels)
    except InputError:
        return {}
    if mapping.rule == BY_NUMBER:
        return {}
    return {corpus.labels.index(label): place for label, place in mapping.indices.items()}


def head_notice(name: str, corpus: Corpus, start: Checkpoint) -> str:
    """Return which part of the output layer training starts from."""
    places = class_places(corpus, start)
    kept = [label for index, label in enumerate(corpus.labels) if index in places]
    new = [label for index, label in enumerate(corpus.labels) if index not in places]
    taken = f"is that of {name} for {listed(kept)}" if kept else f"is new: {name} has no class of these names"
    return f"The output layer {taken}{f', and new for {listed(new)}' if kept and new else ''}."
