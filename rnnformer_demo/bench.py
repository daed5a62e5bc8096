"""Start-up, latency and memory on this machine: `python -m rnnformer_demo bench`."""

import os
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent
_EMPTY_APP = "import gradio as gr\nwith gr.Blocks() as demo:\n    pass\ndemo.launch(quiet=True)"
_STARTS = 3
_READING_SECONDS = 5  # what a visitor takes from seeing the page to the first click, at the least
_ANALYSES_FOR_MEMORY = 50
_START_TIMEOUT = 120
TEXT_MODEL, PHOTO_MODEL = "sentiment-en", "caltech101"


def run(runs: int) -> dict[str, Any]:
    """Measures everything and returns it: seconds, milliseconds and megabytes, by name."""
    import torch

    figures: dict[str, Any] = {"threads": torch.get_num_threads(), "processors": os.cpu_count()}
    figures |= _first_page()
    figures |= _served()
    figures |= _latencies(runs)
    return figures


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def _server(*command: str) -> Iterator[tuple[str, int, float]]:
    """Starts a page and yields its address, its process id and the seconds until its first page came."""
    port = _free_port()
    environment = os.environ | {"GRADIO_SERVER_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *command], cwd=_ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
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


def _first_page() -> dict[str, Any]:
    """The app beside an empty Gradio app, in turn: the ratio holds when the machine's speed drifts."""
    pairs = []
    for _ in range(_STARTS):
        seconds = []
        for command in (("app.py",), ("-c", _EMPTY_APP)):
            with _server(*command) as (_, _, first_page):
                seconds.append(first_page)
        pairs.append(seconds)
    return {
        "first_page_s": _median([own for own, _ in pairs]),
        "first_page_empty_app_s": _median([empty for _, empty in pairs]),
        "first_page_ratio": _median([own / empty for own, empty in pairs]),
    }


def _served() -> dict[str, Any]:
    """The first click on a page that has just come, and the server's memory after many analyses."""
    from gradio_client import Client, handle_file

    text, photo = _inputs()
    with _server("app.py") as (address, pid, _):
        client = Client(address, verbose=False)
        time.sleep(_READING_SECONDS)
        first_click = _seconds(lambda: client.predict(TEXT_MODEL, text, api_name="/explain"))
        for _ in range(_ANALYSES_FOR_MEMORY // 2):
            client.predict(TEXT_MODEL, text, api_name="/explain")
            client.predict(PHOTO_MODEL, handle_file(str(photo)), api_name="/explain_image")
        return {"first_click_s": round(first_click, 3), "resident_mb_after_50_analyses": _resident_mb(pid)}


def _resident_mb(pid: int) -> float | None:
    """Resident memory of a process; None where the system has no /proc."""
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return None
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmRSS:")]
    return round(int(line.split()[1]) / 1024, 1)


def _latencies(runs: int) -> dict[str, Any]:
    """Analyses with the figures that the page draws, warm, in this process."""
    from .figures import attention_figure, attribution_figure, states_figure, to_png
    from .pipeline import analyse, predict

    text, photo = _inputs()

    def shown(model: str, source: Any) -> None:
        analysis = analyse(model, source)
        to_png(attribution_figure(analysis))
        to_png(attention_figure(analysis, next(iter(analysis.trace.attention))))
        to_png(states_figure(analysis, next(iter(analysis.trace.states))))

    measured: dict[str, Callable[[], Any]] = {
        "text_predict": lambda: predict(TEXT_MODEL, text),
        "text_analysis": lambda: analyse(TEXT_MODEL, text),
        "text_analysis_with_figures": lambda: shown(TEXT_MODEL, text),
        "photo_predict": lambda: predict(PHOTO_MODEL, photo),
        "photo_analysis": lambda: analyse(PHOTO_MODEL, photo),
        "photo_analysis_with_figures": lambda: shown(PHOTO_MODEL, photo),
    }
    figures: dict[str, Any] = {"text_tokens": int(analyse(TEXT_MODEL, text).sample.mask.sum())}
    for name, work in measured.items():
        work()
        figures[f"{name}_p50_ms"] = round(1000 * _median([_seconds(work) for _ in range(runs)], 5), 1)
    for method in ("occlusion", "pixel-integrated-gradients"):
        work = lambda method=method: analyse(PHOTO_MODEL, photo, method=method)  # noqa: E731
        figures[f"photo_{method}_s"] = _median([_seconds(work) for _ in range(3)])
    return figures


def _inputs() -> tuple[str, Path]:
    text = (
        "An overlong and clumsy film that nevertheless finds, in its last half hour, a tenderness which I did not see "
        "coming; the actors are never less than good, the music is awful, and I can't say that I was bored. "
        "Go and see it for the two sisters, whose quarrel in the kitchen is worth the ticket on its own."
    )
    photo = min((_ROOT / "rnnformer_demo" / "ui" / "examples").glob("*.jpg"))
    return text, photo


def _seconds(work: Callable[[], Any]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _median(values: list[float], digits: int = 3) -> float:
    return round(statistics.median(values), digits)
