"""Wrong calls by the thousand, seeded, on a server of its own: what is answered by no sentence is counted."""

import json
import random
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx

from ..evaluation.reporting.markdown import table
from .page import Page, server
from .timing import LONG_TEXT, PHOTO_MODEL, TEXT_MODEL, TEXTS, inputs

_SLOW = 10.0  # seconds
_MOST_EXAMPLES = 12
_TRACEBACK, _MOST_OF_TRACEBACK = "Traceback (most recent call last)", 3000
_VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 1, 3.5, 2**63, -(2**70), 1e308),
    *("", " ", "\0", "\ud83d", "é" * 1000, "a" * 100_000, "́" * 500, "<script>alert(1)</script>", "{{7*7}}"),
    *("../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "http://127.0.0.1:1/", "http://169.254.169.254/"),
    *("\\\\host\\share", "false", "none", "NaN", "0; DROP TABLE"),
    *([], {}, [[]], [None], ["#1"], ["#0"], ["1,1"], {"a": {"b": {}}}, [1] * 1000),
    *({"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}, {"url": "http://127.0.0.1:1/x.png"}),
    *({"example": "../gallery.json"}, {"path": 3, "meta": 4}),
)
_GOOD: tuple[Any, ...] = (
    TEXT_MODEL,
    PHOTO_MODEL,
    *TEXTS[:2],
    LONG_TEXT,
    "positive",
    "occlusion",
    "kernel-shap",
    0,
    [0],
)
_KEYS = ("model", "source", "wanted", "method", "target", "document", "steps", "kind", "view", "choices", "models")
_PATHS = (
    *("/gradio_api/run/predict", "/gradio_api/api/analyse", "/gradio_api/call/nothing", "/gradio_api/run/nothing"),
    *("/gradio_api/file=/etc/passwd", "/gradio_api/file=../../etc/passwd", "/gradio_api/queue/join", "/v1/predict"),
    *("/gradio_api/upload", "/config", "/gradio_api/info", "/examples/../gallery.json", "/%2e%2e/%2e%2e/etc/passwd"),
)


def fuzz(calls: int, seed: int = 0) -> dict[str, Any]:
    """Call all endpoints of a fresh server with wrong arguments, one after the other.

    Returns:
        Numbers of the calls by outcome: answered, refused with a sentence, and what must not be, with examples.
    """
    draws, outcomes, slowest = random.Random(seed), Counter[str](), 0.0
    examples: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "server.log"
        with server("app.py", log=log) as (address, _, _):
            page = Page(address)
            names = sorted(event["api_name"] for event in page.config["dependencies"] if event["api_name"])
            photo = page.upload(inputs()[1])
            for number in range(calls):
                made = _made(draws, names, photo)
                outcome, took = _outcome(page, address, *made)
                slowest = max(slowest, took)
                for each in {outcome, *(["over 10 s"] if took > _SLOW else [])}:
                    outcomes[each] += 1
                    if each not in ("answered", "refused") and len(examples) < _MOST_EXAMPLES:
                        examples.append(f"{each}, call {number}: {made[0]} {str(made[1])[:200]}")
        said = log.read_text(encoding="utf-8", errors="replace")
        tracebacks = said.count(_TRACEBACK)
        if tracebacks:
            examples.append(said[said.index(_TRACEBACK) :][:_MOST_OF_TRACEBACK])
    counted = ("answered", "refused", "null", "5xx", "over 10 s", "lost")
    return {
        "calls": calls,
        "seed": seed,
        "outcomes": {name: outcomes[name] for name in counted},
        "tracebacks": tracebacks,
        "slowest_s": round(slowest, 2),
        "examples": examples,
    }


def fuzz_table(figures: dict[str, Any]) -> str:
    """Return the table of `fuzz`."""
    rows = [
        ("Machine", figures["machine"]),
        ("Calls; seed", f"{figures['calls']}; {figures['seed']}"),
        *((name.capitalize(), count) for name, count in figures["outcomes"].items()),
        ("Tracebacks in the log", figures["tracebacks"]),
        ("Longest wait for an answer, or for the next part of one, s", figures["slowest_s"]),
    ]
    return table(("quantity", "measured"), rows)


def _made(draws: random.Random, names: list[str], photo: dict[str, Any]) -> tuple[str, Any]:
    """Return an endpoint with its arguments, or a path with the body of a request."""
    if draws.random() < 0.1:
        body = draws.choice(
            [b"", b"{", b"\xff\xfe", b"[" * 10_000, json.dumps({"data": draws.choice(_VALUES)}).encode()]
        )
        return draws.choice(_PATHS), body
    name = draws.choice(names)

    def value() -> Any:
        return draws.choice((*_GOOD, photo) if draws.random() < 0.6 else _VALUES)

    if name.startswith("page_"):
        request = {key: value() for key in draws.sample(_KEYS, draws.randrange(len(_KEYS)))}
        if draws.random() < 0.5:
            request |= {"model": draws.choice((TEXT_MODEL, PHOTO_MODEL)), "source": draws.choice((*TEXTS[:2], photo))}
        return name, [request if draws.random() < 0.9 else value()]
    arguments = [value() for _ in range(draws.randrange(8))]
    if arguments and draws.random() < 0.7:
        arguments[0] = PHOTO_MODEL if name.endswith("_image") else TEXT_MODEL
    return name, arguments


def _outcome(page: Page, address: str, name: str, arguments: Any) -> tuple[str, float]:
    """Return "answered", "refused" with a sentence, "null" for an error that says nothing, "5xx" or "lost"; and the
    seconds of the longest wait for an answer, of a stream for its next part."""
    started = time.perf_counter()
    try:
        if not name.startswith("/"):
            return _queued(page, name, arguments)
        outcome = _posted(address + name, arguments)
    except httpx.HTTPStatusError as error:
        outcome = _of_status(error.response.status_code)
    except (httpx.HTTPError, RuntimeError, json.JSONDecodeError):
        outcome = "lost"
    return outcome, time.perf_counter() - started


def _queued(page: Page, name: str, arguments: Any) -> tuple[str, float]:
    longest, heard = 0.0, time.perf_counter()
    answer: dict[str, Any] = {}
    for answer in page.messages(page.event(name), arguments):
        if answer["msg"] in ("process_generating", "process_completed"):
            longest, heard = max(longest, time.perf_counter() - heard), time.perf_counter()
    if answer["success"]:
        return "answered", longest
    error = answer["output"].get("error")
    return "refused" if isinstance(error, str) and error else "null", longest


def _posted(url: str, body: bytes) -> str:
    answer = httpx.post(url, content=body, headers={"content-type": "application/json"}, timeout=60)
    return _of_status(answer.status_code)


def _of_status(status: int) -> str:
    return "5xx" if status >= 500 else "answered" if status < 400 else "refused"
