"""What stands around every request: headers, ids, the prefix of a proxy, refusals, streams that pass through."""

import base64
import hashlib
import json
import logging

import anyio
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from rnnformer_demo.api.server import health, metrics, refusals
from rnnformer_demo.api.server.headers import SecurityHeaders, policy
from rnnformer_demo.api.server.logs import LOGGER, log, set_up
from rnnformer_demo.api.server.observation import PACE, observed
from rnnformer_demo.api.server.refusals import DirectCalls, Room
from rnnformer_demo.api.server.requests import Requests, fault
from rnnformer_demo.data import InputError
from rnnformer_demo.nn.lock import Ended


@pytest.fixture
def ending():
    health.ENDING.set()
    yield
    health.ENDING.clear()


def page(_request: Request) -> HTMLResponse:
    return HTMLResponse("<script>let one = 1</script><script src='x.js'></script><p>text</p>")


def broken(_request: Request) -> None:
    raise ZeroDivisionError


def client(*routes: Route, prefix: str = "", around=lambda app: app) -> TestClient:
    app = Starlette(routes=routes, exception_handlers={Exception: fault})
    return TestClient(Requests(around(app), prefix), raise_server_exceptions=False)


def test_the_policy_lets_the_inline_scripts_of_the_page_run_and_no_other():
    answer = client(Route("/", page), around=SecurityHeaders).get("/")
    digest = base64.b64encode(hashlib.sha256(b"let one = 1").digest()).decode()
    assert f"; script-src 'self' 'unsafe-eval' 'sha256-{digest}'; " in answer.headers["content-security-policy"]
    assert answer.text.endswith("<p>text</p>")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert "frame-ancestors 'self' https://huggingface.co https://*.hf.space" in policy()


def test_a_stream_is_passed_on_as_it_comes():
    sent: list[bytes] = []
    seen_before: list[int] = []

    async def parts():
        for part in (b"one", b"two"):
            seen_before.append(len(sent))
            yield part

    async def send(message) -> None:
        if message.get("body"):
            sent.append(message["body"])

    async def receive() -> dict:
        await anyio.sleep_forever()

    async def answer() -> None:
        app = Requests(SecurityHeaders(StreamingResponse(parts(), media_type="text/event-stream")))
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "asgi": {"spec_version": "2.4"}}
        await app(scope, receive, send)

    anyio.run(answer)
    assert (sent, seen_before) == ([b"one", b"two"], [0, 1])


@pytest.mark.parametrize(("prefix", "path"), [("", "/x"), ("/demo", "/demo/x"), ("/demo", "/x")])
def test_a_prefix_may_stand_before_the_path(prefix, path):
    asked = client(Route("/x", lambda request: PlainTextResponse(request.url.path)), prefix=prefix)
    assert asked.get(path).status_code == 200


def test_the_prefix_alone_leads_to_the_page():
    answer = client(Route("/", page), prefix="/demo").get("/demo", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, "/demo/")


def test_a_request_keeps_its_id_or_gets_one():
    asked = client(Route("/", page))
    assert asked.get("/", headers={"x-request-id": "mine-1"}).headers["x-request-id"] == "mine-1"
    assert len(asked.get("/", headers={"x-request-id": "not fit for a log\t"}).headers["x-request-id"]) == 32


def test_a_fault_is_json_with_the_id_under_which_the_log_has_its_traceback(caplog):
    with caplog.at_level(logging.INFO, LOGGER.name):
        answer = client(Route("/", broken)).get("/", headers={"x-request-id": "mine"})
    assert (answer.status_code, answer.json()["request"]) == (500, "mine")
    (record,) = caplog.records
    assert record.facts == {"request": "mine"}
    assert record.exc_info[0] is ZeroDivisionError


def test_where_the_queue_is_full_it_is_said_when_to_come_back(monkeypatch):
    monkeypatch.setattr(PACE, "seconds", 0.5)
    routes = [Route(path, page, methods=["GET", "POST"]) for path in ("/gradio_api/queue/join", "/v1/predict")]
    asked = client(*routes, around=lambda app: Room(app, lambda: 40, 40))
    for path in ("/gradio_api/queue/join", "/v1/predict"):
        answer = asked.post(path)
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "20")
        assert answer.json()["error"] == "40 requests are waiting already: try again in 20 seconds."
        assert asked.get(path).status_code == 200
    assert client(*routes, around=lambda app: Room(app, lambda: 39, 40)).post("/v1/predict").status_code == 200


def test_a_server_that_ends_takes_no_work_and_says_so(ending):
    assert refusals.no_room(0, 40).status_code == 503
    assert json.loads(health.readyz(None).body) == {"status": "ending"}


def counted(outcome: str) -> float:
    return metrics.REGISTRY.get_sample_value("rnnformer_requests_total", {"kind": "test", "outcome": outcome}) or 0


def test_the_outcome_of_each_request_is_counted_and_logged_without_its_text(caplog):
    secret = "what somebody typed"
    before = {outcome: counted(outcome) for outcome in ("done", "refused", "left", "failed")}
    with caplog.at_level(logging.INFO, LOGGER.name):
        with observed("test", "sentiment-en"):
            pass
        with pytest.raises(InputError), observed("test", secret):
            raise InputError(secret)
        with observed("test", None):
            raise Ended
        with pytest.raises(ZeroDivisionError), observed("test", ["no", "name"]):
            raise ZeroDivisionError(secret)
    assert [record.facts["outcome"] for record in caplog.records] == list(before)
    assert [record.facts["model"] for record in caplog.records] == ["sentiment-en", None, None, None]
    assert {outcome: counted(outcome) - count for outcome, count in before.items()} == dict.fromkeys(before, 1)
    assert secret not in str([vars(record) for record in caplog.records])


def test_a_log_is_one_json_object_a_line(capsys):
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        set_up("info")
        log("request", kind="predict", ms=1.5)
        log("unsaid", logging.DEBUG)
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    (line,) = capsys.readouterr().err.splitlines()
    assert {"level": "info", "event": "request", "kind": "predict", "ms": 1.5}.items() <= json.loads(line).items()


@pytest.mark.parametrize(
    ("path", "answer", "status"),
    [
        ("/gradio_api/run/x", {"error": "No.", "title": "Please note"}, 400),
        ("/gradio_api/run/x", {"error": "Something went wrong.", "title": "Error"}, 500),
        ("/gradio_api/api/x", [1], 500),
        ("/elsewhere", {"error": "No.", "title": "Please note"}, 500),
    ],
)
def test_only_what_the_caller_can_mend_is_no_fault_of_the_server(path, answer, status):
    def failing(_request: Request) -> JSONResponse:
        return JSONResponse(answer, 500)

    got = client(Route(path, failing), around=lambda app: DirectCalls(app, "Please note")).get(path)
    assert (got.status_code, got.json()) == (status, answer)
