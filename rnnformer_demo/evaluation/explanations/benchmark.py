"""Benchmarks of explanations: inputs whose explanations can be scored, and sums of the scores."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from ...checkpoints.store import Checkpoint
from ...data import InputError, Sample
from ...data.rows import Rejected
from ...interpret.attribution import Explanation, checked_method, current_name, explain, methods_for
from ...models import Hybrid
from .journal import Entry, Journal
from .scoring import Part, interval, mean

Parts = dict[str, Part | None]  # by measure; None where the measure is not defined for an input
Reference = Parts | Callable[[], Parts]  # a function where they take seconds


@dataclass(frozen=True)
class Measure:
    """A figure of merit.

    Attributes:
        title: its name in tables.
        about: its definition, in one sentence.
        unit: "%" for shares, "" for correlations.
    """

    title: str
    about: str
    unit: str = "%"


@dataclass(frozen=True)
class Example:
    """One input whose truth is known.

    Attributes:
        model: the one whose decision is explained.
        sample: its input.
        target: index of the class that is explained.
        score: takes an explanation, gives its part of each measure.
        references: the same for answers that need no explanation, by their name.
        group: number of the model, where the inputs are shared out among several.
    """

    model: Hybrid
    sample: Sample
    target: int
    score: Callable[[Explanation], Parts]
    references: Mapping[str, Reference]
    group: int = 0


class Skipped(Exception):
    """A good row that says nothing about explanations of this model; its message counts as the reason."""


@dataclass(frozen=True)
class RowSet:
    """The content of a file: its name in results, the rows with the line of each, and the lines that were rejected.

    `notices` say how it was read.
    """

    data: str
    rows: list[tuple[int, Any]]
    rejected: list[Rejected] = field(default_factory=list)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Benchmark:
    """A kind of ground truth, and the way from its files to examples.

    Attributes:
        name: id in results.
        modality: modality of the models that read it, "text" or "image".
        inputs: the noun for its inputs, in the plural.
        explained: the class that is explained, in words.
        measures: its figures of merit by name, the one to cite first.
        find: the file to read at a path; None where there is nothing of this kind.
        read: reads that file.
        make_example: makes an example of a row; raises `Skipped` or `InputError`.
        check: refuses a checkpoint that it does not fit, with an InputError.
        by_sign: scores are judged by their sign, so methods whose scores have none are left out.
        tabular: `find` and `read` take `TableOptions`, too.
        labelled: its rows have a `label`, which `read_rows` replaces by the name of the class.
    """

    name: str
    modality: str
    inputs: str
    explained: str
    measures: dict[str, Measure]
    find: Callable[..., Path | None]
    read: Callable[..., RowSet]
    make_example: Callable[[Checkpoint, Any], Example]
    check: Callable[[Checkpoint], Any] = lambda checkpoint: None
    by_sign: bool = False
    tabular: bool = False
    labelled: bool = False


def chosen_methods(methods: Sequence[str] | None, layout: str) -> list[str]:
    """Return the names of methods that work on a layout: all of them for None. Ids of the last version become today's.

    A method with an option, such as "relevance-propagation:rule=attn-lrp", stands beside the one without.

    Raises:
        InputError: for a name or an option that is unknown or does not fit.
    """
    fitting = [method.name for method in methods_for(layout)]
    if methods is None:
        return fitting
    wanted: dict[str, list[str]] = {}  # as they were written, by method
    for written in methods:
        name, options = parse_method(written)
        if name not in fitting:
            raise InputError(f"There is no method {name[:60]!r} for this model: there is {', '.join(fitting)}.")
        checked_method(name, layout, options)
        wanted.setdefault(name, []).append(":".join([name, *written.split(":")[1:]]))
    return [each for name in fitting for each in dict.fromkeys(wanted.get(name, ()))]


def parse_method(written: str) -> tuple[str, dict[str, Any]]:
    """Return the id of a method and its options, which may follow after a colon: "method:option=value,option=value".

    Raises:
        InputError: for an option without a value.
    """
    name, _, rest = written.partition(":")
    pairs = [each.partition("=") for each in rest.split(",")] if rest else []
    if not all(value for _, _, value in pairs):
        raise InputError(f"Options of a method are written method:option=value, got {written[:60]!r}.")
    return current_name(name)[0], {option: value for option, _, value in pairs}


def explain_as(model: Hybrid, sample: Sample, target: int, written: str, seed: int) -> Explanation:
    """Explain an input by a method as `parse_method` reads it; see `explain`."""
    name, options = parse_method(written)
    return explain(model, sample, target, name, seed=seed, **options)


class ScoreAccumulator:
    """Sums of the scores of explanations and references, one input after the other.

    Args:
        measures: names of the measures.
        seed: seed of the bootstrap.
        journal: where what was measured stands.

    Attributes:
        refused: methods that do not fit the model, with the reason.
        inputs: number of those that were added.
    """

    def __init__(self, measures: Sequence[str], seed: int, journal: Journal):
        self._measures, self._seed, self._journal = measures, seed, journal
        self._parts: dict[tuple[str, str], list[Parts]] = {}
        self._seconds: dict[str, list[float]] = {}
        self._groups: list[int] = []
        self.refused: dict[str, str] = {}
        self.inputs = 0

    def add(self, example: Example, methods: Sequence[str], seed: int) -> None:
        """Explain one input with each of the methods but those that do not fit the model.

        Raises:
            InputError: where none fits.
        """
        for method in [name for name in methods if name not in self.refused]:
            try:
                entry = self._journal.entry(method, self.inputs, partial(_measured, example, method, seed))
            except InputError as error:
                self.refused[method] = str(error)
                if len(self.refused) == len(methods):
                    raise InputError(f"No method fits this model: {error}") from error
                continue
            self._seconds.setdefault(method, []).append(entry.seconds)
            self._parts.setdefault(("methods", method), []).append(entry.parts)
        for name, reference in example.references.items():
            parts = self._journal.whole(f"{name} of {self.inputs}", reference) if callable(reference) else reference
            self._parts.setdefault(("references", name), []).append(parts)
        self._groups.append(example.group)
        self.inputs += 1

    def figures(self) -> dict[str, dict]:
        """Return `methods` and `references`: of each, by measure, the value with its 95 % interval, `n` (of what the
        measure counts: inputs, or phrases), the number of inputs for which it is `undefined`, and where there are
        groups the value in each as `by_group`; `seconds` an input."""
        figures: dict[str, dict] = {"methods": {}, "references": {}}
        for (group, name), scored in self._parts.items():
            figures[group][name] = {"measures": self._by_measure(scored)}
        for method, seconds in self._seconds.items():
            figures["methods"][method]["seconds"] = round(sum(seconds) / len(seconds), 3)
        return figures

    def _by_measure(self, scored: list[Parts]) -> dict[str, dict]:
        figures = {}
        for measure in self._measures:
            parts = [part[measure] for part in scored]
            defined = [part for part in parts if part is not None]
            figures[measure] = figure(defined, len(parts) - len(defined), self._seed)
            if len(set(self._groups)) > 1:
                figures[measure]["by_group"] = self._by_group(parts)
        return figures

    def _by_group(self, parts: Sequence[Part | None]) -> list[float | None]:
        groups: dict[int, list[Part]] = {group: [] for group in sorted(set(self._groups))}
        for group, part in zip(self._groups, parts, strict=True):
            groups[group] += [part] if part else []
        return [mean(inside) if inside else None for inside in groups.values()]


def _measured(example: Example, method: str, seed: int) -> Entry:
    """Explain an input with a method, and score the explanation.

    Raises:
        InputError: where the method does not fit the model.
    """
    started = time.perf_counter()
    explanation = explain_as(example.model, example.sample, example.target, method, seed)
    explained = time.perf_counter()
    parts = example.score(explanation)
    return Entry(parts, explained - started, time.perf_counter() - explained)


def figure(parts: Sequence[Part], undefined: int, seed: int) -> dict[str, Any]:
    """Return a value with its 95 % interval; both are None where no input counts."""
    count = sum(of for _, of in parts)
    if not count:
        return {"value": None, "interval": None, "n": 0, "undefined": undefined}
    low, high = interval(parts, seed)
    return {"value": mean(parts), "interval": [low, high], "n": round(count), "undefined": undefined}


def words_of_tokens(tokens: Sequence[str], sample: Sample) -> Iterator[list[int]]:
    """Yield the indices of the words in each token of a text whose tokens were joined by blanks, as the model's reader
    cuts them; none for a token beyond the end of the sample."""
    spans, first, start = sample.spans, 0, 0
    for token in tokens:
        end = start + len(token)
        while first < len(spans) and spans[first][1] <= start:
            first += 1
        last = first
        while last < len(spans) and spans[last][0] < end:
            last += 1
        yield list(range(first, last))
        start = end + 1
