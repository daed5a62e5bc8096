"""The API under /v1, its description and its examples; its calls as MCP tools; the headers of the served page."""

import asyncio
import base64
import json
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec

import httpx
import jsonschema
import pytest
import tiny
from browser import EXAMPLES, served

from rnnformer_demo.api.server.observation import PACE
from rnnformer_demo.api.v1.bodies import photo_in
from rnnformer_demo.api.v1.gate import _RUNNING, Gate
from rnnformer_demo.data import InputError
from rnnformer_demo.document import from_dict

TEXT = {"model": "sentiment-en", "text": "A clumsy film with a big heart."}
PHOTO = EXAMPLES / "panda.jpg"
README = (tiny.ROOT / "rnnformer_demo/api/README.md").read_text("utf-8")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        if find_spec("mcp"):
            patch.setenv("RNNFORMER_MCP", "1")
        with served(tmp_path_factory.mktemp("gradio")) as address:
            yield address


@pytest.fixture(scope="module")
def http(address):
    with httpx.Client(base_url=address, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def description(http) -> dict:
    return http.get("/v1/openapi.json").json()


def valid(description: dict, name: str, value: object) -> None:
    """Validates a value against a schema of the description."""
    jsonschema.validate(value, {"$ref": f"#/components/schemas/{name}", "components": description["components"]})


def test_the_answers_are_documents_as_the_description_says(http, description):
    for call, more in (
        ("predict", {}),
        ("analyse?sections=attribution,prefixes", {"method": "occlusion", "seed": 3}),
        ("edit", {"without": ["clumsy", "#5"]}),
        ("edit", {"without": ["clumsy"], "replacement": "clever"}),
        ("counterfactual", {}),
    ):
        name = call.partition("?")[0]
        valid(description, f"{name.capitalize()}Request", TEXT | more)
        answer = http.post(f"/v1/{call}", json=TEXT | more)
        assert answer.status_code == 200, answer.text
        valid(description, "Document", answer.json())
        assert from_dict(answer.json()).prediction.label == "positive"
        assert f"/v1/{name}" in description["paths"]


def test_a_photo_comes_as_a_file_or_in_base64(http):
    form = http.post("/v1/predict", data={"model": "caltech101"}, files={"image": PHOTO.open("rb")}).json()
    encoded = base64.b64encode(PHOTO.read_bytes()).decode()
    values = http.post("/v1/predict", json={"model": "caltech101", "image": encoded}).json()
    assert form["prediction"]["label"] == values["prediction"]["label"] == "panda"
    answer = http.post(
        "/v1/analyse", data={"model": "caltech101", "sections": "attention,prefixes", "seed": "1"},
        files={"image": PHOTO.open("rb")},
    )  # fmt: skip
    assert {"attention", "prefixes"} <= answer.json().keys()


def test_models_are_listed(http):
    assert "sentiment-en" in {model["name"] for model in http.get("/v1/models").json()["models"]}


@pytest.mark.parametrize(
    ("call", "sent", "status", "sentence"),
    [
        ("predict", {"json": {}}, 400, "model is missing"),
        ("predict", {"json": []}, 400, "A request must be an object."),
        ("predict", {"json": {"model": "nobody", "text": "a"}}, 400, "There is no model 'nobody'"),
        ("predict", {"json": TEXT | {"text": 3}}, 400, "text must be a text"),
        ("predict", {"json": TEXT | {"colour": 3}}, 400, 'There is no argument "colour"'),
        ("predict", {"json": {"model": "caltech101", "image": "/etc/hostname"}}, 400, "addresses and paths"),
        ("predict", {"json": {"model": "caltech101", "image": "http://127.0.0.1/"}}, 400, "addresses and paths"),
        ("predict", {"json": {"model": "caltech101", "image": "QUJD"}}, 400, "not an image"),
        ("predict", {"json": {"model": "caltech101"}}, 400, "There is no photo yet"),
        ("compare", {"json": {"model": "caltech101"}}, 400, "compare takes texts alone"),
        ("analyse?sections=magic", {"json": TEXT}, 400, "There is no section 'magic'"),
        ("predict", {"content": b"{", "headers": {"content-type": "application/json"}}, 400, "not JSON"),
        ("predict", {"content": b"[" * 10**5, "headers": {"content-type": "application/json"}}, 400, "not JSON"),
        ("predict", {"content": b"x", "headers": {"content-type": "multipart/form-data"}}, 400, "form is damaged"),
        ("predict", {"content": b"text=a"}, 415, "must be application/json"),
        ("predict", {"json": {"image": "A" * 30_000_000}}, 413, "too large: a photo may have 20 MB"),
        ("magic", {"json": TEXT}, 404, "Not Found"),
    ],
)  # fmt: skip
def test_what_does_not_fit_gets_a_sentence(http, description, call, sent, status, sentence):
    answer = http.post(f"/v1/{call}", **sent)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/json")
    assert sentence in answer.json()["error"]
    valid(description, "Error", answer.json())


def test_a_body_without_a_length_is_bounded_too(http):
    parts = (b"A" * 2**20 for _ in range(40))
    answer = http.post("/v1/predict", content=parts, headers={"content-type": "application/json"})
    assert answer.status_code == 413


def test_what_is_no_endpoint_is_not_found(http):
    for path in ("/gradio_api/call/nothing", "/gradio_api/run/nothing", "/gradio_api/queue/join", "/nothing"):
        answer = http.post(path, json={"data": [], "fn_index": 999, "session_hash": "x"})
        assert answer.status_code in (404, 405), path
        assert answer.headers["content-type"] == "application/json"
    answer = http.post("/gradio_api/call/v2/predict", json={"colour": 1})
    assert (answer.status_code, answer.json()["error"]) == (422, "Parameter `colour` is not a valid key-word argument.")
    assert http.get("/monitoring/summary").status_code == 403


def test_behind_a_proxy_the_page_lies_under_a_prefix(tmp_path, monkeypatch):
    monkeypatch.setenv("RNNFORMER_ROOT_PATH", "/demo")
    with served(tmp_path) as address, httpx.Client(base_url=address, timeout=60) as http:
        forwarded = {"x-forwarded-host": "shown.example", "x-forwarded-proto": "https"}
        assert http.get("/config", headers=forwarded).json()["root"] == "https://shown.example/demo"
        (style,) = set(re.findall(r"web-\w+/styles/base\.css", http.get("/demo/").text))
        for prefix in ("", "/demo"):  # which the proxy strips, or leaves
            assert http.get(f"{prefix}/{style}").headers["content-type"].startswith("text/css")
            assert http.get(f"{prefix}/examples/panda.jpg").headers["content-type"] == "image/jpeg"
            assert http.get(f"{prefix}/healthz").status_code == 200
        assert http.get("/demo/v1/openapi.json").json()["servers"] == [{"url": "/demo"}]


def test_health_and_figures(http):
    assert http.get("/healthz").json() == {"status": "live"}
    figures = http.get("/metrics").text
    for name in ("rnnformer_requests_total{kind=", "rnnformer_request_seconds_sum", "rnnformer_queue_waiting 0.0"):
        assert name in figures
    assert "process_resident_memory_bytes" in figures


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        ("https://some-space.hf.space", True),
        ("https://huggingface.co", True),
        ("https://example.org", False),
        ("https://evil-hf.space", False),
        ("https://hf.space.example.org", False),
        ("null", False),
    ],
)
def test_scripts_of_hugging_face_alone_may_call_without_cookies(http, origin, allowed):
    preflight = {"origin": origin, "access-control-request-method": "POST"}
    for answer in (
        http.get("/config", headers={"origin": origin}),
        http.options("/gradio_api/queue/join", headers=preflight),
        http.options("/v1/predict", headers=preflight),
    ):
        assert answer.headers.get("access-control-allow-origin") == (origin if allowed else None)
        assert "access-control-allow-credentials" not in answer.headers


def test_when_it_is_worth_to_come_back_follows_from_the_mean_time(monkeypatch):
    monkeypatch.setattr(PACE, "seconds", 1.0)
    PACE.add(11)
    assert PACE.seconds == 2
    assert [PACE.until(waiting) for waiting in (0, 10, 1000)] == [1, 20, 60]


@pytest.mark.parametrize("value", ["not base64", "QUJ", 3, ["QUJD"], "é"])
def test_only_base64_is_a_photo(value):
    with pytest.raises(InputError, match="image must be the bytes of a photo in base64"):
        photo_in(value)


def test_the_gate_runs_so_many_calls_at_a_time_and_counts_the_others():
    async def crowd() -> list[int]:
        gate, running, most = Gate(), [], []
        loop, go_on = asyncio.get_running_loop(), asyncio.Event()

        def work(report) -> None:
            running.append(1)
            most.append(len(running))
            asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
            running.pop()

        calls = [asyncio.create_task(gate.run(work)) for _ in range(_RUNNING + 3)]
        while gate.waiting() < 3 or len(running) < _RUNNING:
            await asyncio.sleep(0.001)
        go_on.set()
        await asyncio.gather(*calls)
        return most

    assert max(asyncio.run(crowd())) == _RUNNING


def example(language: str, address: str) -> str:
    """The code of an example of the README, for a server at another address."""
    (code,) = re.findall(rf"<!-- {language} -->\n```\w+\n(.*?)```", README, flags=re.DOTALL)
    return code.replace("http://127.0.0.1:7860/", address)


def ran(command: list[str], code: str, folder) -> str:
    done = subprocess.run(command, input=code, capture_output=True, text=True, timeout=60, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_for_curl(address, tmp_path):
    shutil.copy(PHOTO, tmp_path / "photo.jpg")
    printed = ran(["bash", "-e"], example("curl", address), tmp_path)
    text, end = json.JSONDecoder().raw_decode(printed)
    assert (text["prediction"]["label"], json.loads(printed[end:])["prediction"]["label"]) == ("positive", "panda")


def test_the_example_in_python(address, tmp_path):
    assert ran([sys.executable], example("python", address), tmp_path).startswith("positive [")


@pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
def test_the_example_in_javascript(address, tmp_path):
    assert ran(["node", "--input-type=module"], example("javascript", address), tmp_path) == "positive positive\n"


def test_a_client_of_mcp_calls_the_tools(address):
    pytest.importorskip("mcp", reason="the package mcp is not installed")
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async def visit() -> None:
        async with streamablehttp_client(f"{address}mcp") as (read, write, _), ClientSession(read, write) as session:
            await session.initialize()
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            assert set(tools) == {"models", "predict", "analyse", "edit", "counterfactual", "compare"}
            assert tools["predict"].inputSchema["required"] == ["model"]
            answer = await session.call_tool("predict", TEXT)
            assert answer.structuredContent == json.loads(answer.content[0].text)
            assert from_dict(answer.structuredContent).prediction.label == "positive"
            encoded = base64.b64encode(PHOTO.read_bytes()).decode()
            answer = await session.call_tool("predict", {"model": "caltech101", "image": encoded})
            assert answer.structuredContent["prediction"]["label"] == "panda"
            assert "sentiment-en" in (await session.call_tool("models", {})).content[0].text
            for tool, arguments, sentence in (
                ("predict", TEXT | {"text": 3}, "text must be a text"),
                ("predict", {"model": "caltech101", "image": "http://127.0.0.1/"}, "addresses and paths are not read"),
                ("magic", {}, "There is no tool 'magic'"),
            ):
                answer = await session.call_tool(tool, arguments)
                assert answer.isError
                assert sentence in answer.content[0].text

    asyncio.run(visit())
