"""Waiting times of visitors and memory of the served page, which is spoken to as a browser does."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from .timing import LONG_TEXT, PHOTO_MODEL, ROOT, TEXT_MODEL, inputs, median, seconds_of, text_of_64_tokens

_EMPTY_APP = "import gradio as gr\nwith gr.Blocks() as demo:\n    pass\ndemo.launch(quiet=True)"
_STARTS = 3
_CLICKS_FOR_MEMORY = 25  # of texts, and as many of long texts and of photos
_START_TIMEOUT = 120
SECTIONS = ["attribution", "attention", "recurrence", "prefixes", "interventions"]  # that the page asks for at first
_ANSWER_TIMEOUT = 120


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def server(*command: str, log: Path | None = None) -> Iterator[tuple[str, int, float]]:
    """Start a page and yield its address, its process id and the seconds until its first page came.

    Args:
        log: file that gets what it says.
    """
    port = _free_port()
    environment = os.environ | {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    started = time.perf_counter()
    with (log or Path(os.devnull)).open("w") as said:
        process = subprocess.Popen(
            [sys.executable, *command], cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT
        )
    address = f"http://127.0.0.1:{port}"
    try:
        while not _answers(address):
            if process.poll() is not None or time.perf_counter() - started > _START_TIMEOUT:
                raise RuntimeError(f"{' '.join(command)[:80]} did not start")
            time.sleep(0.02)
        yield address, process.pid, time.perf_counter() - started
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=30) as response:
            return response.status == 200
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def first_page() -> dict[str, Any]:
    """Measure the app and an empty Gradio app in turn: the ratio holds when the machine's speed drifts."""
    pairs = []
    for _ in range(_STARTS):
        seconds = []
        for command in (("app.py",), ("-c", _EMPTY_APP)):
            with server(*command) as (_, _, took):
                seconds.append(took)
        pairs.append(seconds)
    return {
        "first_page_s": median([own for own, _ in pairs]),
        "first_page_empty_app_s": median([empty for _, empty in pairs]),
        "first_page_ratio": median([own / empty for own, empty in pairs]),
    }


class Page:
    """The served page, spoken to as a browser does: raw data to its own events, answers from the queue's stream.

    Attributes:
        http: a client for the page's API routes.
        config: components and events, as the browser gets them.
    """

    def __init__(self, address: str):
        self.config = httpx.get(f"{address.rstrip('/')}/config", timeout=_ANSWER_TIMEOUT).json()
        self.http = httpx.Client(base_url=self.config["root"] + self.config["api_prefix"], timeout=_ANSWER_TIMEOUT)

    def analyse(self, model: str, source: Any) -> dict[str, float]:
        """Click on Analyse; return the seconds until each section was there, by its name.

        Args:
            source: a text, or the answer of `upload`.

        Raises:
            RuntimeError: if the page answers with an error.
        """
        name = "page_analyse_text" if isinstance(source, str) else "page_analyse_photo"
        seconds: dict[str, float] = {}
        started = time.perf_counter()
        for message in self.messages(self.event(name), [{"model": model, "source": source, "wanted": SECTIONS}]):
            if not message.get("success", True):
                raise RuntimeError(f"the page refused: {message['output']}")
            if message["msg"] == "process_generating":
                seconds |= dict.fromkeys(message["output"]["data"][0], time.perf_counter() - started)
        return seconds

    def explain(self, endpoint: str, model: str, source: Any) -> dict:
        """Ask the API for an explanation with its trust card.

        Raises:
            RuntimeError: if the page answers with an error.
        """
        return self.outputs(self.event(endpoint), [model, source, None, None, True, 0, True])[0]

    def event(self, name: str) -> int:
        """Return the number of an event by its name in the API."""
        (event,) = (event for event in self.config["dependencies"] if event["api_name"] == name)
        return event["id"]

    def upload(self, photo: Path) -> dict:
        """Upload a photo and return the page's record of it."""
        answer = self.http.post("/upload", files={"files": (photo.name, photo.read_bytes())}).raise_for_status()
        return {"path": answer.json()[0], "orig_name": photo.name, "meta": {"_type": "gradio.FileData"}}

    def outputs(self, event: int, data: list) -> list:
        """Queue an event and wait for its outputs.

        Raises:
            RuntimeError: if the page answers with an error.
        """
        answer = self.send(event, data)
        if not answer["success"]:
            raise RuntimeError(f"the page refused: {answer['output']}")
        return answer["output"]["data"]

    def send(self, event: int, data: list) -> dict:
        """Queue an event and wait for its message of completion."""
        return deque(self.messages(event, data), maxlen=1).pop()

    def messages(self, event: int, data: list) -> Generator[dict, None, None]:
        """Queue an event and yield the messages of its stream, that of its completion last."""
        session = uuid.uuid4().hex
        joining = {"fn_index": event, "data": data, "session_hash": session, "simple_format": True}
        body, headers = json.dumps(joining), {"content-type": "application/json"}  # ASCII: half a character passes, too
        self.http.post("/queue/join", content=body, headers=headers).raise_for_status()
        with self.http.stream("GET", "/queue/data", params={"session_hash": session}) as stream:
            for line in stream.iter_lines():
                message = json.loads(line.removeprefix("data:")) if line.startswith("data:") else {}
                if message.get("msg"):
                    yield message
                if message.get("msg") == "process_completed":
                    return
        raise RuntimeError("the page ended its answer before it was complete")


def first_click(pause: float) -> float:
    """Return the seconds until the first text analysis of a fresh server, with a pause before the click."""
    texts, _ = inputs()
    with server("app.py") as (address, _, _):
        page = Page(address)
        time.sleep(pause)
        return round(seconds_of(lambda: page.analyse(TEXT_MODEL, next(texts))), 3)


def clicks(runs: int) -> dict[str, Any]:
    """Measure clicks on a warm page, until the whole answer has come; and the server's memory after many."""
    texts, photo = inputs()
    with server("app.py") as (address, pid, _):
        page = Page(address)
        clicks: dict[str, Callable[[], dict[str, float]]] = {
            "text": lambda: page.analyse(TEXT_MODEL, next(texts)),
            "long_text": lambda: page.analyse(TEXT_MODEL, LONG_TEXT),
            "photo": lambda: page.analyse(PHOTO_MODEL, page.upload(photo)),
        }
        seconds: dict[str, list[float]] = {
            f"{name}_{until}": [] for name in clicks for until in ("prediction", "click")
        }
        for done in range(max(runs, _CLICKS_FOR_MEMORY)):
            for name, click in clicks.items():
                started = time.perf_counter()
                sections = click()
                seconds[f"{name}_click"].append(time.perf_counter() - started)
                seconds[f"{name}_prediction"].append(sections["prediction"])
            if done + 1 == _CLICKS_FOR_MEMORY:
                resident = memory_mb(pid, "VmRSS")
        page.explain("explain", TEXT_MODEL, text_of_64_tokens())
        page.explain("explain_image", PHOTO_MODEL, page.upload(photo))
        figures = {f"{name}_p50_ms": round(1000 * median(took[1:], 5), 1) for name, took in seconds.items()}
        return figures | {"resident_mb_after_75_analyses": resident, "resident_mb_peak": memory_mb(pid, "VmHWM")}


def memory_mb(pid: int, entry: str) -> float | None:
    """Return the memory of a process in MB; None where the system has no /proc.

    Args:
        entry: "VmRSS" for the memory that is resident now, "VmHWM" for its peak.
    """
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    (line,) = [line for line in status.read_text().splitlines() if line.startswith(f"{entry}:")]
    return round(int(line.split()[1]) / 1024, 1)


def processor_seconds(pid: int) -> float:
    """Return the processor's seconds that a process has taken, of all its threads; 0 where the system has no /proc."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
