"""Ablations of the text hybrid on one data set: what each of its parts contributes, over several seeds."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import torch

from ...data import InputError
from ...data.readers import TextRow, read_texts
from ...evaluation.classification import short_path, text_ids, text_logits
from ...evaluation.reporting.study_tables import ABLATIONS
from ...models.text import TextConfig, TextHybrid
from ..data.text_data import TextData, TextDataConfig
from ..loop import Recipe
from ..tasks.encoders import pretrain
from ..tasks.text import fit_text
from .baselines import matched_units, rival_config
from .grid import chosen, fill_table, folder_name, trained

LENGTHS = (10, 20, 30, 64, 128, 256)  # tokens: the longest text of SST-2 has 64 or so, the last bins are beyond it
_LONG_ROWS = 1000  # of the set of long texts


@dataclass(frozen=True, kw_only=True)
class Condition:
    """One row of the table.

    Attributes:
        name: what is changed against the hybrid.
        without: kinds of blocks that are left out, see `without_blocks`.
        changes: fields of the config.
        matched: raise the number of units until there are as many parameters as in the hybrid.
        rival: the rival of this kind in place of the hybrid, see `rival_config`.
        vectors: start the embedding from word vectors.
        encoders: objective that the encoders are pretrained with; None for none.
        taught, unlabelled: learn from the teacher, and from unlabelled sentences too.
    """

    name: str
    without: tuple[str, ...] = ()
    changes: dict = field(default_factory=dict)
    matched: bool = False
    rival: str | None = None
    vectors: bool = True
    encoders: str | None = None
    taught: bool = False
    unlabelled: bool = False


CONDITIONS = (
    Condition(name="hybrid: LSTM and GRU below attention"),
    Condition(name="no recurrence", without=("recurrent",)),
    Condition(name="no recurrence, positions", without=("recurrent",), changes={"positions": True}),
    Condition(name="Transformer alone, matched", rival="transformer"),
    Condition(name="positions as well", changes={"positions": True}),
    Condition(name="LSTM below attention, matched", changes={"recurrence": ("lstm",)}, matched=True),
    Condition(name="GRU below attention, matched", changes={"recurrence": ("gru",)}, matched=True),
    Condition(name="no attention", without=("attention",), matched=True),
    Condition(name="LSTM alone, matched", rival="lstm"),
    Condition(name="GRU alone, matched", rival="gru"),
    Condition(name="no residual around the recurrence", changes={"residual": False}),
    Condition(name="residual gain from 0", changes={"residual_gain": 0.0}),
    Condition(name="encoders pretrained as language models", encoders="language-model"),
    Condition(name="encoders pretrained on the task", encoders="task"),
    Condition(name="random word vectors", vectors=False),
    Condition(name="distilled", taught=True),
    Condition(name="distilled, unlabelled sentences too", taught=True, unlabelled=True),
)


def run(
    sources: TextDataConfig,
    test: str,
    long: str,
    config: TextConfig,
    recipe: Recipe,
    seeds: Sequence[int],
    only: Sequence[str] = (),
    table: Path = ABLATIONS,
    runs: Path = Path("runs"),
) -> list[dict]:
    """Trains every condition with every seed, and writes a row of the table after each; rows that are there already
    are kept, so an interrupted run goes on where it was.

    Args:
        sources: with word vectors, a teacher and files of unlabelled texts: each condition takes its part of it.
        test: file of labelled texts on which accuracies are measured; nothing is chosen on it.
        long: file of longer texts of the same task.
        only: names of conditions, or beginnings of names; all if empty.

    Raises:
        InputError: where `only` names no condition or the teacher is missing, and see `TextData`.
    """
    conditions = chosen(CONDITIONS, only)
    if not sources.teachers and any(each.taught for each in conditions):
        raise InputError("The distilled conditions need a teacher: name one, or leave them out.")
    tests = _Tests(test, long)

    @cache
    def material(vectors: bool, taught: bool, unlabelled: bool) -> TextData:
        taken = replace(
            sources,
            vectors=sources.vectors if vectors else None,
            teachers=sources.teachers if taught else (),
            unlabelled=sources.unlabelled if unlabelled else (),
        )
        return TextData(taken, config, runs)

    def measure(condition: Condition, seed: int) -> dict:
        read = material(condition.vectors, condition.taught, condition.unlabelled)
        return _row(condition, replace(recipe, seed=seed), read, tests, sources, runs)

    return fill_table(table, conditions, seeds, measure)


class _Tests:
    """Rows of the test set and of the long texts, the same for every condition."""

    def __init__(self, test: str, long: str):
        self.name, self.rows = short_path(test), read_texts(test)[0]
        long_rows = read_texts(long)[0]
        self.long_rows = random.Random(0).sample(long_rows, min(_LONG_ROWS, len(long_rows)))
        self.shuffled = [replace(row, text=_shuffle(row)) for row in self.rows]


def _shuffle(row: TextRow) -> str:
    words = row.text.split()
    random.Random(row.line).shuffle(words)
    return " ".join(words)


def _row(
    condition: Condition, recipe: Recipe, material: TextData, tests: _Tests, sources: TextDataConfig, runs: Path
) -> dict:
    config = replace(material.config, **condition.changes)
    if condition.rival:
        config = rival_config("text", material.config, condition.rival)
    if condition.matched:
        config = matched_units("text", config, material.config)
    folder = runs / folder_name("ablation", condition, recipe.seed)
    encoders = None
    if condition.encoders:
        read = replace(sources, teachers=())  # a language model reads the unlabelled sentences without labels
        pretrain(read, f"{folder.name}-encoders", config, replace(recipe, epochs=2), condition.encoders, runs=runs)
        encoders = runs / f"{folder.name}-encoders"
    model, history, _ = fit_text(material, config, recipe, None, folder, encoders)
    right = _right(model, material, tests.rows)
    return {
        **trained(model, history),
        "test": tests.name,
        "n": len(right),
        "accuracy": _mean(right),
        "shuffled": _mean(_right(model, material, tests.shuffled)),
        "by_length": _by_length(model, material, tests.rows + tests.long_rows),
    }


def _right(model: TextHybrid, material: TextData, rows: list[TextRow]) -> torch.Tensor:
    labels = torch.tensor([material.corpus.raw_labels.index(row.label) for row in rows])
    return text_logits(model, text_ids(material.reader, rows), progress=False).argmax(-1) == labels


def _mean(right: torch.Tensor) -> float:
    return right.float().mean().item()


def _by_length(model: TextHybrid, material: TextData, rows: list[TextRow]) -> dict[str, dict]:
    """Accuracy and number of texts in each bin of lengths; the last one ends where the model stops reading."""
    lengths = torch.tensor([len(ids) for ids in text_ids(material.reader, rows)])
    right = _right(model, material, rows)
    bins = torch.bucketize(lengths, torch.tensor(LENGTHS))
    edges = (0, *LENGTHS, material.config.max_tokens)
    return {
        f"{edges[index] + 1}-{edges[index + 1]}": {"n": int(inside.sum()), "accuracy": _mean(right[inside])}
        for index in range(len(edges) - 1)
        if (inside := bins == index).any()
    }
