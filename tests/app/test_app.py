"""The served page through its HTTP API, its handlers and its HTML."""

import html
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import tiny
from browser import CHINESE, EXAMPLES, FAMILY, ODD_IMAGES, save_family, served
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from rnnformer_demo.analysis import service
from rnnformer_demo.api import uploads
from rnnformer_demo.bench import Page
from rnnformer_demo.checkpoints import store
from rnnformer_demo.data import InputError
from rnnformer_demo.document import from_dict
from rnnformer_demo.interpret.attribution import methods_for
from rnnformer_demo.ui.model_facts import model_facts
from rnnformer_demo.ui.model_list import ModelEntry, list_entries
from rnnformer_demo.ui.page import EXAMPLE_TEXTS

TEXT_MODEL, PHOTO_MODEL = "sentiment-en", "caltech101"
TEXT = "A witty, tender film with two wonderful performances."
PHOTO = str(EXAMPLES / "elephant.jpg")
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
        ("/predict_image", {"model": PHOTO_MODEL, "image": handle_file(PHOTO)}, "elephant"),
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
    assert explanation["target"] == "elephant"


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


@pytest.mark.parametrize("image", [None, "/etc/hostname", {"path": "/etc/hostname"}])
def test_only_uploads_are_read(client, image):
    with pytest.raises(AppError, match=r"must be sent as an uploaded file|There is no photo yet"):
        client.predict(PHOTO_MODEL, image, api_name="/predict_image")


@pytest.mark.parametrize("tab", ["text", "image"])
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
def test_no_event_of_the_page_reads_a_path_of_the_server(page, tmp_path, monkeypatch, tab, disguise):
    private = tmp_path / "private.jpg"
    private.write_bytes(Path(PHOTO).read_bytes())
    read = []
    monkeypatch.setattr(service, "analyse", lambda *arguments: read.append(arguments))
    event, data = page.analyse_event(tab)
    data[:2] = [PHOTO_MODEL, disguise(str(private))]
    answer = page.send(event, data)
    assert answer["success"] is False
    assert "data" not in answer["output"]
    assert read == []


def test_a_path_in_the_text_tab_is_refused_with_a_sentence(page):
    event, data = page.analyse_event("text")
    data[:2] = [PHOTO_MODEL, PHOTO]
    assert "must be sent as an uploaded file" in page.send(event, data)["output"]["error"]


@pytest.mark.parametrize(
    ("model", "payload", "source"),
    [
        (TEXT_MODEL, "", ""),
        (TEXT_MODEL, TEXT, TEXT),
        (PHOTO_MODEL, None, None),
        (PHOTO_MODEL, {"path": "/uploads/a/b.jpg", "meta": FILE}, "/uploads/a/b.jpg"),
    ],
)
def test_sources_that_fit_the_model(monkeypatch, model, payload, source):
    monkeypatch.setenv("GRADIO_TEMP_DIR", "/uploads")
    assert uploads.source_of(model, payload) == source


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


def test_characters_that_unicode_would_rewrite_are_kept(client, page):
    text = "Great… but only ½ as long as it’s predecessor"
    units = client.predict(TEXT_MODEL, text, api_name="/explain")["units"]
    assert units.count("…") == 1
    assert "½" in units
    (words,) = [out for out in page.analyse("text", text) if isinstance(out, str) and 'class="words"' in out]
    assert html.unescape(re.sub(r"<[^>]*>", "", words.split("</div>")[0])) == text


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


ENTRY = ModelEntry(
    name="a-gru",
    modality="text",
    labels=("x", "y"),
    parameters=2_670_000,
    bytes=4_100_000,
    metrics={
        "held_out": {"accuracy": 0.99, "n": 10},
        "sst2 test": {"accuracy": 0.934, "n": 2893},
        "imdb test": {"accuracy": 0.9, "n": 25_000},
        "seconds": 3,
    },
    made_of="a GRU alone",
    baseline_of="a",
    matched=True,
    task="Moods & <i>colours</i>",
    limits="Knows no green.",
    examples=(),
)


def test_the_page_says_what_a_model_is_for_and_how_good_it_is():
    assert model_facts(ENTRY) == (
        '<p class="caption"><strong>Moods &amp; &lt;i&gt;colours&lt;/i&gt;.</strong> '
        "Right on 93.4% of 2,893 (sst2 test), 90.0% of 25,000 (imdb test). It is a baseline of a and has about "
        "its size. "
        "Made of a GRU alone: 2.7 million parameters, 4.1 MB, 2 classes.</p>"
        '<p class="caption">What it cannot do: Knows no green.</p>'
    )


def test_what_a_card_leaves_out_is_not_said():
    held_out_alone = replace(
        ENTRY, metrics={"held_out": {"accuracy": 0.99, "n": 10}}, task="", limits="", baseline_of=None
    )
    assert model_facts(held_out_alone) == (
        '<p class="caption">Right on 99.0% of 10 (training data held out). '
        "Made of a GRU alone: 2.7 million parameters, 4.1 MB, 2 classes.</p>"
    )
    assert "Not measured yet." in model_facts(replace(ENTRY, metrics={}))
    assert "It is a baseline of a. Made of" in model_facts(replace(ENTRY, matched=False))


def test_the_cnn_alone_is_called_so(tmp_path, monkeypatch):
    cnn = {"pooling": "mean", "recurrence": (), "blocks": (), "width": 320}
    about = {"metrics": {}, "data": {}, "command": "none"}
    for name, changes, baseline in (("photos", {}, {}), ("photos-cnn", cnn, {"baseline_of": "photos"})):
        made = tiny.model("image", patches=False, image_size=64, **changes)
        store.save(name, made, tiny.image_reader(64), about | baseline, folder=tmp_path)
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path))
    *_, offer = list_entries()
    assert (offer.title, offer.matched) == ("photos-cnn: the same with the CNN alone", False)


@pytest.fixture(scope="module")
def family(tmp_path_factory) -> Path:
    return save_family(tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture
def page_of_family(family, tmp_path):
    with served(tmp_path, family) as address:
        yield Page(address)


def test_hybrids_come_first_then_their_rivals(family, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(family))
    assert {offer.name: offer.title for offer in list_entries()} == {
        "sentiment-en": "sentiment-en: Sentiment of English film reviews",
        "mine": "mine",
        "orphan": "orphan: Anything",  # the hybrid of this rival is not there
        "sentiment-zh": f"sentiment-zh: {FAMILY['sentiment-zh']['task'].rstrip('.')}",
        "sentiment-zh-lstm": "sentiment-zh-lstm: the same with an LSTM alone",
        "sentiment-zh-transformer": "sentiment-zh-transformer: the same with a Transformer alone",
    }
    assert [offer.name for offer in list_entries()] == list(FAMILY)


def test_a_rival_says_of_its_task_what_its_hybrid_says(family, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(family))
    told = {offer.name: (offer.task, offer.limits, offer.examples) for offer in list_entries()}
    task, limits, _ = told["sentiment-zh"]
    assert told["sentiment-zh-lstm"] == (task, limits, CHINESE)
    assert told["sentiment-zh-transformer"] == (task, limits, CHINESE[1:])
    assert told["mine"] == ("", "", ())


def test_the_dropdown_shows_titles_and_gives_names(page_of_family, family, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(family))
    dropdown = component(page_of_family, "dropdown", "Model")
    assert [tuple(choice) for choice in dropdown["props"]["choices"]] == [(o.title, o.name) for o in list_entries()]
    assert dropdown["props"]["value"] == "sentiment-en"


@pytest.mark.parametrize(
    ("model", "examples"),
    [
        ("sentiment-en", tiny.SENTENCES[:2]),
        ("mine", EXAMPLE_TEXTS),
        ("sentiment-zh", CHINESE),
        ("sentiment-zh-lstm", CHINESE),
        ("sentiment-zh-transformer", CHINESE[1:]),
    ],
)
def test_examples_follow_the_model(page_of_family, model, examples):
    shown = component(page_of_family, "dataset")
    samples = shown["props"]["samples"]
    if model != "sentiment-en":  # which the page opens with
        _, brought = send(page_of_family, component(page_of_family, "dropdown", "Model"), "input", [model, None])
        samples = brought[shown["id"]]["samples"]
    assert [text for (text,) in samples] == list(examples)
    for number, example in enumerate(examples):
        _, loaded = send(page_of_family, shown, "click", [model, number])
        assert list(loaded.values()) == [example]


def test_a_click_on_an_example_that_has_just_gone_gets_a_sentence(page_of_family):
    event, _ = send(page_of_family, component(page_of_family, "dataset"), "click", ["sentiment-zh-transformer", 0])
    answer = page_of_family.send(event["id"], ["sentiment-zh-transformer", 1])
    assert "These examples have changed with the model" in answer["output"]["error"]


def test_another_model_leaves_what_was_typed(page_of_family):
    event, brought = send(page_of_family, component(page_of_family, "dropdown", "Model"), "input", ["mine", None])
    typed = component(page_of_family, "textbox", "Text")["id"]
    assert typed not in brought
    assert typed not in event["inputs"]


def component(page: Page, kind: str, label: str | None = None) -> dict:
    """The page's first component of a kind, with a label if one is given."""
    return next(
        part
        for part in page.config["components"]
        if part["type"] == kind and label in (None, part["props"].get("label"))
    )


def send(page: Page, part: dict, name: str, data: list) -> tuple[dict, dict]:
    """Sends an event of a component; gives the event and its outputs by their components' ids."""
    events = (event for event in page.config["dependencies"] if [part["id"], name] in event["targets"])
    event = next(event for event in events if event["inputs"])  # not the one that ends a measurement
    answer = page.send(event["id"], data)
    assert answer["success"], answer["output"]
    return event, dict(zip(event["outputs"], answer["output"]["data"], strict=True))


def test_the_page_is_built_without_torch():
    code = (
        "import sys; from rnnformer_demo.ui import build_page, launch_options; build_page(); launch_options(); "
        "print(sorted({'torch', 'torchvision', 'captum', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    run = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
