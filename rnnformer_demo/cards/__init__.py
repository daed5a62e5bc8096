"""What the JSON cards of a folder of checkpoints say, read and put into words without weights and without torch.

The page and the list of models are built from these while torch is still being imported.
"""

from .reading import (
    FORMAT,
    by_family,
    default_folder,
    entry,
    in_families,
    list_models,
    names,
    read_card,
    readable_cards,
    size_on_disk,
)
from .readme import check_place, fill, marked, readme_parts
from .tables import markdown_table, over_seeds, seeds_summary, training_commands
from .words import describe

__all__ = [
    "FORMAT",
    "by_family",
    "check_place",
    "default_folder",
    "describe",
    "entry",
    "fill",
    "in_families",
    "list_models",
    "markdown_table",
    "marked",
    "names",
    "over_seeds",
    "read_card",
    "readable_cards",
    "readme_parts",
    "seeds_summary",
    "size_on_disk",
    "training_commands",
]
