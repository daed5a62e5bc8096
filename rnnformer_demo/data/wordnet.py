"""WordNet's ids of ImageNet's 1,000 classes, by which its folders are named."""

import re
from functools import cache
from pathlib import Path

_ID = re.compile(r"(n\d{8})(?:[ _-]+(.+))?")


def imagenet_name(label: str) -> str:
    """Return the class that a WordNet id means, alone or before a name; any other label as it is.

    Example:
        >>> imagenet_name("n01440764"), imagenet_name("n02085620-Chihuahua"), imagenet_name("cats")
        ('tench', 'Chihuahua', 'cats')
    """
    match = _ID.fullmatch(label.strip())
    return _names().get(match[1], match[2] or label) if match else label


@cache
def _names() -> dict[str, str]:
    """Return the names by id, in the order of the logits of every classifier that was trained on these classes."""
    lines = Path(__file__).with_name("wordnet.tsv").read_text(encoding="utf-8").splitlines()
    return dict(line.split("\t") for line in lines)  # type: ignore[misc]
