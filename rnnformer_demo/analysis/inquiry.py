"""What can be asked about an analysis: how far its explanation can be trusted, what the model believed on the way,
whether attention and memory matter, and what it would say without a word or a patch. Page, command line and API call
these.
"""

from .edits import Turn, Variant, fewest, removals, replace_word, take_out, unit_named, units_named
from .internals import ATTENTION, MEMORY, UNTOUCHED, Course, Matter, assess, beliefs, dependence, inside, matter

__all__ = [
    "ATTENTION",
    "MEMORY",
    "UNTOUCHED",
    "Course",
    "Matter",
    "Turn",
    "Variant",
    "assess",
    "beliefs",
    "dependence",
    "fewest",
    "inside",
    "matter",
    "removals",
    "replace_word",
    "take_out",
    "unit_named",
    "units_named",
]
