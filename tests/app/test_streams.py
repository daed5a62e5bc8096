"""The page's streams: sections come one by one, steps extend a document that the browser keeps."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from browser import EXAMPLES, served

from rnnformer_demo.api import requests, steps, streams
from rnnformer_demo.bench import Page
from rnnformer_demo.bench.page import SECTIONS
from rnnformer_demo.document import from_dict
from rnnformer_demo.evaluation.claims import in_order
from rnnformer_demo.evaluation.claims.lab import live_training
from rnnformer_demo.interpret.trust.verdict import VERDICTS
from rnnformer_demo.nn.hooks import locked, run
from rnnformer_demo.nn.lock import MODEL_LOCK

MODEL = "sentiment-en"
TEXT = "A witty, tender film with two wonderful performances, but the ending is a mess."


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Page:
    with served(tmp_path_factory.mktemp("gradio")) as address:
        yield Page(address)


def stream(page: Page, name: str, request: dict) -> list[dict]:
    """The parts of an answer, as the browser gets them."""
    parts = []
    for message in page.messages(page.event(name), [request]):
        assert message.get("success", True), message["output"]
        if message["msg"] == "process_generating":
            parts += message["output"]["data"]
    return parts


def refusal(page: Page, name: str, request: object) -> str:
    answer = page.send(page.event(name), [request])
    assert answer["success"] is False
    return answer["output"]["error"]


@pytest.fixture(scope="module")
def parts(page) -> list[dict]:
    return stream(page, "page_analyse_text", {"model": MODEL, "source": TEXT, "wanted": SECTIONS})


@pytest.fixture(scope="module")
def document(parts) -> dict:
    """The document as the browser sends it back: without the sections that the server can make again."""
    return {key: value for part in parts[:2] for key, value in part.items()}


def test_the_prediction_comes_first_and_each_section_as_it_is_there(parts):
    assert set(parts[0]) == {"schema", "model", "input", "prediction", "provenance"}
    assert [set(part) - {"provenance"} for part in parts[1:]] == [{name} for name in SECTIONS]
    whole = {key: value for part in parts for key, value in part.items()}
    assert from_dict(whole).prediction.label == "negative"


def test_a_photo_comes_in_parts_too(page):
    photo = page.upload(min(EXAMPLES.glob("*.jpg")))
    first, *rest = stream(page, "page_analyse_photo", {"model": "objects", "source": photo, "wanted": ["prefixes"]})
    assert first["input"]["layout"] == "grid"
    assert [set(part) for part in rest] == [{"prefixes", "provenance"}]


def test_steps_extend_the_document_that_is_sent(page, document):
    steps = [
        {"section": "attribution", "method": "occlusion", "target": "positive"},
        {"section": "interventions"},
        {"edit": "ablation", "units": [1, 3], "perturbation": "deletion"},
        {"edit": "replacement", "units": [1], "word": "dull"},
        {"edit": "counterfactual"},
    ]
    answers = stream(page, "page_extend", {"document": document, "steps": steps})
    attribution, interventions, *edits = answers
    assert (attribution["attribution"]["method"], attribution["attribution"]["target"]) == ("occlusion", "positive")
    assert interventions["interventions"]["target"] == "positive"
    assert [edit["edits"][-1]["kind"] for edit in edits] == ["ablation", "replacement", "counterfactual"]
    assert edits[0]["edits"][-1]["units"] == [1, 3]


def test_trust_is_measured_with_progress(page, document):
    messages = list(
        page.messages(page.event("page_measure"), [{"document": document, "steps": [{"section": "trust"}]}])
    )
    shares = [message["progress_data"][-1]["progress"] for message in messages if message["msg"] == "progress"]
    assert shares == sorted(shares)
    (trust,) = [m["output"]["data"][0]["trust"] for m in messages if m["msg"] == "process_generating"]
    assert trust["verdict"] in VERDICTS


def test_a_visitor_who_leaves_ends_the_work(page, document, monkeypatch):
    started, ended = threading.Event(), threading.Event()

    def endless(document, step, report):
        started.set()
        try:
            while True:
                report(0.5)
                time.sleep(0.01)
        finally:
            ended.set()
        yield document

    monkeypatch.setitem(steps.STEPS, "counterfactual", (requests.Counterfactual, endless))
    request = {"document": document, "steps": [{"edit": "counterfactual"}]}
    messages = page.messages(page.event("page_measure"), [request])
    next(messages)
    assert started.wait(60)
    messages.close()  # as a browser does that says stop or closes the page
    assert ended.wait(60)


@pytest.mark.parametrize(
    ("request_", "sentence"),
    [
        ({"model": MODEL, "source": "  "}, "There is no text yet"),
        ({"model": "none", "source": TEXT}, "There is no model 'none'"),
        ({"model": 3, "source": TEXT}, "model must be a text"),
        ({"model": MODEL, "source": TEXT, "wanted": ["everything"]}, "There is no section 'everything'"),
        ({"model": MODEL, "source": TEXT, "wanted": ["attribution"], "method": "magic"}, "There is no method 'magic'"),
        ({"model": MODEL, "source": TEXT, "target": "blue"}, "There is no label"),
        ({}, "There is no model ''"),
        ([], "A request must be an object"),
        (None, "A request must be an object"),
        ({"model": MODEL, "source": TEXT, "wanted": "trust"}, "wanted must be a list"),
    ],
)
def test_a_bad_request_gets_a_sentence(page, request_, sentence):
    assert sentence in refusal(page, "page_analyse_text", request_)


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ({"edit": "ablation", "units": []}, "Nothing is chosen yet"),
        ({"edit": "ablation", "units": "all"}, "units must be a list of whole numbers"),
        ({"edit": "ablation", "units": [0], "perturbation": "fire"}, "There is no perturbation 'fire'"),
        ({"edit": "replacement", "units": [0, 1], "word": "x"}, "choose a single word, not 2"),
        ({"edit": "replacement", "units": [0], "word": " "}, "There is no new word yet"),
        ({"edit": "magic"}, "There is no step 'magic'"),
        ("trust", "There is no step ''"),
        ({"edit": ["ablation"]}, "There is no step"),
        ({"section": "attribution", "options": {"steps": 3}}, "options must be an object of texts"),
    ],
)
def test_a_bad_step_gets_a_sentence(page, document, step, sentence):
    assert sentence in refusal(page, "page_extend", {"document": document, "steps": [step]})


def test_a_damaged_document_gets_a_sentence(page, document):
    assert "no analysis document" in refusal(page, "page_extend", {"document": 3, "steps": []})
    damaged = document | {"prediction": {}}
    assert "The document is damaged at prediction" in refusal(page, "page_extend", {"document": damaged, "steps": []})
    other = document | {"model": document["model"] | {"sha256": "0"}}
    sentence = refusal(page, "page_extend", {"document": other, "steps": [{"section": "trust"}]})
    assert "are others than those of this analysis" in sentence


def test_what_is_asked_of_a_text_goes_before_others_at_every_step():
    """Gradio takes each step of a stream in whatever thread is free."""
    taken: list[str] = []

    def two_steps(request: dict) -> Iterator[dict]:
        for number in (1, 2):
            with locked():
                taken.append(f"text {number}")
            yield request

    answers = streams._in_turn(two_steps)({"some": "request"})
    for number in (1, 2):
        with locked():
            photo = threading.Thread(target=lambda: run(lambda: taken.append("photo")))
            photo.start()
            _wait_for(lambda: len(MODEL_LOCK.waiting[0]) == 1)
            text = threading.Thread(target=lambda: next(answers))
            text.start()
            _wait_for(lambda: len(MODEL_LOCK.waiting[1]) == 1)
        photo.join()
        text.join()
        assert taken == [f"text {number}", "photo"]
        taken.clear()
    assert next(answers, None) is None


def test_nothing_skips_the_queue(page):
    answer = page.http.post("/run/predict", json={"data": [MODEL, TEXT]})
    assert answer.status_code == 404
    assert "Please join the queue" in answer.text


def test_a_direct_call_with_arguments_that_do_not_fit_is_refused(page):
    answer = page.http.post("/run/models", json={"data": [1, 2]})
    assert answer.status_code == 400
    assert answer.json()["error"] == "There are 2 arguments, and this endpoint takes none."
    assert page.http.post("/run/models", json={"data": []}).status_code == 200


def test_what_exceeds_the_budget_is_refused_after_the_prediction(page):
    request = {"model": MODEL, "source": " ".join([TEXT] * 30), "wanted": ["attribution"], "method": "kernel-shap"}
    *parts, last = page.messages(page.event("page_analyse_text"), [request])
    assert any("prediction" in part["output"]["data"][0] for part in parts if part["msg"] == "process_generating")
    assert last["success"] is False
    assert "the budget of a request is 30 s: Integrated gradients fits, or at most" in last["output"]["error"]


def test_a_caller_of_the_api_who_leaves_ends_the_work(page, monkeypatch):
    started, ended = threading.Event(), threading.Event()

    def endless(*_arguments, **_options):
        started.set()
        try:
            while True:
                run(lambda: None)  # passes, without a report
        finally:
            ended.set()

    monkeypatch.setattr("rnnformer_demo.analysis.edits.minimal_counterfactual", endless)
    messages = page.messages(page.event("fewest"), [MODEL, TEXT])
    next(messages)
    assert started.wait(60)
    messages.close()
    assert ended.wait(60)


def _wait_for(condition: Callable[[], bool]) -> None:
    while not condition():
        time.sleep(0.001)


def test_a_claim_is_measured_and_the_others_are_told(page):
    told = stream(page, "page_claims", {})
    assert [claim["name"] for claim in told] == [claim.name for claim in in_order()]
    (measured,) = stream(page, "page_claims", {"name": "image_hybrid"})
    assert measured["size"] == "quick"
    assert measured["measured"]["quantities"] == told[9]["result"]["measured"]["quantities"]
    assert "There is no claim 'x'" in refusal(page, "page_claims", {"name": "x"})


def test_a_training_is_watched_epoch_by_epoch(page, monkeypatch):
    monkeypatch.setattr(live_training, "EPOCHS", 1)
    monkeypatch.setattr(live_training, "_UPDATES", 2)
    *frames, last = stream(page, "page_training", {"seed": 1})
    assert [frame["epoch"] for frame in frames] == [0, 1]
    assert set(last) == {"own"}
    assert "The seed must be a whole number" in refusal(page, "page_training", {"seed": "x"})


def test_a_model_of_ones_own_is_analysed_by_whoever_has_its_weights(page, monkeypatch):
    monkeypatch.setattr(live_training, "EPOCHS", 1)
    monkeypatch.setattr(live_training, "_UPDATES", 2)
    own = stream(page, "page_training", {"seed": 0})[-1]["own"]
    request = {"model": "own", "source": "It isn't bad at all.", "wanted": SECTIONS}
    parts = stream(page, "page_analyse_text", request | {"own": own["weights"]})
    document = {key: value for part in parts[:2] for key, value in part.items()}
    assert document["model"]["labels"] == ["negative", "positive"]
    assert [set(part) - {"provenance"} for part in parts[1:]] == [{name} for name in SECTIONS]
    steps = {"document": document, "steps": [{"edit": "ablation", "units": [1]}]}
    (edited,) = stream(page, "page_extend", steps | {"own": own["weights"]})
    assert len(edited["edits"]) == 1
    assert "There is no model 'own'" in refusal(page, "page_extend", steps)
    assert "There is no model 'own'" in refusal(page, "page_analyse_text", request)


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ("AAAA", "These are not the weights of a model that was trained here: train it again."),
        ("A" * 200_001, "own must be weights in base64, at most 200,000 characters"),
        (7, "own must be weights in base64"),
    ],
)
def test_what_are_no_weights_gets_a_sentence(page, weights, sentence):
    assert sentence in refusal(page, "page_analyse_text", {"model": "own", "source": "Good.", "own": weights})
