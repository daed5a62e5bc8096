"""Texts that show a sentiment model what negation, contrast, time and idioms make of words of praise and blame.

`templates/LANGUAGE.toml` holds templates and words in the format of the behavioural tests
(`evaluation/behaviour/suite.py`), of which it shares neither: see `tests/unit/training/test_behaviour.py`. Whether the
text is praise or blame is known by construction. `variants` changes other texts in ways that must not matter.
"""
