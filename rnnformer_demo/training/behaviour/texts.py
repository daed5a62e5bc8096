"""Labelled texts from templates. Imports no torch.

Example:
    >>> list(texts_to_learn("en", 1).items())[0]
    ('The sequel is first-rate.', 'positive')
"""

import random
from collections import Counter
from pathlib import Path

from ...evaluation.behaviour.cases import cases, labelled_texts
from ...evaluation.behaviour.suite import Suite, read_suite, read_templates

FOLDER = Path(__file__).with_name("templates")
CLASSES = ("negative", "positive")  # of what the templates give
_LEAD = "lead"  # words of a suite that are sentences of no opinion, to stand before any text
_LED_SHARE = 0.3  # of the cases that are learned after such a sentence, too
_LEAST = 12  # texts of a template: one with few words of its own is learned after several sentences


def suites_to_learn(language: str) -> tuple[Suite, Suite]:
    """Return the suites whose part `train` is learned: that of the tests, and one for training alone.

    Raises:
        InputError: for a language without them.
    """
    return read_suite(language), read_templates(FOLDER / f"{language}.toml")


def texts_to_learn(language: str, of_each: int, seed: int = 0) -> dict[str, str]:
    """Return the class of texts to train on, by text.

    Args:
        of_each: cases of each capability from each of the two suites, at most; some are of two texts, and some, above
            all those of a template that gives few, are repeated after sentences of no opinion.

    Raises:
        InputError: see `suites_to_learn`.
    """
    suites = suites_to_learn(language)
    leads = suites[-1].words["train"][_LEAD]
    gap = " " if leads[0].isascii() else ""
    chooser, learned = random.Random(seed), dict[str, str]()
    for suite in suites:
        for capability in suite.capabilities.values():
            drawn = cases(suite, capability, "train", of_each, seed)
            sizes = Counter((case.template, case.label) for case in drawn)
            for case in drawn:
                led = -(-_LEAST // sizes[case.template, case.label]) - 1 or chooser.random() < _LED_SHARE
                before = ["", *(lead + gap for lead in chooser.sample(leads, int(led)))]
                learned |= {lead + text: case.label for lead in before for text in case.texts}
    return learned


def held_out_texts(language: str, of_each: int) -> dict[str, str]:
    """Return the class of texts to choose on, by text: their templates and words are of the tests' part `dev`.

    Raises:
        InputError: for a language without them.
    """
    return labelled_texts(read_suite(language), of_each, "dev")
