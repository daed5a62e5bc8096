"""The names of ImageNet's 1,000 classes, in the order of the logits of every classifier that was trained on them."""

from collections import Counter

from ...models.backbones.torchvision_compat import torchvision

# Names that differ in case alone: labels are found without regard to it.
_CLEARER = {"Cardigan": "Cardigan (dog)", "cardigan": "cardigan (garment)"}


def imagenet_labels() -> tuple[str, ...]:
    """Return torchvision's names of the classes, made different from each other whatever their case."""
    categories = torchvision.models.get_model_weights("efficientnet_b0").DEFAULT.meta["categories"]
    return distinct([_CLEARER.get(name, name) for name in categories])


def distinct(names: list[str]) -> tuple[str, ...]:
    """Return the names in their order; one that was there before, whatever its case, gets a number: "crane (2)"."""
    seen: Counter[str] = Counter()
    made = []
    for name in names:
        seen[name.casefold()] += 1
        count = seen[name.casefold()]
        made.append(name if count == 1 else f"{name} ({count})")
    return tuple(made)
