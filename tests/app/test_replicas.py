"""Several replicas of the server, as processes: behind nginx, one of them killed; and how each of them ends."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import tiny

from rnnformer_demo.bench import Page

TEXT = "A clumsy film with a big heart."
LONG = "It is a film that never quite decides what it wants to be, and is the better for it. " * 8
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition: Callable[[], bool], what: str) -> None:
    ends = time.monotonic() + 180  # the machine may be busy
    while not condition():
        assert time.monotonic() < ends, what
        time.sleep(0.05)


class Replica:
    """A server of its own process, with one model."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}/"
        self.log = folder / f"{self.port}.log"
        environment = os.environ | {
            "RNNFORMER_PORT": str(self.port),
            "RNNFORMER_MODELS": "sentiment-en",
            "GRADIO_TEMP_DIR": str(folder / "uploads"),
        }
        with self.log.open("wb") as log:
            command = [sys.executable, "app.py"]
            self.process = subprocess.Popen(command, cwd=tiny.ROOT, env=environment, stdout=log, stderr=log)

    def status(self, path: str) -> int:
        """The status of an answer, 0 where nothing listens."""
        try:
            return httpx.get(self.address + path, timeout=30).status_code
        except httpx.TransportError:
            return 0

    def figure(self, name: str) -> float:
        """A figure of its metrics, 0 where there is none yet."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", httpx.get(f"{self.address}metrics").text, re.MULTILINE)
        return float(found[1]) if found else 0.0

    def end(self, number: int) -> int:
        """Sends a signal, and returns the exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture(scope="module")
def replicas(tmp_path_factory) -> Iterator[list[Replica]]:
    folder = tmp_path_factory.mktemp("replicas")
    replicas = [Replica(folder) for _ in range(2)]
    try:
        for replica in replicas:
            wait_for(lambda replica=replica: replica.status("readyz") == 200, "a replica is not ready")
        yield replicas
    finally:
        for replica in replicas:
            replica.process.kill()
            replica.process.wait()


@pytest.fixture(scope="module")
def front(replicas, tmp_path_factory) -> Iterator[str]:
    """The address of nginx with the configuration of the project, but for its ports."""
    if not NGINX:
        pytest.skip("nginx is not installed")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    text = (tiny.ROOT / "rnnformer_demo/api/server/nginx.conf").read_text("utf-8")
    for old, new in (("7860", port), ("7861", replicas[0].port), ("7862", replicas[1].port)):
        assert f"127.0.0.1:{old}" in text
        text = text.replace(f"127.0.0.1:{old}", f"127.0.0.1:{new}")
    (folder / "nginx.conf").write_text(text, encoding="utf-8")
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([NGINX, "-p", str(folder), "-c", "nginx.conf"], stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}/"
    try:
        wait_for(lambda: process.poll() is not None or _answers(address), (folder / "log").read_text())
        yield address
    finally:
        process.terminate()
        process.wait()


def _answers(address: str) -> bool:
    try:
        return httpx.get(address).status_code == 200
    except httpx.TransportError:
        return False


def analysed(page: Page) -> dict:
    """The document that the page makes of the text, which its permalink asks for, too."""
    request = {"model": "sentiment-en", "source": TEXT, "wanted": ["attribution"]}
    document: dict = {}
    for message in page.messages(page.event("page_analyse_text"), [request]):
        if message["msg"] == "process_generating":
            document |= message["output"]["data"][0]
    return document


def extended(page: Page, document: dict) -> dict:
    """What a further step of the page adds to a document."""
    messages = page.messages(page.event("page_extend"), [{"document": document, "steps": [{"section": "prefixes"}]}])
    (answer,) = [message["output"]["data"][0] for message in messages if message["msg"] == "process_generating"]
    return answer


def test_a_replica_goes_on_with_the_document_of_another(replicas):
    first, second = (Page(replica.address) for replica in replicas)
    document = analysed(first)
    assert extended(second, document)["prefixes"]
    assert analysed(second)["prediction"]["probabilities"] == document["prediction"]["probabilities"]


def test_behind_nginx_a_visitor_stays_with_one_and_goes_on_when_it_is_killed(replicas, front):
    page = Page(front)
    assert page.config["root"] == front.rstrip("/")
    cookie = httpx.get(front).cookies["replica"]
    assert "replica" not in httpx.get(front, cookies={"replica": cookie}).cookies
    page.http.cookies.set("replica", cookie)
    name = 'rnnformer_requests_total{kind="page_analyse_text",outcome="done"}'
    before = [replica.figure(name) for replica in replicas]
    document = [analysed(page) for _ in range(4)][-1]
    done = [replica.figure(name) - count for replica, count in zip(replicas, before, strict=True)]
    assert sorted(done) == [0, 4]
    assert httpx.get(f"{front}metrics").status_code == 404

    killed = replicas.pop(done.index(4))
    asked = {"model": "sentiment-en", "text": LONG, "method": "kernel-shap"}
    measuring = threading.Thread(target=_post, args=(f"{killed.address}v1/analyse?sections=attribution,trust", asked))
    measuring.start()
    wait_for(lambda: killed.figure("rnnformer_running") == 1, "nothing is measured")
    assert killed.end(signal.SIGINT) == 0, killed.log.read_text()
    measuring.join()

    assert extended(page, document)["prefixes"]
    assert analysed(page)["prediction"]["probabilities"] == document["prediction"]["probabilities"]
    for _ in range(4):
        asked = {"model": "sentiment-en", "text": TEXT}
        assert httpx.post(f"{front}v1/predict", json=asked, timeout=30).json()["prediction"]["label"] == "positive"


def _post(address: str, asked: dict) -> httpx.Response | None:
    try:
        return httpx.post(address, json=asked, timeout=120)
    except httpx.TransportError:
        return None


def test_after_sigterm_running_answers_are_delivered(replicas):
    replica = replicas[-1]
    answers: list[httpx.Response | None] = []
    asked = {"model": "sentiment-en", "text": LONG, "method": "occlusion"}
    address = f"{replica.address}v1/analyse?sections=attribution,prefixes"
    asking = threading.Thread(target=lambda: answers.append(_post(address, asked)))
    asking.start()
    wait_for(lambda: replica.figure("rnnformer_running") == 1, "nothing runs")
    replica.process.send_signal(signal.SIGTERM)
    wait_for(lambda: replica.status("readyz") in (503, 0), "it still takes work")
    asking.join()
    assert answers[0] is not None
    assert answers[0].json()["attribution"]["method"] == "occlusion"
    assert replica.process.wait(60) == 0, replica.log.read_text()
    assert LONG[:20] not in replica.log.read_text()
