"""Streams of the page: an analysis that comes section by section, and steps on a document that the browser keeps.

The server keeps nothing between two calls: the browser sends the document's first sections, and `extend` reads the
input again out of them. Any process can answer, and nothing is lost when one restarts.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.context import LocalContext

from ..data import InputError
from ..data.seeds import whole_seed
from ..nn.lock import MODEL_LOCK
from .errors import error_of
from .exports import page_export
from .steps import STEPS, document_in, list_in, text_in
from .uploads import source_of

if TYPE_CHECKING:
    from ..document import Document

_PROGRESS_EVERY = 0.1  # seconds


class _Left(Exception):
    """Nobody waits for the answer any more."""


def page_analyse(request: dict) -> Iterator[dict]:
    """Analyse an input: yields the sections of the analysis document one after the other."""
    from ..analysis.service import DEFAULT_METHOD, analyse_in_steps

    model = text_in(request, "model")
    steps = analyse_in_steps(
        model,
        source_of(model, request.get("source")),
        tuple(map(str, list_in(request, "wanted"))),
        text_in(request, "target") or None,
        text_in(request, "method") or DEFAULT_METHOD,
        report=_reporter(),
    )
    yield from _changes(None, steps)


def page_extend(request: dict) -> Iterator[dict]:
    """Take further steps on a document: yields the sections that each of them changes."""
    document, report = document_in(request), _reporter()
    for step in list_in(request, "steps"):
        name = "section" if text_in(step, "section") else text_in(step, "edit") or text_in(step, "name")
        if name not in STEPS:
            raise InputError(f"There is no step {name[:60]!r}: there is {', '.join(STEPS)}.")
        for answer in STEPS[name](document, step, report):
            if isinstance(answer, dict):
                yield answer
            else:
                yield from _changes(document, iter([answer]))
                document = answer


def page_cards(request: dict) -> Iterator[dict]:
    """Yield the facts of some models, one after the other."""
    from ..evaluation.reporting.card_facts import facts

    models = list_in(request, "models")
    if not all(isinstance(model, str) for model in models):
        raise InputError("models must be a list of names.")
    for model in dict.fromkeys(models):
        yield facts(model)


def page_leaderboard(request: dict) -> Iterator[dict]:
    """Yield the leaderboards of attribution methods, by modality."""
    from ..evaluation.explanations import leaderboards

    yield leaderboards()


def page_claims(request: dict) -> Iterator[dict]:
    """Yield the article's claims with their recorded results; or, of a claim that is named, a result measured now."""
    from ..evaluation.claims import claim_named, in_order
    from ..evaluation.claims.lab.files import recorded, to_dict

    if name := text_in(request, "name"):
        from ..evaluation.claims.lab.machine import run

        yield to_dict(run(claim_named(name), "quick", _reporter()))
        return
    for claim in in_order():
        about = {"name": claim.name, "place": claim.place, "sentence": claim.sentence, "method": claim.method}
        result = recorded(claim.name)
        yield about | {"result": to_dict(result) if result else None}


def page_training(request: dict) -> Iterator[dict]:
    """Yield a small hybrid after every epoch of a training that goes on meanwhile."""
    from ..evaluation.claims.lab.live_training import train_live

    for frame in train_live(whole_seed(request.get("seed", 0)), _reporter()):
        yield asdict(frame)


def _changes(before: "Document | None", steps: "Iterator[Document]") -> Iterator[dict]:
    from ..document import changes

    for document in steps:
        yield changes(before, document)
        before = document


def _reporter() -> Callable[[float], None]:
    """Return a report that shows the share done, and that ends the work when its visitor has left or said stop."""
    progress = gr.Progress()
    said, event_id, blocks = 0.0, LocalContext.event_id.get(None), LocalContext.blocks.get(None)

    def report(share: float) -> None:
        nonlocal said
        event = blocks._queue.event_ids_to_events.get(event_id) if blocks and event_id else None
        if event is not None and not event.alive:
            raise _Left
        if time.monotonic() - said > _PROGRESS_EVERY:
            said = time.monotonic()
            progress(share)

    return report


def _urgent(handler: Callable[[dict], Iterator[dict]]) -> Callable[[dict], Iterator[dict]]:
    """Wrap a handler so that its passes through a model go before those of others.

    Gradio may take each step of a stream in another thread, therefore it is said anew for each.
    """

    def run(request: dict) -> Iterator[dict]:
        answers = handler(request)
        while True:
            with MODEL_LOCK.urgent():
                answer = next(answers, None)
            if answer is None:
                return
            yield answer

    return run


def _ending(handler: Callable[[dict], Iterator[dict]]) -> Callable:
    """Wrap a handler so that bad input reaches the visitor as a sentence, and work that nobody waits for just ends."""

    def run(request: dict) -> Any:  # Gradio reads these types
        try:
            if not isinstance(request, dict):  # it is whatever came over HTTP
                raise InputError("A request must be an object.")
            yield from handler(request)
        except InputError as error:
            raise error_of(error) from error
        except _Left:
            return

    return run


def register() -> None:
    """Add the streams to the page that is being built."""
    lanes: dict[str, tuple[Callable[[dict], Iterator[dict]], str, int]] = {  # handler, concurrency group and its limit
        # Texts take fractions of a second and wait for no photo and no measurement, but for the pass that one is in.
        "page_analyse_text": (_urgent(page_analyse), "text", 2),
        "page_extend": (_urgent(page_extend), "text", 2),
        "page_analyse_photo": (page_analyse, "photo", 1),
        # Measurements take seconds, and give the models' lock back after each pass.
        "page_measure": (page_extend, "measure", 2),
        "page_export": (page_export, "export", 1),
        "page_cards": (page_cards, "cards", 4),
        "page_leaderboard": (page_leaderboard, "cards", 4),
        # Each takes seconds of a processor core: one after the other, and none that waits for a prediction.
        "page_claims": (page_claims, "claims", 1),
        "page_training": (page_training, "claims", 1),
    }
    for name, (handler, lane, limit) in lanes.items():
        gr.api(
            _ending(handler),
            api_name=name,
            api_visibility="undocumented",
            concurrency_id=lane,
            concurrency_limit=limit,
        )
