"""Recipes: what made each shipped model, as files, and what a card stores of the recipe that it was made by."""

from .files import CARD_FIELDS, Recipe, find, names, read_card_text
from .record import keep_stages, recipe_of, recipe_record, stages_in_card, stages_in_runs
from .stages import checkpoint_name, config_of, run_name, same_but_seeds, stage_of

__all__ = [
    "CARD_FIELDS",
    "Recipe",
    "checkpoint_name",
    "config_of",
    "find",
    "keep_stages",
    "names",
    "read_card_text",
    "recipe_of",
    "recipe_record",
    "run_name",
    "same_but_seeds",
    "stage_of",
    "stages_in_card",
    "stages_in_runs",
]
