"""Labelled texts from templates. Imports no torch.

Example:
    >>> list(texts_to_learn("en", 1).items())[0]
    ('I found the hotel very lovely.', 'positive')
"""

from pathlib import Path

from ...evaluation.behaviour.cases import labelled_texts
from ...evaluation.behaviour.suite import Suite, read_suite, read_templates

FOLDER = Path(__file__).with_name("templates")
CLASSES = ("negative", "positive")  # of what the templates give


def suites_to_learn(language: str) -> tuple[Suite, Suite]:
    """Return the suites whose part `train` is learned: that of the tests, and one for training alone.

    Raises:
        InputError: for a language without them.
    """
    return read_suite(language), read_templates(FOLDER / f"{language}.toml")


def texts_to_learn(language: str, of_each: int, seed: int = 0) -> dict[str, str]:
    """Return the class of texts to train on, by text.

    Args:
        of_each: cases of each capability from each of the two suites, at most; some are of two texts.

    Raises:
        InputError: see `suites_to_learn`.
    """
    tests, own = suites_to_learn(language)
    return labelled_texts(tests, of_each, "train", seed) | labelled_texts(own, of_each, "train", seed)


def held_out_texts(language: str, of_each: int) -> dict[str, str]:
    """Return the class of texts to choose on, by text: their templates and words are of the tests' part `dev`.

    Raises:
        InputError: for a language without them.
    """
    return labelled_texts(read_suite(language), of_each, "dev")
