"""The static site: it opens from a sub-path, asks nobody else, works offline, and its numbers are Python's."""

import json
from base64 import b64decode, b64encode
from io import BytesIO
from pathlib import Path

import jsonschema
import numpy as np
import pytest
import tiny
from alike import differences
from browser import EXAMPLES, Visit, checked
from PIL import Image
from sites import on_loopback

from rnnformer_demo import __version__
from rnnformer_demo.analysis.service import analyse, extend
from rnnformer_demo.data import InputError
from rnnformer_demo.document import from_dict, json_schema, to_dict
from rnnformer_demo.site.build import build

ENGLISH, CHINESE, PHOTOS = "sentiment-en", "sentiment-zh", "caltech101"
TEXTS = {
    ENGLISH: (
        "gem",
        "I expected to hate it, and yet I left the cinema smiling.",
        "A clumsy film, but never dull: its heart is in the right place.",
        "Can't recommend it enough!!!",
        "It never bored me, not even for a minute.",
        "The <b>ending</b> is a mess &amp; the jokes fall flat…",
        "naïve café déjà-vu — ½ of it was “great”",
        "def main(): return 0",
        "Der Film war leider sehr langweilig und viel zu lang.",
        "one two three four five six seven eight nine ten " * 4,
    ),
    CHINESE: (
        "好",
        "这部电影不好看，演员却很认真。",
        "房间很干净，服务员态度也不错。",
        "并不差",
        "从来没有这么失望过。",
        "１００％满意！！！",
        "快递很快，但是包装破了，书角都折了，很不开心",
        "hello 世界，这个酒店 so so",
        "。。。",
        "早餐种类不多，不过味道还可以，下次还会来。" * 3,
    ),
}
SECTIONS = ("attribution", "attention", "jacobian", "recurrence", "prefixes", "interventions")
FEW = ("attribution", "attention", "recurrence")
# Opens the site's engine beside the page's own, and returns the documents of requests, or their errors.
ANALYSE = """async ({ folder, requests, version }) => {
  const { Files } = await import(`./${folder}/engine/files.js`);
  const { LocalEngine } = await import(`./${folder}/engine/local.js`);
  const engine = new LocalEngine(await Files.at(new URL(".", document.baseURI).href), version);
  const documents = [];
  for (const { steps = [], photo, ...request } of requests) {
    const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
    if (photo) request.source = { file: new File([bytes(photo)], "photo") };
    let found = {};
    const sections = (changed) => (found = { ...found, ...changed });
    try {
      await engine.analyse(request, { sections });
      for (const step of steps) await engine.extend(found, [step], { sections });
    } catch (error) {
      found.error = error.message;
    }
    documents.push(found);
  }
  return JSON.stringify(documents);
}"""


# Asks for three sections of one document at once, and returns them in the order in which they came.
QUICK = """async ({ folder, request }) => {
  const { Files } = await import(`./${folder}/engine/files.js`);
  const { LocalEngine } = await import(`./${folder}/engine/local.js`);
  const engine = new LocalEngine(await Files.at(new URL(".", document.baseURI).href), "1");
  let found = {};
  await engine.analyse(request, { sections: (changed) => (found = { ...found, ...changed }) });
  const came = [];
  const sections = (changed) => came.push(Object.keys(changed)[0]);
  const steps = [{ section: "trust" }, { section: "recurrence" }, { section: "jacobian", quick: true }];
  await Promise.all(steps.map((step) => engine.extend(found, [step], { sections })));
  return came;
}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory, runtime_folder):
    return build(tmp_path_factory.mktemp("site") / "deep" / "demo", [ENGLISH, CHINESE, PHOTOS])


@pytest.fixture(scope="module")
def place(site):
    """The address of the site, in a sub-path."""
    with on_loopback(site.folder.parents[1]) as root:
        yield f"{root}/deep/demo/"


@pytest.fixture(scope="module")
def visit(browser, place):
    with checked(Visit(browser, place)) as visit:
        visit.page.locator(".answer:visible").wait_for()
        yield visit


def documents(visit: Visit, site, requests: list[dict]) -> list[dict]:
    """The documents that the site's engine makes of requests."""
    (folder,) = (path.name for path in site.folder.glob("web-*"))
    argument = {"folder": folder, "requests": requests, "version": __version__}
    return json.loads(visit.page.evaluate(ANALYSE, argument))


def test_a_visitor_sees_the_answer_and_how_far_it_can_be_trusted(visit, place):
    page = visit.page
    page.get_by_role("heading", name="Trust").wait_for()
    page.locator(".trust-verdict.trusted, .trust-verdict.doubted, .trust-verdict.refused").first.wait_for()
    asked = page.evaluate("performance.getEntriesByType('resource').map(({ name }) => name)")
    assert [address for address in asked if not address.startswith((place, "blob:", "data:"))] == []
    assert visit.overflow() <= 0


@pytest.mark.parametrize("name", [ENGLISH, CHINESE])
def test_every_section_has_the_numbers_of_python(visit, site, name):
    requests = [{"model": name, "source": text, "wanted": SECTIONS} for text in TEXTS[name]]
    for text, found in zip(TEXTS[name], documents(visit, site, requests), strict=True):
        jsonschema.validate(found, json_schema())
        wanted = to_dict(analyse(name, text, SECTIONS))
        assert from_dict(found).prediction.label == wanted["prediction"]["label"]
        assert differences(wanted, found) == [], text


def photos() -> dict[str, bytes]:
    """Photos of several kinds, by what is special about them."""
    smooth = tiny.photo((640, 480))
    turned = Image.Exif()
    turned[0x0112] = 6
    clear = Image.merge("RGBA", (*tiny.photo((300, 260), 1).split(), tiny.photo((300, 260), 2).convert("L")))
    return {
        "turned by EXIF": tiny.encode(smooth, "PNG", exif=turned),
        "transparent": tiny.encode(clear, "PNG"),
        "large": tiny.encode(tiny.photo((3000, 2200), 3), "PNG"),
        "small": tiny.encode(tiny.photo((40, 30), 4), "PNG"),
        "grey": tiny.encode(tiny.photo((400, 300), 5).convert("L"), "PNG"),
        "WebP": tiny.encode(tiny.photo((500, 400), 6), "WEBP", lossless=True),
        "JPEG": (EXAMPLES / "coffee.jpg").read_bytes(),
        "another JPEG": (EXAMPLES / "panda.jpg").read_bytes(),
    }


def pixels(png: str) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(b64decode(png))).convert("RGB"))


def test_photos_have_the_numbers_of_python(visit, site):
    made = photos()
    asked = {kind: SECTIONS if "JPEG" in kind else FEW for kind in made}  # the others differ in how they are opened
    requests = [
        {"model": PHOTOS, "photo": b64encode(photo).decode(), "wanted": asked[kind], "method": "relevance-propagation"}
        for kind, photo in made.items()
    ]
    for (kind, photo), found in zip(made.items(), documents(visit, site, requests), strict=True):
        jsonschema.validate(found, json_schema())
        wanted = to_dict(analyse(PHOTOS, photo, asked[kind], method="relevance-propagation"))
        # The same pixels, packed by different programs.
        one, other = (pixels(document["input"].pop("image")) for document in (wanted, found))
        assert np.array_equal(one, other), kind
        assert differences(wanted, found)[:5] == [], kind


def test_trust_edits_and_other_methods_have_the_numbers_of_python(visit, site):
    text = TEXTS[ENGLISH][1]
    methods = ("relevance-propagation", "kernel-shap", "permutation-shapley", "attention-jacobian", "occlusion")
    steps = [{"section": "attribution", "method": method} for method in methods]
    (found,) = documents(
        visit,
        site,
        [
            {
                "model": ENGLISH,
                "source": text,
                "wanted": ["attribution", "trust"],
                "steps": [{"section": "trust"}, *steps],
            }
        ],
    )
    document = analyse(ENGLISH, text, ("attribution", "trust"))
    trust = to_dict(document)["trust"]
    for method in methods:
        document = extend(document, "attribution", method=method)
    assert differences(trust, found["trust"]) == []
    wanted = to_dict(document)
    for section in ("attribution", "other_attributions"):
        assert differences(wanted[section], found[section]) == []


def test_what_is_quick_does_not_wait_for_a_trust_card(visit, site):
    (folder,) = (path.name for path in site.folder.glob("web-*"))
    argument = {"folder": folder, "request": {"model": ENGLISH, "source": TEXTS[ENGLISH][1], "wanted": ["attribution"]}}
    assert visit.page.evaluate(QUICK, argument) == ["jacobian", "trust", "recurrence"]


def test_bad_input_gets_the_sentences_of_python(visit, site):
    asked = [
        {"source": ""},
        {"source": "   \n"},
        {"source": "☃ ☃"},
        {"source": "A gem.", "wanted": ["everything"]},
        {"source": "A gem.", "target": "excellent"},
        {"source": "A gem.", "wanted": ["attribution"], "method": "magic"},
        {"source": "A gem.", "wanted": ["attribution"], "method": "grad-cam"},
    ]
    found = documents(visit, site, [{"model": ENGLISH, **request} for request in asked])
    for request, answer in zip(asked, found, strict=True):
        with pytest.raises(InputError) as error:
            analyse(ENGLISH, **request)
        assert answer["error"] == str(error.value)


def test_it_works_without_a_network_after_the_first_visit(browser, place):
    context = browser.new_context()
    page = context.new_page()
    page.goto(place)
    page.locator(".answer:visible").wait_for()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # through the service worker, which keeps what it fetches
    page.locator(".trust-verdict.trusted, .trust-verdict.doubted, .trust-verdict.refused").first.wait_for()
    context.set_offline(True)
    page.reload()
    page.locator(".trust-verdict.trusted, .trust-verdict.doubted, .trust-verdict.refused").first.wait_for()
    context.close()


def test_a_damaged_file_is_said(browser, site, tmp_path):
    import shutil

    copy = tmp_path / "site"
    shutil.copytree(site.folder, copy)
    weights = copy / "models" / ENGLISH / "weights.safetensors.planes.gz"
    weights.write_bytes(weights.read_bytes()[:-8] + bytes(8))
    with on_loopback(copy) as address:
        visit = Visit(browser, f"{address}/")
        sentence = f"The file models/{ENGLISH}/weights.safetensors.planes.gz is damaged or of another version"
        visit.page.get_by_text(sentence).first.wait_for()
        visit.context.close()


def test_no_file_is_larger_than_hosts_take(site):
    files = [path for path in site.folder.rglob("*") if path.is_file()]
    assert max(path.stat().st_size for path in files) <= 10_000_000
    assert sum(path.stat().st_size for path in files) == site.size
    assert 1e6 < site.first < min(8e6, site.size)
    listed = json.loads((site.folder / "files.json").read_text(encoding="utf-8"))
    assert {path.relative_to(site.folder).as_posix() for path in files} - set(listed) == {
        *("index.html", "sw.js", "README.md", "files.json"),
    }


def test_a_folder_in_use_and_an_unknown_model_are_refused(tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="holds something already: name a folder that is new or empty"):
        build(tmp_path)
    with pytest.raises(InputError, match="There is no model 'nobody'"):
        build(Path(tmp_path / "new"), ["nobody"])
