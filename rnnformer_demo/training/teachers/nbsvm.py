"""A linear teacher for text hybrids: logistic regression on which n-grams of characters a text holds, each weighted by
how much naive Bayes makes of it (Wang & Manning 2012, "Baselines and Bigrams").

It remembers single turns of phrase where a small recurrent network generalises: together they are right more often.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from ...checkpoints.aside import save_aside, write_aside
from ...data import InputError
from ..config import DEFAULT_RUN, NBSVMConfig, RunConfig
from ..data.corpus import fingerprints, fold_of, read_corpus
from ..preflight import check_before
from ..recipes import keep_stages, stage_of
from .targets import Teacher

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import CountVectorizer

WEIGHTS, ABOUT = "ngrams.safetensors", "ngrams.json"
_LEAST_TEXTS = 2  # that an n-gram must stand in


def fit_nbsvm(config: NBSVMConfig, run: RunConfig = DEFAULT_RUN) -> float:
    """Fit the linear model to the training part that its students get too, into `runs/NAME`. A minute for 70,000 short
    texts.

    Args:
        config: data as for a student, so that both hold out the same. With several folds there are as many regressions;
            each leaves a part of the texts out, see `fold_of`, and judges the texts of that part.
        run: folder of the runs.

    Returns:
        The accuracy on the held-out part, 0-1.

    Raises:
        InputError: for other than two classes, and see `check_before`.
    """
    from sklearn.linear_model import LogisticRegression

    corpus, folds = read_corpus(config.data), config.folds
    if len(corpus.labels) != 2:
        raise InputError(f"The linear teacher tells two classes apart, not {len(corpus.labels)}.")
    check_before(config, run)
    counter = _counter(config.longest, min_df=_LEAST_TEXTS)
    counts = counter.fit_transform([row.text for row in corpus.training])  # (N, V)
    classes = np.array([corpus.target(row) for row in corpus.training])
    parts = np.array([fold_of(row.text, folds) for row in corpus.training])
    weights, biases = [], []
    for fold in range(folds):
        read = parts != fold if folds > 1 else slice(None)
        ratios = _log_ratios(counts[read], classes[read])
        regression = LogisticRegression(C=config.strength, solver="liblinear")
        regression.fit(counts[read].multiply(ratios).tocsr(), classes[read])
        weights.append(regression.coef_[0] * ratios)
        biases.append(regression.intercept_[0])
    folder = run.runs / config.name
    folder.mkdir(parents=True, exist_ok=True)
    fitted = {"weights": np.stack(weights, axis=1), "bias": np.array(biases)}  # (V, folds), (folds,)
    save_aside(folder / WEIGHTS, {key: torch.from_numpy(array).float() for key, array in fitted.items()})
    about = {"labels": corpus.labels, "longest": config.longest, "held_out": fingerprints(corpus.held_out)}
    about |= {"ngrams": counter.get_feature_names_out().tolist()}
    write_aside(folder / ABOUT, json.dumps(about, ensure_ascii=False))
    keep_stages(config.name, [stage_of(config)], run.runs)
    logits = teacher_of(folder).logits([row.text for row in corpus.held_out])
    labels = torch.tensor([corpus.target(row) for row in corpus.held_out])
    return (logits.argmax(-1) == labels).float().mean().item()


def _counter(longest: int, **options: Any) -> CountVectorizer:
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(analyzer="char", ngram_range=(1, longest), binary=True, **options)


def _log_ratios(counts: csr_matrix, classes: np.ndarray) -> np.ndarray:
    """Return log-count ratios (V,): how much more often each n-gram stands in texts of the second class."""
    first, second = (np.asarray(counts[classes == label].sum(0)).ravel() + 1 for label in (0, 1))
    return np.log(second / second.sum()) - np.log(first / first.sum())


def teacher_of(folder: Path) -> Teacher:
    """Return the teacher in a run's folder. Its log-odds are split between both logits."""
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))

    @cache
    def fitted():
        weights = load_file(folder / WEIGHTS)
        return _counter(about["longest"], vocabulary=about["ngrams"]), weights["weights"].numpy(), weights["bias"]

    def logits(texts: Sequence[str]) -> Tensor:
        counter, weights, bias = fitted()
        odds = torch.from_numpy(counter.transform(texts) @ weights).float() + bias  # (N, folds)
        own = torch.tensor([fold_of(text, len(bias)) for text in texts], dtype=torch.long)
        odds = odds.gather(1, own[:, None]).squeeze(1)
        return torch.stack([-odds / 2, odds / 2], dim=1)

    return Teacher(folder / WEIGHTS, tuple(about["labels"]), about["held_out"], logits)
