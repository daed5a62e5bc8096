"""The scorer of a batch: chunks of rows to labels, probabilities and OOD scores, on one machine as on many."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np

from ..checkpoints.bare import load_bare
from ..data import InputError
from ..data.bulk import TokenRow, by_length, token_rows
from ..data.sample import Reading
from ..data.text import NOTHING_KNOWN, PAD, TextReader
from .passes import Arrays, mask_of, passes_of
from .rows import Results, Row

EXPLANATIONS = ("relevance-propagation",)  # one pass back; other methods take 24 to 192 passes a row
ROWS_PER_CHUNK = {"text": 1000, "image": 64}
_PHOTOS_PER_BATCH = 16
_DECIMALS = 6
Cells = dict[str, Any]
Outcome = Cells | str  # of a row: its cells, or why it is rejected
Outcomes = list[tuple[int, Outcome]]  # with the row's place in the chunk


class Finished(Protocol):
    """Work that was submitted, such as a future."""

    def result(self) -> Outcomes:
        """Return what it came to, once it is done."""


Submit = Callable[[Callable[[], Outcomes]], Finished]


class Scorer:
    """A model that scores chunks of rows.

    Args:
        model: name of a checkpoint.
        explain: one of `EXPLANATIONS`; None for no scores of words or cells.

    Attributes:
        columns: names of the cells of a scored row.

    Raises:
        InputError: for an unknown model, see `load_bare` and `passes_of`.
    """

    def __init__(self, model: str, explain: str | None = None) -> None:
        self._checkpoint, self._explain = load_bare(model), explain
        self._passes = passes_of(self._checkpoint)
        self.columns = (
            *("id", "label", "confidence", *map(probability_column, self._checkpoint.labels)),
            *(("ood_score", "in_domain") if self._checkpoint.ood else ()),
            *(("cut",) if isinstance(self._checkpoint.reader, TextReader) else ()),
            *(("units", "scores") if explain else ()),
        )

    def score(self, rows: Sequence[Row]) -> Results:
        """Return what the rows of a chunk come to."""
        return self.begin(rows, _Now)()

    def begin(self, rows: Sequence[Row], submit: Submit) -> Callable[[], Results]:
        """Begin to score the rows of a chunk.

        Args:
            submit: runs a part of the work, here or elsewhere; parts may run side by side.

        Returns:
            A function that waits for the parts and returns what the rows come to.
        """
        outcomes: dict[int, Outcome] = {number: row.fault for number, row in enumerate(rows) if row.fault}
        sound = [number for number, row in enumerate(rows) if not row.fault]
        if isinstance(self._checkpoint.reader, TextReader):
            parts = self._text_parts(self._checkpoint.reader, rows, sound, outcomes)
        else:
            parts = self._photo_parts(rows, sound)
        begun = [submit(part) for part in parts]

        def finish() -> Results:
            for part in begun:
                outcomes.update(part.result())
            return _results(rows, outcomes)

        return finish

    def _text_parts(
        self, reader: TextReader, rows: Sequence[Row], sound: list[int], outcomes: dict[int, Outcome]
    ) -> Iterator[Callable[[], Outcomes]]:
        read = dict(zip(sound, token_rows(reader, [str(rows[number].source) for number in sound]), strict=True))
        outcomes.update((number, NOTHING_KNOWN) for number in sound if not read[number].is_known)
        known = [number for number in sound if read[number].is_known]
        for batch in by_length([read[number].ids for number in known]):
            numbers = [known[place] for place in batch]
            yield partial(self._scored_texts, numbers, [(rows[each], read[each]) for each in numbers])

    def _scored_texts(self, numbers: list[int], texts: list[tuple[Row, TokenRow]]) -> Outcomes:
        steps = np.array([len(read.ids) for _, read in texts], np.int32)
        ids = np.full((len(texts), steps.max()), PAD, np.int64)
        for place, (_, read) in enumerate(texts):
            ids[place, : len(read.ids)] = read.ids
        scored, check = self._cells(self._passes.outputs(ids, steps), steps), self._checkpoint.writing
        for cells, (row, read) in zip(scored, texts, strict=True):
            if "in_domain" in cells and check is not None and check.notice(read.normalised):
                cells["in_domain"] = False
            cells["cut"] = read.cut
            if self._explain:
                cells |= self._scores(self._checkpoint.reader.read(row.source), cells["label"])
        return list(zip(numbers, scored, strict=True))

    def _photo_parts(self, rows: Sequence[Row], sound: list[int]) -> Iterator[Callable[[], Outcomes]]:
        for start in range(0, len(sound), _PHOTOS_PER_BATCH):
            numbers = sound[start : start + _PHOTOS_PER_BATCH]
            yield partial(self._scored_photos, [(number, rows[number]) for number in numbers])

    def _scored_photos(self, photos: list[tuple[int, Row]]) -> Outcomes:
        outcomes: Outcomes = []
        readings: dict[int, Reading] = {}
        for number, row in photos:
            try:
                readings[number] = self._checkpoint.reader.read(row.source)
            except InputError as error:
                outcomes.append((number, str(error)))
        if not readings:
            return outcomes
        steps = np.array([reading.steps for reading in readings.values()], np.int32)
        inputs = np.concatenate([reading.inputs for reading in readings.values()])
        scored = self._cells(self._passes.outputs(inputs, steps), steps)
        for cells, (number, reading) in zip(scored, readings.items(), strict=True):
            outcomes.append((number, cells | self._scores(reading, cells["label"]) if self._explain else cells))
        return outcomes

    def _cells(self, outputs: Arrays, steps: np.ndarray) -> list[Cells]:
        """Return the cells of a batch that follow from its pass."""
        labels, detector = self._checkpoint.labels, self._checkpoint.ood
        shares = self._checkpoint.temperature.probabilities(outputs["logits"], steps)
        names = [probability_column(label) for label in labels]
        scored: list[Cells] = [
            {"label": labels[best], "confidence": row[best]} | dict(zip(names, row, strict=True))
            for best, row in zip(shares.argmax(-1).tolist(), _rounded(shares), strict=True)
        ]
        if detector is not None:
            distances = detector.scores(outputs, mask_of(steps))
            far = (distances > 1).tolist()
            for cells, score, beyond in zip(scored, _rounded(distances), far, strict=True):
                cells |= {"ood_score": score, "in_domain": not beyond}
        return scored

    def _scores(self, reading: Reading, label: str) -> Cells:
        """Return the words or cells of an input, and what each adds to the logit of its label, as lists in JSON."""
        relevance = self._passes.relevance(reading.inputs, self._checkpoint.labels.index(label))
        scores = np.bincount(reading.token_to_unit, relevance, len(reading.unit_names))
        return {
            "units": json.dumps(reading.unit_names, ensure_ascii=False),
            "scores": json.dumps(_rounded(scores)),
        }


class _Now:
    """Work that is done as soon as it is submitted."""

    def __init__(self, work: Callable[[], Outcomes]) -> None:
        self._outcomes = work()

    def result(self) -> Outcomes:
        """Return what it came to."""
        return self._outcomes


def probability_column(label: str) -> str:
    """Return the name of the column with the probability of a class."""
    return f"p_{label}"


def _rounded(values: np.ndarray) -> list:
    """Return numbers to six decimals: what lies beyond depends on which inputs share a batch."""
    return np.round(values.astype(np.float64), _DECIMALS).tolist()


def _results(rows: Sequence[Row], outcomes: dict[int, Outcome]) -> Results:
    scored: list[Cells] = []
    rejected: list[Cells] = []
    for number, row in enumerate(rows):
        outcome = outcomes[number]
        if isinstance(outcome, str):
            rejected.append({"place": row.place, "id": row.id, "reason": outcome})
        else:
            scored.append({"id": row.id, **outcome})
    return Results(scored, rejected)
