"""The attribution and the scan of a photo in a browser: bars, sentences, the overlay, and the part that was read."""

import base64
import math
import re

import pytest
import tiny
from browser import EXAMPLES, Visit, checked, upload

TEXT = "The plot is not without charm, but the jokes fall flat and the ending is a mess."
LONG = (
    "I had high hopes for this film. The trailer promised wit and warmth, and for half an hour the film keeps that "
    "promise. Then something breaks. The plot wanders off, nobody knows why, and the jokes fall flat. The music is "
    "loud, the editing nervous, and the ending is a mess. Still, I laughed more than once, and the photography is "
    "beautiful. My friend fell asleep, and I envied her."
)
STYLES = "link[href*='styles/base.css']"
PHOTO = sorted(EXAMPLES.glob("*.jpg"))[0]


@pytest.fixture
def visit(browser, address, request):
    """A visit of a place of the page; nothing leaves the machine, nothing goes wrong on the console."""
    visit = Visit(browser, f"{address}{request.param}")
    with checked(visit):
        yield visit


def at(place: str, text: str = ""):
    return pytest.mark.parametrize("visit", [f"#/{place}{text and '&text='}{text}"], indirect=True, ids=[place])


def panel(page, view: str):
    """The panel of a view on the page that is shown; waits until it has content."""
    found = page.locator(f"#view-{view}:visible")
    found.locator(".panel-body > *").first.wait_for()
    return found


def written(score: float, strongest: float) -> str:
    """A score as the page writes it: the strongest one with at least two digits that count."""
    digits = min(6, max(2, math.ceil(1 - math.log10(strongest))))
    return f"{score:+.{digits}f}".replace("-", "−")


@at("text?model=sentiment-en", TEXT)
def test_bars_hold_the_scores_and_share_the_cursor(visit):
    from playwright.sync_api import expect

    from rnnformer_demo.analysis.service import analyse

    document = analyse("sentiment-en", TEXT)
    scores = document.attribution.scores
    strongest = max(map(abs, scores))
    view, words = panel(visit.page, "attribution"), panel(visit.page, "words")
    bars = view.locator(".score")
    bars.first.wait_for()
    assert bars.evaluate_all("bars => bars.map(bar => bar.getAttribute('aria-label'))") == [
        f"{unit.name}: {written(score, strongest)}" for unit, score in zip(document.input.units, scores, strict=True)
    ]
    words.locator(".word").nth(5).hover()
    expect(bars.nth(5)).to_have_class(re.compile(r"\bat\b"))
    score = written(scores[5], strongest)  # with as many digits wherever it is read
    expect(words.locator(".word").nth(5)).to_have_attribute("aria-label", f"{document.input.units[5].name} {score}")
    expect(visit.page.locator(".inspector-facts:visible dd").first).to_have_text(score)
    visit.page.mouse.move(1, 1)  # the focus scrolls the page: a mouse at rest would point at whatever comes under it
    bars.nth(5).focus()
    visit.page.keyboard.press("ArrowDown")
    expect(bars.nth(6)).to_be_focused()
    expect(words.locator(".word").nth(6)).to_have_class(re.compile(r"\bat\b"))
    visit.page.keyboard.press("Enter")
    expect(bars.nth(6)).to_have_attribute("aria-pressed", "true")
    rank = 1 + sum(abs(score) > abs(scores[6]) for score in scores)
    expect(view.locator(".score-reading")).to_contain_text(f"number {rank} of {len(scores)}")
    assert view.locator(".score[tabindex='0']").count() == 1
    view.get_by_label("Method").select_option("gradient-x-input")
    expect(view.locator(".legend")).to_contain_text("Integrated gradients")  # the old scores stay as marks
    expect(view.locator(".score-mark")).to_have_count(len(scores))
    other = next(label for label in document.model.labels if label != document.target)
    view.get_by_label("Class to explain").select_option(other)
    expect(view.locator(".legend")).to_contain_text(f"against {other}")
    expect(view.locator(".score-mark")).to_have_count(0)  # marks are of the same class


@at("text?model=sentiment-en", TEXT)
def test_relevance_says_what_scores_and_biases_add_up_to(visit):
    from playwright.sync_api import expect

    from rnnformer_demo.analysis.service import analyse

    attribution = analyse("sentiment-en", TEXT, method="relevance-propagation").attribution
    total, taken = sum(attribution.scores), attribution.bias_relevance
    parts = [f"{part:+.2f}".replace("-", "−") for part in (total, taken, total + taken)]
    view = panel(visit.page, "attribution")
    view.get_by_label("Method").select_option("relevance-propagation")
    expect(view).to_contain_text(f"Scores {parts[0]} and biases {parts[1]} add up to the logit, {parts[2]}.")


@at("text?model=sentiment-en", LONG)
def test_a_long_text_begins_with_its_sentences(visit):
    from playwright.sync_api import expect

    view = panel(visit.page, "attribution")
    sentences = view.locator(".score-name")
    expect(sentences).to_have_count(7)
    expect(sentences.nth(2)).to_have_text("3. Then something breaks.")
    assert view.locator(".score-strip canvas").evaluate("canvas => [canvas.width, canvas.height]")[1] == 1
    view.locator(".score").nth(2).click()
    expect(sentences).to_have_text(["Then", "something", "breaks", "."])
    expect(view.locator(".heat-mark.sentence")).to_have_count(1)
    back = view.get_by_role("button", name="All sentences")
    expect(back).to_be_focused()
    back.press("Enter")
    expect(view.locator(".score").nth(2)).to_be_focused()


@at("photo")
def test_scores_lie_over_the_photo_and_the_class_is_searched(visit):
    from playwright.sync_api import expect

    from rnnformer_demo.analysis.service import analyse

    page, model = visit.page, model_of_page()
    document = analyse(model, str(PHOTO))
    scores = document.attribution.scores
    first, second = sorted(document.prediction.probabilities, key=document.prediction.probabilities.get)[:-3:-1]
    upload(page, PHOTO)
    view = panel(page, "attribution")
    cell = view.locator(".photo-cell")
    strongest = max(range(len(scores)), key=lambda unit: abs(scores[unit]))
    name = document.input.units[strongest].name
    expect(cell.nth(strongest)).to_have_attribute(
        "aria-label", f"{name}: {written(scores[strongest], abs(scores[strongest]))}"
    )
    expect(cell).to_have_count(len(scores))
    cell.nth(strongest).hover()
    expect(view.locator(".score-reading")).to_contain_text(f"{name}: ")
    expect(view.locator(".score-reading")).to_contain_text(f"number 1 of {len(scores)}")
    cell.first.focus()
    page.keyboard.press("ArrowDown")
    expect(cell.nth(document.input.grid[1])).to_be_focused()
    opacity = view.get_by_label("Opacity of the scores")
    opacity.press("Home")
    assert view.locator(".photo-layer").evaluate("layer => layer.style.opacity") == "0"
    expect(view.locator(".photo-grid")).not_to_have_class(re.compile("grey"))
    search = view.get_by_role("combobox", name="Class to explain")
    search.click()
    expect(view.locator("[role=option]").first).to_contain_text(first)
    search.fill("tuskerdog")
    expect(view.get_by_text("No class has this in its name.")).to_be_visible()
    search.press("Tab")
    expect(search).to_have_value(first)
    sent = []
    page.on("request", lambda request: "queue/join" in request.url and sent.append(request.post_data_json["data"][0]))
    for label in (first, second):  # the shown class once more asks for nothing
        search.click()
        search.fill(label)
        search.press("Enter")
    expect(view.locator(".legend")).to_contain_text(f"for {second}")
    assert [step["target"] for request in sent for step in request["steps"] if step.get("target")] == [second]


@at("photo")
def test_a_photo_is_read_line_by_line(visit):
    from playwright.sync_api import expect

    from rnnformer_demo.analysis.service import analyse

    page = visit.page
    page.emulate_media(reduced_motion="reduce")
    document = analyse(model_of_page(), str(PHOTO), ("prefixes",))
    upload(page, PHOTO)
    view = panel(page, "prefixes")
    assert view.get_by_role("button", name="Play").count() == 0  # nothing moves on its own where that is not wanted
    rows = document.input.grid[0]
    belief = view.locator(".scan-belief")
    onward = view.get_by_role("button", name="One line on")
    onward.focus()
    expect(onward).to_have_attribute("aria-disabled", "true")
    expect(onward).to_be_focused()
    for part in (rows - 1, rows - 2, rows - 3):  # it begins with the whole photo
        if part < rows - 1:
            view.get_by_role("button", name="One line back").click()
        shares = document.prefixes[0].probabilities.numpy()[part]
        label = document.model.labels[int(shares.argmax())]
        expect(belief).to_contain_text(
            f"After {part + 1} of {rows} rows from the top it thinks {label}, {shares.max():.1%}."
        )
    dark = """(layer, row) => layer.getContext("2d").getImageData(0, row, 1, 1).data[3]"""
    layer = view.locator(".photo-layer")
    assert layer.evaluate(dark, rows - 3) == 0
    assert layer.evaluate(dark, rows - 2) > 0
    line = view.locator(".curves-cursor")
    before = float(line.get_attribute("x1"))
    onward.click()
    assert float(line.get_attribute("x1")) > before
    view.get_by_label("Read", exact=True).select_option("columns from the right")
    expect(belief).to_contain_text("columns from the right")


@at("text")
def test_the_original_is_shown_where_it_is_the_photo_that_was_read(visit):
    """A sharper original takes the place of the square, another photo does not."""
    sharp, other = tiny.photo((900, 600)), tiny.photo((900, 600), seed=3)
    square = sharp.crop((150, 0, 750, 600)).resize((224, 224))
    pictures = {"sharp": sharp, "other": other, "square": square}
    source = {name: base64.b64encode(tiny.encode(picture, "PNG")).decode() for name, picture in pictures.items()}
    visit.page.locator(STYLES).first.wait_for(state="attached")
    sides = visit.page.evaluate(
        """async ({ sharp, other, square, box, styles }) => {
          const root = document.querySelector(styles).href.replace(/styles[/].*/, "");
          const { squareOf } = await import(`${root}core/photo.js`);
          const photo = async (data) => {
            const image = new Image();
            image.src = `data:image/png;base64,${data}`;
            await image.decode();
            return image;
          };
          const side = async (data) => {
            const image = data && await photo(data);
            const store = { document: { input: { image: square, box } } };
            return (await squareOf({ store, actions: image && { photo: () => image } })).width;
          };
          return [await side(sharp), await side(other), await side(null)];
        }""",
        source | {"box": [150 / 900, 0, 750 / 900, 1], "styles": STYLES},
    )
    assert sides == [600, 224, 224]


def model_of_page() -> str:
    """The photo model that the page begins with."""
    from rnnformer_demo.ui.catalogue import catalogue

    return next(model["name"] for model in catalogue()["models"] if model["layout"] == "grid")
