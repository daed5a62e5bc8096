"""Behavioural tests of models: `python -m rnnformer_demo evaluate-behaviour`."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ... import __version__
from ...checkpoints import cards
from ...checkpoints.store import Checkpoint
from ...data import InputError
from ..classification import text_ids, text_logits
from ..modality import text_reader
from ..reporting.sources import languages
from .cases import CASES, Case, cases
from .judging import Probabilities, failing, summary
from .suite import Suite, read_suite

SENTIMENT = ["negative", "positive"]


def sentiment_models() -> list[str]:
    """Return the names of the models that tell praise from blame, each hybrid before its baselines."""
    return [name for name, card in cards.in_families().items() if card["config"]["labels"] == SENTIMENT]


def suite_of(checkpoint: Checkpoint) -> Suite:
    """Return the behavioural tests in the language of a model.

    Raises:
        InputError: for a model that does not tell praise from blame, and for a language without tests.
    """
    if list(checkpoint.labels) != SENTIMENT:
        raise InputError(f"{checkpoint.name} does not tell negative from positive texts: take one that does.")
    return read_suite(next(iter(languages(checkpoint.card)), "none"))


def drawn(
    suite: Suite, wanted: Iterable[str], part: str = "test", count: int = CASES, seed: int = 0
) -> dict[str, list[Case]]:
    """Return cases of each capability that is wanted, of all for none.

    Raises:
        InputError: for a capability that the suite does not have.
    """
    known = {capability.name: capability for capability in suite.capabilities.values()}
    names = [name.replace("-", " ").replace("_", " ") for name in wanted]
    for name in names:
        if name not in known:
            raise InputError(f"There is no capability {name!r} to test: there is {', '.join(known)}.")
    return {name: cases(suite, known[name], part, count, seed) for name in names or known}


def probabilities_of(checkpoint: Checkpoint, texts: Sequence[str]) -> Probabilities:
    """Return the calibrated probability of each class, by text; texts in which a model knows no sign are read as blanks,
    as data sets are."""
    import torch

    from ...data.rows import TextRow

    texts = list(dict.fromkeys(texts))
    ids = text_ids(text_reader(checkpoint), [TextRow(number, text, "") for number, text in enumerate(texts)])
    logits = text_logits(checkpoint.model, ids, progress=False)
    probabilities = checkpoint.temperature.probabilities(logits, torch.tensor([len(row) for row in ids]))
    return {
        text: dict(zip(checkpoint.labels, row, strict=True))
        for text, row in zip(texts, probabilities.tolist(), strict=True)
    }


def measured(suite: Suite, tested: dict[str, list[Case]], answer: Callable[[Sequence[str]], Probabilities]) -> dict:
    """Return `capabilities` and `failing`, each by the capability's name, of whatever answers texts."""
    probabilities = answer([text for some in tested.values() for case in some for text in case.texts])
    kinds = {capability.name: capability.kind for capability in suite.capabilities.values()}
    return {
        "capabilities": {
            name: {"kind": kinds[name], **summary(kinds[name], some, probabilities)} for name, some in tested.items()
        },
        "failing": {name: failing(kinds[name], some, probabilities) for name, some in tested.items()},
    }


def evaluate_behaviour(
    checkpoint: Checkpoint, wanted: Sequence[str] = (), part: str = "test", count: int = CASES, seed: int = 0
) -> dict[str, Any]:
    """Return what a model fails: see `judging.summary` and `judging.failing`.

    Raises:
        InputError: see `suite_of` and `drawn`.
    """
    suite = suite_of(checkpoint)
    tested = drawn(suite, wanted, part, count, seed)
    return {
        "model": checkpoint.name,
        "model_sha256": checkpoint.sha256,
        "language": suite.language,
        "part": part,
        "seed": seed,
        "version": __version__,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        **measured(suite, tested, lambda texts: probabilities_of(checkpoint, texts)),
    }
