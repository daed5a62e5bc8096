"""Behavioural tests of models: `python -m rnnformer_demo evaluate-behaviour`."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch

from ... import __version__
from ...checkpoints import cards
from ...checkpoints.store import Checkpoint
from ...data import InputError
from ...data.rows import TextRow
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


def suite_of(checkpoint: Checkpoint, language: str | None = None) -> Suite:
    """Return the behavioural tests in the language of a model.

    Args:
        language: of a model whose training data are of no known one.

    Raises:
        InputError: for a model that does not tell praise from blame, and for a language that is not known or has no
            tests.
    """
    check_sentiment(checkpoint)
    language = next(iter(languages(checkpoint.card)), language)
    if language is None:
        raise InputError(f"The card of {checkpoint.name} names no data of a known language: say it with --language.")
    return read_suite(language)


def check_sentiment(checkpoint: Checkpoint) -> None:
    """Refuse a model that does not tell praise from blame.

    Raises:
        InputError: for such a model.
    """
    if list(checkpoint.labels) != SENTIMENT:
        raise InputError(f"{checkpoint.name} does not tell negative from positive texts: take one that does.")


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
    """Return the calibrated probability of each class, by text; where a model knows none of it, of a blank."""
    texts = list(dict.fromkeys(texts))
    ids = text_ids(text_reader(checkpoint), [TextRow(number, text, "") for number, text in enumerate(texts)])
    logits = text_logits(checkpoint.model, ids, progress=False)
    probabilities = checkpoint.temperature.probabilities(logits, torch.tensor([len(row) for row in ids]))
    return {
        text: dict(zip(checkpoint.labels, row, strict=True))
        for text, row in zip(texts, probabilities.tolist(), strict=True)
    }


def evaluate_behaviour(
    checkpoint: Checkpoint, wanted: Sequence[str] = (), language: str | None = None, **more: Any
) -> dict[str, Any]:
    """Return what a model fails, see `evaluate_answers`.

    Args:
        checkpoint: the model.
        wanted: names of capabilities; none for all.
        language: see `suite_of`.
        more: further arguments of `evaluate_answers`.

    Raises:
        InputError: see `suite_of` and `drawn`.
    """

    def answer(texts: Sequence[str]) -> Probabilities:
        return probabilities_of(checkpoint, texts)

    about = {"model": checkpoint.name, "model_sha256": checkpoint.sha256}
    return about | evaluate_answers(answer, suite_of(checkpoint, language), wanted, **more)


def evaluate_answers(
    answer: Callable[[Sequence[str]], Probabilities],
    suite: Suite,
    wanted: Sequence[str] = (),
    part: str = "test",
    count: int = CASES,
    seed: int = 0,
) -> dict[str, Any]:
    """Return what fails of the answers of anything that tells praise from blame.

    Args:
        answer: returns probabilities of texts.
        suite: of the language that it reads.
        wanted: names of capabilities; none for all.
        part: of the suite.
        count: cases of each capability, at most.
        seed: of all that is drawn.

    Returns:
        By the capability's name `capabilities`, see `judging.summary`, and `failing`, see `judging.failing`; and what
        the figures depend on.

    Raises:
        InputError: see `drawn`.
    """
    tested = drawn(suite, wanted, part, count, seed)
    probabilities = answer([text for some in tested.values() for case in some for text in case.texts])
    known = {capability.name: capability for capability in suite.capabilities.values()}
    return {
        "language": suite.language,
        "suite_sha256": suite.sha256,
        "part": part,
        "seed": seed,
        "version": __version__,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "capabilities": {
            name: {
                "about": known[name].about,
                "kind": known[name].kind,
                **summary(known[name].kind, some, probabilities),
            }
            for name, some in tested.items()
        },
        "failing": {name: failing(known[name].kind, some, probabilities) for name, some in tested.items()},
    }
