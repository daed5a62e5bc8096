"""Streams of the page: an analysis that comes section by section, and steps on a document that the browser keeps.

The server keeps nothing between two calls: the browser sends the document's first sections, and `extend` reads the
input again out of them. Any process can answer, and nothing is lost when one restarts.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import gradio as gr

from ..nn.lock import MODEL_LOCK
from .errors import answering
from .exports import page_export
from .requests import AnalysePage, Cards, Claims, Extend, ScoreTable, Training, WithOwnModel, read
from .server.observation import model_of, observed
from .steps import cost_of_steps, read_step
from .tables import scored_pieces
from .uploads import is_photo, source_of
from .work import OF_PAGE, Work, begin

if TYPE_CHECKING:
    from ..document import Document

_PROGRESS_EVERY = 0.1  # seconds
_DECODED = threading.BoundedSemaphore(2)  # photos at a time: a large one takes memory while it is decoded


def page_analyse(request: dict) -> Iterator[dict]:
    """Analyse an input: yields the sections of the analysis document one after the other."""
    from ..analysis import cost
    from ..analysis.service import DEFAULT_METHOD, analyse_in_steps

    asked = read(AnalysePage, request)
    source, method = source_of(asked.model, asked.source), asked.method or DEFAULT_METHOD
    steps = analyse_in_steps(asked.model, source, asked.wanted, asked.target or None, method, report=_reporter())
    with _DECODED if is_photo(asked.model) else nullcontext():
        first = next(steps)  # the prediction, which waits for no place
    yield from _changes(None, iter([first]))
    begin(cost.size_of(first), partial(cost.of_sections, asked.wanted), method, _tell_place())
    yield from _changes(first, steps)


def page_extend(request: dict) -> Iterator[dict]:
    """Take further steps on a document: yields the sections that each of them changes."""
    asked, report = read(Extend, request), _reporter()
    document, steps = asked.document, [read_step(step) for step in asked.steps]
    begin(*cost_of_steps(document, [arguments for arguments, _ in steps]), _tell_place())
    for arguments, take in steps:
        for answer in take(document, arguments, report):
            if isinstance(answer, dict):
                yield answer
            else:
                yield from _changes(document, iter([answer]))
                document = answer


def page_cards(request: dict) -> Iterator[dict]:
    """Yield the facts of some models, one after the other."""
    from ..evaluation.reporting.card_facts import facts

    for model in dict.fromkeys(read(Cards, request).models):
        yield facts(model)


def page_leaderboard(request: dict) -> Iterator[dict]:
    """Yield the leaderboards of attribution methods, by modality."""
    from ..evaluation.explanations import leaderboards

    yield leaderboards()


def page_batch(request: dict) -> Iterator[dict]:
    """Score a table of texts, piece by piece."""
    report = _reporter()
    for share, piece in scored_pieces(read(ScoreTable, request)):
        report(share)
        yield piece


def page_claims(request: dict) -> Iterator[dict]:
    """Yield the article's claims with their recorded results; or, of a claim that is named, a result measured now."""
    from ..evaluation.claims import claim_named, in_order
    from ..evaluation.claims.lab.files import recorded, to_dict

    if name := read(Claims, request).name:
        from ..evaluation.claims.lab.machine import run

        yield to_dict(run(claim_named(name), "quick", _reporter()))
        return
    for claim in in_order():
        about = {"name": claim.name, "place": claim.place, "sentence": claim.sentence, "method": claim.method}
        result = recorded(claim.name)
        yield about | {"result": to_dict(result) if result else None}


def page_training(request: dict) -> Iterator[dict]:
    """Yield a small hybrid after every epoch of a training that goes on meanwhile; at the end, the checkpoint."""
    from ..evaluation.claims.lab.live_training import LiveTraining
    from ..evaluation.claims.lab.own_model import keep

    seed = read(Training, request).seed
    training = LiveTraining(seed)
    for frame in training.frames(_reporter()):
        yield asdict(frame)
    yield {"own": asdict(keep(training.model, frame.accuracy, training.tested, seed))}


def _changes(before: "Document | None", steps: "Iterator[Document]") -> Iterator[dict]:
    from ..document import changes

    for document in steps:
        yield changes(before, document)
        before = document


def _reporter() -> Callable[[float], None]:
    """Return a report that shows the share done, and that ends the work when its visitor has left or said stop."""
    progress, said = gr.Progress(), 0.0

    def report(share: float) -> None:
        nonlocal said
        MODEL_LOCK.errand().check()
        if time.monotonic() - said > _PROGRESS_EVERY:
            said = time.monotonic()
            progress(share)

    return report


def _tell_place() -> Callable[[int, float], None]:
    """Return a function that shows the place in the queue of long work, and the seconds until its turn."""
    progress = gr.Progress()
    return lambda place, seconds: progress(0.0, desc=f"queue {place} {seconds:.0f}")


def _in_turn(handler: Callable[[dict], Iterator[dict]]) -> Callable[[dict], Iterator[dict]]:
    """Wrap a handler so that it works in turn with others, what is short before what is long.

    Gradio may take each step of a stream in another thread, therefore it is said anew for each; and so is the model of
    the visitor's own that the request brings along.
    """

    def run(request: dict) -> Iterator[dict]:
        work, answers, lent = Work.of_queue(OF_PAGE), handler(request), _own_model(request)
        try:
            while True:
                with MODEL_LOCK.on(work), lent():
                    answer = next(answers, None)
                if answer is None:
                    return
                yield answer
        finally:
            work.end()

    return run


def _own_model(request: dict) -> Callable[[], AbstractContextManager[None]]:
    """Return what lends the model that a visitor trained, where the request brings its weights along; else nothing."""
    weights = read(WithOwnModel, request).own
    if not weights:
        return nullcontext
    from ..analysis.registry import lent
    from ..evaluation.claims.lab.own_model import restore

    return partial(lent, restore(weights))


def _ending(name: str, handler: Callable[[dict], Iterator[dict]]) -> Callable:
    """Wrap a handler so that bad input reaches the visitor as a sentence, and work that nobody waits for just ends."""

    def run(request: dict) -> Any:  # Gradio reads these types
        with answering(name), observed(name, model_of(request)):
            yield from handler(request)

    return run


def register() -> None:
    """Add the streams to the page that is being built."""
    lanes: dict[str, tuple[Callable[[dict], Iterator[dict]], str, int]] = {  # handler, concurrency group and its limit
        # A lane is wider than the places for long work: what is short passes by what waits for one.
        "page_analyse_text": (_in_turn(page_analyse), "text", 16),
        "page_extend": (_in_turn(page_extend), "text", 16),
        "page_analyse_photo": (_in_turn(page_analyse), "photo", 10),
        "page_measure": (_in_turn(page_extend), "measure", 4),
        "page_export": (page_export, "export", 1),
        "page_batch": (_in_turn(page_batch), "batch", 1),
        "page_cards": (page_cards, "cards", 4),
        "page_leaderboard": (page_leaderboard, "cards", 4),
        # Each takes seconds of a processor core: one after the other, and none that waits for a prediction.
        "page_claims": (_in_turn(page_claims), "claims", 1),
        "page_training": (_in_turn(page_training), "claims", 1),
    }
    for name, (handler, lane, limit) in lanes.items():
        gr.api(
            _ending(name, handler),
            api_name=name,
            api_visibility="undocumented",
            concurrency_id=lane,
            concurrency_limit=limit,
        )
