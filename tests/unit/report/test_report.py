"""The report: whole, escaped, and made without a model."""

import base64
import hashlib
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import documents
import pytest
import tiny

from rnnformer_demo import web
from rnnformer_demo.document import Document, from_json, to_json
from rnnformer_demo.report import Carried, render
from rnnformer_demo.views import VIEWS, View, register, views_for

TEXT, PHOTO = documents.text_document(split=3), documents.photo_document()
VOID = {"meta", "img", "br", "link"}
JSON = "application/json"


class Page(HTMLParser):
    """Elements of a page; every one that is opened is closed."""

    def __init__(self, html: str):
        super().__init__()
        self.elements, self.open, self.scripts = [], [], {}
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] == "script":
            place = self.all("script")[-1].get("id", "boot")
            self.scripts[place] = self.scripts.get(place, "") + data

    def all(self, tag: str) -> list[dict]:
        return [attributes for name, attributes in self.elements if name == tag]


def bare(document: Document) -> Document:
    """Return a document with nothing but a prediction, whose report takes no time to draw."""
    absent = dict.fromkeys(("attribution", "attention", "jacobian", "recurrence", "prefixes", "interventions", "trust"))
    return replace(document, **absent, edits=(), comparison=())


@pytest.fixture(scope="module", params=["sequence", "grid"])
def document(request) -> Document:
    whole = {"sequence": TEXT, "grid": PHOTO}[request.param]
    return replace(whole, recurrence=whole.recurrence[:1])  # half as many figures to draw


@pytest.fixture(scope="module")
def report(document) -> str:
    return render(document)


def test_the_report_asks_nothing_of_the_net(report):
    page = Page(report)
    assert all(re.match("data:image/(webp|png);base64,", image["src"]) for image in page.all("img"))
    assert not any({"action", "srcset"} & set(attributes) for _, attributes in page.elements)
    assert [attributes["href"] for _, attributes in page.elements if "href" in attributes] == ["data:,"]
    for style in re.findall("<style>(.*?)</style>", report, re.DOTALL):
        assert "url(" not in style
        assert "@import" not in style


def test_the_policy_lets_one_script_run_and_nothing_be_asked_for(report):
    page = Page(report)
    (policy,) = (attributes["content"] for attributes in page.all("meta") if "http-equiv" in attributes)
    digest = base64.b64encode(hashlib.sha256(page.scripts["boot"].encode()).digest()).decode()
    assert policy.split("; ")[:2] == ["default-src 'none'", f"script-src 'sha256-{digest}' blob:"]


def test_the_report_shows_every_variant_of_every_view(document, report):
    page = Page(report)
    captions = [image["alt"] for image in page.all("img")]
    assert all(captions)
    assert {"id": "pictures", "open": None} in page.all("details")
    for view in views_for(document):
        assert {"id": view.name} in page.all("section")
        for choices in view.variants(document) if view.figure else ():
            assert view.caption(document, choices) in captions
    for sentence in ("Does attention matter here?", "Counterfactual: without", "Comprehensiveness (higher is better)"):
        assert sentence in report


def test_the_report_says_how_to_repeat_it(report):
    assert "python -m rnnformer_demo explain by-hand INPUT --seed 3" in report
    assert f"sha256 <code>{'0' * 64}</code>" in report
    assert "Seed: 3." in report
    assert "Version: 1.0." in report


def test_the_report_has_tables_of_probabilities_and_scores(document, report):
    assert '<th scope="row">yes</th><td>70.00%</td>' in report
    name, score = document.input.unit_names[-1], document.attribution.scores[-1]
    assert f'<th scope="row">{name}</th><td>{score:+.4f}</td>' in report


def test_the_document_is_inlined(document, report):
    page = Page(report)
    assert page.all("script") == [{"type": JSON, "id": "document"}, {"type": JSON, "id": "explorer"}, {}]
    assert from_json(page.scripts["document"]) == document


def test_the_explorer_is_inlined_with_the_views_that_fit(document, report):
    explorer = json.loads(Page(report).scripts["explorer"])
    fitting = [view.name for view in views_for(document) if (web.FOLDER / f"views/{view.name}.js").exists()]
    assert [view["name"] for view in explorer["views"]] == fitting
    assert explorer["modules"] == web.modules("report.js", *(f"views/{name}.js" for name in fitting))
    for style in web.styles():
        assert (web.FOLDER / style).read_text(encoding="utf-8") in report


def test_a_model_that_travels_along_is_inlined_with_all_that_runs_it():
    files = {"runtime/a.mjs": b"one", "models/by-hand/weights.safetensors.gz": bytes(range(256))}
    page = Page(render(bare(TEXT), Carried({"models": ["<one>"]}, files)))
    inlined = json.loads(page.scripts["files"])
    assert {name: base64.b64decode(data) for name, data in inlined["inlined"].items()} == files
    assert inlined["digests"] == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    explorer = json.loads(page.scripts["explorer"])
    assert explorer["catalogue"] == {"models": ["<one>"]}
    assert explorer["views"] == web.views_of_registry()  # what the reader makes of it may fit any of them
    modules = list(explorer["modules"])
    for name in ("engine/worker.js", "engine/photo/png.js", "pages/models.js", "locales/zh.js", explorer["entry"]):
        assert name in modules
    assert modules.index("engine/photo/png.js") < modules.index("engine/analysis.js")  # which asks for it when it must
    (policy,) = (attributes["content"] for attributes in page.all("meta") if "http-equiv" in attributes)
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert " blob: 'wasm-unsafe-eval'; worker-src blob:; style-src" in policy
    assert "connect-src" not in policy


def test_the_ten_most_probable_classes_are_listed():
    probabilities = {f"class {n}": n / 190 for n in range(20)}
    report = render(replace(bare(TEXT), prediction=documents.prediction(label="x", probabilities=probabilities)))
    rows = re.findall(r'<th scope="row">(class \d+)', report)
    assert rows == [f"class {n}" for n in range(19, 9, -1)]


def test_pixels_are_too_many_for_a_table():
    fine = documents.attribution(PHOTO.input, [0.0] * (64 * 96), grid=(64, 96))
    assert 'id="scores"' not in render(replace(bare(PHOTO), attribution=fine))


NASTY = ("<script>alert(1)</script>", "<!--", "<script", "{{7*7}}", "$x$", '"', "&amp;", "</style>", "a\u2028b")


def test_nothing_from_outside_becomes_markup():
    label = "<script>x</script>"
    document = documents.text_document(NASTY, recurrence=(), comparison=(), jacobian=None)
    document = replace(
        document,
        model=replace(document.model, name="<i>", labels=(label, "yes", "perhaps")),
        prediction=documents.prediction(label=label),
        provenance=replace(document.provenance, command="explain '<script>'"),
    )
    page = Page(render(document))
    assert page.all("script") == [{"type": JSON, "id": "document"}, {"type": JSON, "id": "explorer"}, {}]
    assert len(page.all("style")) == 2
    assert page.all("i") == [{"style": attributes["style"]} for attributes in page.all("i")]  # those of the legend
    inlined = page.scripts["document"]
    assert "<" not in inlined
    assert json.loads(inlined)["input"]["text"] == " ".join(NASTY)


def test_the_path_of_a_photo_is_escaped():
    document = bare(replace(PHOTO, input=replace(PHOTO.input, source="photo of <me>.jpg")))
    assert "<blockquote>photo of &lt;me&gt;.jpg</blockquote>" in render(document)
    unnamed = bare(replace(PHOTO, input=replace(PHOTO.input, source=None, image=None)))
    assert "<blockquote>" not in render(unnamed)


def test_a_model_without_recurrence_is_reported():
    document = replace(bare(TEXT), recurrence=())
    assert "This model has no recurrence, so there are no hidden states to show." in render(document)


def test_a_document_alone_makes_a_report_without_torch(tmp_path):
    source, target = tmp_path / "a.json", tmp_path / "a.html"
    source.write_text(to_json(replace(TEXT, recurrence=None)), encoding="utf-8")
    out = tiny.run_python(
        "import sys\nfrom pathlib import Path\n"
        "from rnnformer_demo.document import from_json\nfrom rnnformer_demo.report import render\n"
        f"document = from_json(Path({str(source)!r}).read_bytes())\n"
        f"Path({str(target)!r}).write_text(render(document), encoding='utf-8')\n"
        "print(sorted({'torch', 'captum', 'rnnformer_demo.analysis', 'matplotlib.pyplot'} & set(sys.modules)))"
    )
    assert out == "[]"
    drawn = [view for view in views_for(TEXT) if view.name != "recurrence"]
    figures = sum(len(list(view.variants(TEXT))) for view in drawn)
    assert len(Page(target.read_text(encoding="utf-8")).all("img")) == figures


@pytest.fixture
def toy():
    """A view that is in the registry for one test."""
    view = View(
        name="toy",
        title="A toy <view>",
        help="It counts units.",
        sections=("input",),
        caption=lambda document, choices: f"{len(document.input.units)} units, {choices['size']}.",
        figure=lambda document, choices: VIEWS["trust"].figure(TEXT, {}),
        variants=lambda document: iter(({"size": "small"}, {"size": "large"})),
        place=5,
    )
    yield register(view)
    del VIEWS["toy"]


def test_a_new_view_is_in_the_report(toy):
    report = render(bare(TEXT))
    page = Page(report)
    assert [section["id"] for section in page.all("section")][:3] == ["probabilities", "toy", "prediction"]
    assert [image["alt"] for image in page.all("img")][:2] == ["10 units, small.", "10 units, large."]
    assert "A toy &lt;view&gt;" in report
