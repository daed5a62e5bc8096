"""The served page through its HTTP API, and the catalogue of its menus."""

import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import gradio as gr
import httpx
import pytest
import tiny
from browser import CHINESE, EXAMPLES, FAMILY, ODD_IMAGES, save_family, served
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from rnnformer_demo import web
from rnnformer_demo.analysis import service
from rnnformer_demo.api import errors, requests, uploads
from rnnformer_demo.api.server.observation import REQUEST_ID
from rnnformer_demo.bench import Page
from rnnformer_demo.checkpoints import store
from rnnformer_demo.data import InputError
from rnnformer_demo.document import from_dict
from rnnformer_demo.interpret.attribution import methods_for
from rnnformer_demo.ui.catalogue import catalogue
from rnnformer_demo.ui.model_list import list_entries

TEXT_MODEL, PHOTO_MODEL = "sentiment-en", "caltech101"
TEXT = "A witty, tender film with two wonderful performances."
PHOTO = str(EXAMPLES / "panda.jpg")
PREDICTION_KEYS = {
    *("model", "label", "confidence", "probabilities"),
    *("in_domain", "ood_score", "notices", "latency_ms"),
}
EXPLANATION_KEYS = {
    *("model", "model_sha256", "method", "target"),
    *("scores", "completeness_gap", "seed", "notices"),
}
# What the page says of the odd files that cannot be read; the others of the folder must be read.
REFUSED = {
    "libvips_truncated.jpg": "damaged or cut short",
    "pillow_truncated_image.png": "damaged or cut short",
    "pillow_png_decompression_dos.png": "damaged or cut short|not an image",
    "made_1x1.png": "only 1 x 1 pixels",
    "made_empty.jpg": "zero bytes",
    "made_huge_20000x12000_1bit.png": "million pixels",
    "pillow_decompression_bomb.gif": "million pixels|damaged or cut short",
}
ANIMATIONS = {
    *("image_large-gif-anim-combine.gif", "libvips_big-height.webp", "pillow_blend_op_over_near_transparent.png"),
    *("pillow_chi.gif", "pillow_dispose_bgnd_transparency.gif"),
}


FILE = {"_type": "gradio.FileData"}  # the mark without which Gradio does not look at a path


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(tmp_path_factory.mktemp("gradio")) as address:
        yield address


@pytest.fixture(scope="module")
def client(address) -> Client:
    return Client(address, verbose=False)


@pytest.fixture(scope="module")
def page(address) -> Page:
    return Page(address)


def test_models(client):
    models = {model["name"]: model for model in client.predict(api_name="/models")}
    assert models[TEXT_MODEL]["labels"] == ["negative", "positive"]
    assert models[PHOTO_MODEL]["modality"] == "image"
    assert len(models[PHOTO_MODEL]["labels"]) == 101
    for model in models.values():
        assert set(model) == {"name", "modality", "labels", "parameters", "bytes", "metrics"}
        assert 0 < model["bytes"] <= 10_000_000


def test_only_the_api_is_public(client):
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert set(endpoints) == {
        *("/models", "/analyse", "/analyse_image", "/predict", "/predict_image", "/explain", "/explain_image"),
        *("/whatif", "/whatif_image", "/fewest", "/compare"),
    }
    assert [parameter["parameter_name"] for parameter in endpoints["/explain"]["parameters"]] == [
        *("model", "text", "method", "target", "trust", "seed", "inside")
    ]


def test_a_document_comes_in_parts(client):
    parts = client.predict(TEXT_MODEL, TEXT, ["attention", "prefixes"], api_name="/analyse")
    assert set(parts) == {"schema", "model", "input", "prediction", "provenance", "attention", "prefixes"}
    assert from_dict(parts).prediction.label == "positive"
    parts = client.predict(PHOTO_MODEL, handle_file(PHOTO), api_name="/analyse_image")
    assert from_dict(parts).attribution.method == "integrated-gradients"
    assert parts["input"]["source"] is None  # the upload's path is nobody's business
    with pytest.raises(AppError, match="There is no section 'everything' to fill"):
        client.predict(TEXT_MODEL, TEXT, ["everything"], api_name="/analyse")


def test_what_can_be_asked_over_http(client):
    explained = client.predict(TEXT_MODEL, TEXT, "occlusion", None, True, 3, api_name="/explain")
    assert explained["trust"]["seed"] == 3
    assert set(client.predict(TEXT_MODEL, TEXT, inside=True, api_name="/explain")) >= {"beliefs", "matter", "memory"}
    answer = client.predict(TEXT_MODEL, TEXT, ["witty", "#4"], api_name="/whatif")
    assert answer["changed"] == ["witty", "tender"]
    answer = client.predict(TEXT_MODEL, TEXT, ["witty"], None, "witless", api_name="/whatif")
    assert answer["how"] == "witless"
    answer = client.predict(PHOTO_MODEL, handle_file(PHOTO), ["1,1"], "mean", api_name="/whatif_image")
    assert answer["changed"] == ["row 1, column 1"]
    assert set(client.predict(TEXT_MODEL, TEXT, api_name="/fewest")) >= {"changed", "after", "exact"}
    assert len(client.predict(TEXT_MODEL, TEXT, api_name="/compare")) >= 3
    with pytest.raises(AppError, match="name a single one, not 2"):
        client.predict(TEXT_MODEL, TEXT, ["witty", "film"], None, "x", api_name="/whatif")


@pytest.mark.parametrize(
    ("endpoint", "arguments", "label"),
    [
        ("/predict", {"model": TEXT_MODEL, "text": TEXT}, "positive"),
        ("/predict_image", {"model": PHOTO_MODEL, "image": handle_file(PHOTO)}, "panda"),
    ],
)
def test_predict(client, endpoint, arguments, label):
    prediction = client.predict(**arguments, api_name=endpoint)
    assert set(prediction) >= PREDICTION_KEYS
    assert prediction["label"] == label == max(prediction["probabilities"], key=prediction["probabilities"].get)
    assert prediction["confidence"] == prediction["probabilities"][label]
    assert sum(prediction["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert prediction["latency_ms"] > 0


@pytest.mark.parametrize("method", [method.name for method in methods_for("sequence")])
def test_explain(client, method):
    explanation = client.predict(TEXT_MODEL, TEXT, method, "negative", api_name="/explain")
    assert set(explanation) >= EXPLANATION_KEYS | {"units"}
    assert explanation["units"][:3] == ["A", "witty", ","]
    assert len(explanation["scores"]) == len(explanation["units"])
    assert (explanation["method"], explanation["target"]) == (method, "negative")
    if method in ("integrated-gradients", "occlusion", "gradient-shap", "kernel-shap"):
        assert explanation["scores"][1] < 0  # "witty" speaks against "negative"


@pytest.mark.parametrize("method", [method.name for method in methods_for("grid") if not method.slow_on_grid])
def test_explain_image(client, method):
    explanation = client.predict(PHOTO_MODEL, handle_file(PHOTO), method, api_name="/explain_image")
    rows, columns = explanation["grid"]
    assert set(explanation) >= EXPLANATION_KEYS
    assert len(explanation["scores"]) == rows * columns
    assert explanation["target"] == "panda"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"model": TEXT_MODEL, "text": ""}, "There is no text yet"),
        ({"model": TEXT_MODEL, "text": " \n\t "}, "There is no text yet"),
        ({"model": TEXT_MODEL, "text": "🎬 🎬"}, "knows none of these words"),
        ({"model": "nobody", "text": TEXT}, "There is no model 'nobody'"),
        ({"model": "../secret", "text": TEXT}, "There is no model"),
        ({"model": PHOTO_MODEL, "text": TEXT}, "reads image, not text"),
        ({"model": TEXT_MODEL, "text": TEXT, "target": "neutral"}, "There is no label 'neutral'"),
        ({"model": TEXT_MODEL, "text": TEXT, "method": "guessing"}, "There is no method 'guessing'"),
        ({"model": TEXT_MODEL, "text": TEXT, "method": "grad-cam"}, "There is no method 'grad-cam'"),
    ],
)
def test_bad_input_gets_a_sentence(client, arguments, sentence):
    with pytest.raises(AppError, match=re.escape(sentence)):
        client.predict(**arguments, api_name="/explain")


@pytest.mark.parametrize(
    ("endpoint", "data", "sentence"),
    [
        ("predict", f'["{TEXT_MODEL}"]', "text is missing: it must be a text of at most 2,000,000 characters."),
        ("predict", f'["{TEXT_MODEL}", "{TEXT}", 3, 4]', "There are 4 arguments, and this endpoint takes model, text."),
        ("predict", '["a\\ud800", "b"]', "There is no model 'a\ufffd': there is"),
        ("explain", f'["{TEXT_MODEL}", "{TEXT}", null, null, "false"]', 'trust must be true or false, got "false".'),
        ("explain", f'["{TEXT_MODEL}", "{TEXT}", null, null, false, 1.5]', "The seed must be a whole number"),
        ("whatif", f'["{TEXT_MODEL}", "{TEXT}", 3]', "without must be a list of at most 1,000 names, got 3."),
        ("models", "[1]", "There are 1 arguments, and this endpoint takes none."),
        ("page_extend", "[]", "A request must be an object."),
        (
            "predict_image",
            f'["{PHOTO_MODEL}", {{"path": "http://127.0.0.1:1/a.png", "meta": {json.dumps(FILE)}}}]',
            f"The model {PHOTO_MODEL} reads photos, and a photo must be sent as an uploaded file",
        ),
    ],
)
def test_a_call_that_does_not_fit_gets_a_sentence_and_no_traceback(page, capfd, endpoint, data, sentence):
    headers = {"content-type": "application/json"}
    joined = page.http.post(f"/call/{endpoint}", content=f'{{"data": {data}}}', headers=headers).json()
    answer = page.http.get(f"/call/{endpoint}/{joined['event_id']}").text
    said = json.loads(answer.partition("data: ")[2])["error"]
    assert answer.startswith("event: error")
    assert said.startswith(sentence)
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/call/nothing", {"data": []}),
        ("/call/v2/nothing", {}),
        ("/queue/join", {"data": [], "fn_index": 999, "session_hash": "a"}),
    ],
)
def test_a_call_that_reaches_no_endpoint_is_no_failure_of_the_server(page, capfd, path, body):
    answer = page.http.post(path, json=body)
    assert answer.status_code == 404
    assert answer.json()["error"].startswith("There is no such endpoint")
    assert "Traceback" not in capfd.readouterr().err


def test_our_own_mistake_is_traced_under_a_reference_that_the_caller_gets(caplog):
    def broken(model: str, text: str) -> dict:
        raise ZeroDivisionError("a secret")

    token = REQUEST_ID.set("r-17")
    with caplog.at_level(logging.ERROR), pytest.raises(gr.Error) as caught:
        errors.checked(requests.PredictText)(broken)(TEXT_MODEL, TEXT)
    REQUEST_ID.reset(token)
    assert caught.value.message == "Something went wrong on the server (reference r-17): try again."
    (record,) = caplog.records
    assert record.facts["request"] == "r-17"
    assert record.exc_info


@pytest.mark.parametrize("image", [None, "/etc/hostname", {"path": "/etc/hostname"}])
def test_only_uploads_are_read(client, image):
    with pytest.raises(AppError, match=r"must be sent as an uploaded file|There is no photo yet"):
        client.predict(PHOTO_MODEL, image, api_name="/predict_image")


@pytest.mark.parametrize("name", ["page_analyse_text", "page_analyse_photo"])
@pytest.mark.parametrize(
    "disguise",
    [
        lambda path: path,
        lambda path: [path],
        lambda path: {"path": path},
        lambda path: {"path": [path], "meta": FILE},
        lambda path: {"path": path, "meta": {"_type": "other"}},
        lambda path: {"path": path, "meta": FILE},
        lambda path: {"path": path, "meta": FILE, "is_stream": True},
        lambda path: {"path": f"http://..{path}", "meta": FILE, "is_stream": True},
    ],
    ids=["string", "list", "unmarked", "path in a list", "marked otherwise", "marked", "stream", "address"],
)
def test_no_event_of_the_page_reads_a_path_of_the_server(page, tmp_path, monkeypatch, name, disguise):
    private = tmp_path / "private.jpg"
    private.write_bytes(Path(PHOTO).read_bytes())
    read = []
    monkeypatch.setattr(service, "analyse_in_steps", lambda *arguments, **_: read.append(arguments) or iter(()))
    answer = page.send(page.event(name), [{"model": PHOTO_MODEL, "source": disguise(str(private))}])
    assert answer["success"] is False
    assert "data" not in answer["output"]
    assert read == []


@pytest.mark.parametrize(
    ("model", "payload", "source"),
    [
        (TEXT_MODEL, "", ""),
        (TEXT_MODEL, TEXT, TEXT),
        (PHOTO_MODEL, None, None),
    ],
)
def test_sources_that_fit_the_model(model, payload, source):
    assert uploads.source_of(model, payload) == source


def test_an_uploaded_photo_is_read_while_it_is_there(monkeypatch, tmp_path):
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    photo = tmp_path / "a.jpg"
    payload = {"path": str(photo), "meta": FILE}
    with pytest.raises(InputError, match="no longer on the server"):
        uploads.source_of(PHOTO_MODEL, payload)
    photo.write_bytes(b"")
    assert uploads.source_of(PHOTO_MODEL, payload) == str(photo)


@pytest.mark.parametrize(
    "path", [None, "", 3, "/uploads/../etc/hostname", "/uploads2/a.jpg", "a\0.jpg", "http://x/a.jpg"]
)
def test_an_image_model_reads_only_what_lies_in_the_folder_of_uploads(monkeypatch, path):
    monkeypatch.setenv("GRADIO_TEMP_DIR", "/uploads")
    with pytest.raises(InputError, match="must be sent as an uploaded file"):
        uploads.source_of(PHOTO_MODEL, {"path": path, "meta": FILE})


@pytest.mark.parametrize("payload", [None, 3, [TEXT], {"path": "a.jpg", "meta": FILE}])
def test_a_text_model_takes_text_alone(payload):
    with pytest.raises(InputError, match=f"The model {TEXT_MODEL} reads text"):
        uploads.source_of(TEXT_MODEL, payload)


def test_characters_that_unicode_would_rewrite_are_kept(client):
    text = "Great… but only ½ as long as it’s predecessor"
    units = client.predict(TEXT_MODEL, text, api_name="/explain")["units"]
    assert units.count("…") == 1
    assert "½" in units


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("empty.jpg", b"", "zero bytes"),
        ("words.png", b"no image at all", "not an image"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawings are not photos"),
        ("half.jpg", Path(PHOTO).read_bytes()[:3000], "damaged or cut short"),
    ],
)
def test_bad_photos_get_a_sentence(client, tmp_path, name, data, sentence):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(AppError, match=sentence):
        client.predict(PHOTO_MODEL, handle_file(str(path)), api_name="/predict_image")


@pytest.mark.skipif(not ODD_IMAGES.is_dir(), reason="the folder of odd images is not beside this repository")
def test_odd_photos_are_read_or_refused_with_a_sentence(client):
    for path in sorted(ODD_IMAGES.iterdir()):
        if path.suffix in (".csv", ".json"):
            continue
        if path.name in REFUSED:
            with pytest.raises(AppError, match=REFUSED[path.name]):
                client.predict(PHOTO_MODEL, handle_file(str(path)), api_name="/predict_image")
        else:
            prediction = client.predict(PHOTO_MODEL, handle_file(str(path)), api_name="/predict_image")
            assert sum(prediction["probabilities"].values()) == pytest.approx(1, abs=1e-5), path.name
            animated = any("only the first one was read" in notice for notice in prediction["notices"])
            assert animated == (path.name in ANIMATIONS), path.name


def test_a_megabyte_of_text_is_cut_with_a_notice(client):
    prediction = client.predict(TEXT_MODEL, "A fine film. " * 80_000, api_name="/predict")
    assert "longer than this model reads" in prediction["notices"][0]


def test_the_cnn_alone_is_called_so(tmp_path, monkeypatch):
    cnn = {"pooling": "mean", "recurrence": (), "blocks": (), "width": 320}
    about = {"metrics": {}, "data": {}, "command": "none"}
    for name, changes, baseline in (("photos", {}, {}), ("photos-cnn", cnn, {"baseline_of": "photos"})):
        made = tiny.model("image", patches=False, image_size=64, **changes)
        store.save(name, made, tiny.image_reader(64), about | baseline, folder=tmp_path)
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path))
    *_, offer = list_entries()
    assert (offer.made_of, offer.matched) == ("the CNN alone", False)


@pytest.fixture(scope="module")
def family(tmp_path_factory) -> Path:
    return save_family(tmp_path_factory.mktemp("checkpoints"))


def test_hybrids_come_first_then_their_rivals(family, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(family))
    hybrid = "an LSTM, a GRU and a Transformer"
    assert {offer.name: (offer.task, offer.made_of, offer.baseline_of) for offer in list_entries()} == {
        "sentiment-en": ("Sentiment of English film reviews", hybrid, None),
        "mine": ("", hybrid, None),
        "orphan": ("Anything.", hybrid, None),  # the hybrid of this rival is not there
        "sentiment-zh": (FAMILY["sentiment-zh"]["task"], hybrid, None),
        "sentiment-zh-lstm": (FAMILY["sentiment-zh"]["task"], "an LSTM alone", "sentiment-zh"),
        "sentiment-zh-transformer": (FAMILY["sentiment-zh"]["task"], "a Transformer alone", "sentiment-zh"),
    }
    assert [offer.name for offer in list_entries()] == list(FAMILY)


def test_a_rival_says_of_its_task_what_its_hybrid_says(family, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(family))
    told = {offer.name: (offer.task, offer.limits, offer.examples) for offer in list_entries()}
    task, limits, _ = told["sentiment-zh"]
    assert told["sentiment-zh-lstm"] == (task, limits, CHINESE)
    assert told["sentiment-zh-transformer"] == (task, limits, CHINESE[1:])
    assert told["mine"] == ("", "", ())


def test_the_catalogue_holds_what_the_menus_show(family, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(family))
    models = {model["name"]: model for model in catalogue()["models"]}
    assert list(models) == list(FAMILY)
    assert models["mine"]["metrics"] == {"held_out": {"n": 9, "accuracy": 0.5}}
    assert {model["layout"] for model in models.values()} == {"sequence"}
    methods = {method["name"]: method["layouts"] for method in catalogue()["methods"]}
    assert methods["grad-cam"] == ["grid"]
    (alone,) = catalogue(["sentiment-zh-lstm"])["models"]
    assert (models["sentiment-zh-lstm"]["baseline_of"], alone["baseline_of"]) == ("sentiment-zh", None)
    assert methods["integrated-gradients"] == ["sequence", "grid"]


@pytest.mark.parametrize("name", ["main.js", "views/words.js", "styles/base.css"])
def test_files_of_the_explorer_are_sent_small_and_kept(client, name):
    answer = httpx.get(f"{client.src.rstrip('/')}/web-{web.digest()}/{name}")
    assert answer.text == web.minified(name)
    assert answer.headers["cache-control"].endswith("immutable")
    assert answer.headers["content-type"].startswith(f"text/{'css' if name.endswith('css') else 'javascript'}")


@pytest.mark.parametrize("name", ["files.py", "../app.py", "%2e%2e/app.py", "", "views"])
def test_no_other_file_is_sent(client, name):
    assert httpx.get(f"{client.src.rstrip('/')}/web-{web.digest()}/{name}").status_code == 404


def test_the_page_is_built_without_torch():
    code = (
        "import sys; from rnnformer_demo.ui import build_page, launch_options; build_page(); launch_options(); "
        "print(sorted({'torch', 'torchvision', 'captum', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
