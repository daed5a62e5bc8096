"""The page in a browser: what a visitor does and sees, and that nothing leaves the machine."""

import re
import time

import pytest
import tiny
from browser import CHINESE, EXAMPLES, FAMILY, PATIENCE, Visit, chromium, save_family, served

NARROW = 390  # pixels, a phone
TEXT = "The plot is not without charm, but the jokes fall flat and the ending is a mess."


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(tmp_path_factory.mktemp("gradio")) as address:
        yield address


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(browser, address, request):
    """A visit of the page with the shipped models."""
    yield from checked(Visit(browser, address, getattr(request, "param", 1280)))


@pytest.fixture
def visit_of_family(browser, tmp_path, request):
    """A visit of a page with many small text models."""
    with served(tmp_path / "gradio", save_family(tmp_path / "checkpoints")) as address:
        yield from checked(Visit(browser, address, getattr(request, "param", 1280)))


def checked(visit):
    """Gives the visit and checks its end: nothing left the machine, nothing went wrong on the console."""
    yield visit
    visit.context.close()
    assert visit.outside == []
    assert visit.errors == []


def test_text_tab(visit):
    from playwright.sync_api import expect

    page = visit.page
    page.get_by_label("Text", exact=True).locator("visible=true").fill(TEXT)
    page.get_by_role("button", name="Analyse").locator("visible=true").click()
    expect(page.locator(".facts").locator("visible=true")).to_contain_text("negative")
    expect(page.locator(".words").locator("visible=true")).to_have_text(TEXT)
    for figure, selector, choice in (
        ("text-attention", "Layer", "pooling"),
        ("text-attention", "Layer", "layer 2"),
        ("text-attention", "Head", "1"),
        ("text-recurrence", "Recurrence", "gru tokens 1"),
        ("text-attribution", "Method", "Occlusion"),
        ("text-attribution", "Class to explain", "positive"),
    ):
        before = pixels(page, figure)
        choose(page, selector, choice)
        wait_for_change(page, figure, before)
    before = pixels(page, "text-recurrence")
    choose(page, "Direction", "backward")
    wait_for_change(page, "text-recurrence", before)
    expect(page.locator("#text-recurrence img")).to_have_attribute("alt", re.compile("gru tokens 1, backward"))


def test_photo_tab(visit):
    from playwright.sync_api import expect

    page = visit.page
    page.get_by_role("tab", name="Photo").click()
    upload(page, EXAMPLES / "dalmatian.jpg")
    page.get_by_role("button", name="Analyse").locator("visible=true").click()
    expect(page.locator(".facts").locator("visible=true")).to_contain_text("dalmatian")
    for figure, selector, choice in (
        ("image-attention", "Layer", "layer 2"),
        ("image-attention", "From (or click a cell)", "row 4, column 4"),
        ("image-recurrence", "Recurrence", "gru columns 1"),
        ("image-attribution", "Method", "Grad-CAM"),
        ("image-attribution", "Class to explain", "African elephant"),
    ):
        before = pixels(page, figure)
        choose(page, selector, choice)
        wait_for_change(page, figure, before)
    before = pixels(page, "image-attention")
    page.locator("#image-attention img").click(position={"x": 60, "y": 100})
    wait_for_change(page, "image-attention", before)
    chosen = page.get_by_label("From (or click a cell)").locator("visible=true")
    expect(chosen).to_have_value("row 1, column 1")


def test_trust_follows_and_questions_are_answered(visit):
    from playwright.sync_api import expect

    page = visit.page
    page.get_by_label("Text", exact=True).locator("visible=true").fill("A tender film, but the ending is a mess.")
    page.get_by_role("button", name="Analyse").locator("visible=true").click()
    expect(page.locator(".verdict").locator("visible=true")).to_have_text(re.compile("trust|with care|don't"))
    expect(page.locator("#text-trust img")).to_have_attribute("alt", re.compile("^Verdict: "))
    expect(page.locator("#text-prefixes img")).to_have_attribute("alt", re.compile("Read from the start"))
    answer = page.locator(".edit").locator("visible=true").first  # the last edit comes first
    page.get_by_label("Words that are to go").click()
    page.get_by_role("option", name="10: mess").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="See what changes").locator("visible=true").click()
    expect(answer).to_contain_text("Ablation of “mess” (unknown)")
    page.get_by_label("Or another word instead").fill("joy")
    page.get_by_role("button", name="See what changes").locator("visible=true").click()
    expect(answer).to_contain_text("Replacement of “mess” by “joy”")
    page.get_by_role("button", name="Minimal counterfactual").locator("visible=true").click()
    expect(answer).to_contain_text(re.compile("Counterfactual|No counterfactual"))
    page.get_by_role("button", name="Compare", exact=True).locator("visible=true").click()
    expect(page.locator("#text-comparison img")).to_have_attribute("alt", re.compile("sentiment-en-lstm"))
    before = pixels(page, "text-attention")
    page.get_by_label("Trace it through the recurrence").locator("visible=true").check()
    wait_for_change(page, "text-attention", before)


def test_a_brushed_part_of_a_photo_goes(visit):
    from playwright.sync_api import expect

    page = visit.page
    page.get_by_role("tab", name="Photo").click()
    upload(page, EXAMPLES / "elephant.jpg")
    page.get_by_role("button", name="Analyse").locator("visible=true").click()
    page.get_by_role("button", name="Stop measuring").locator("visible=true").click()
    expect(page.get_by_text("Measuring was stopped.").locator("visible=true")).to_be_visible()
    canvas = page.locator(".brushed canvas").locator("visible=true").first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 50, y - 40)
    page.mouse.down()
    for row in range(-40, 41, 20):
        page.mouse.move(x - 50, y + row)
        page.mouse.move(x + 50, y + row, steps=3)
    page.mouse.up()
    page.get_by_role("button", name="See what changes").locator("visible=true").click()
    answer = page.locator(".edit").locator("visible=true").first  # the last edit comes first
    expect(answer).to_contain_text("“row 4, column 4”")
    expect(answer).to_contain_text("(blur)")


def test_a_page_that_is_left_is_no_longer_measured_for(browser, address, monkeypatch):
    from rnnformer_demo.ui import cancellation

    ended, end = [], cancellation.end
    monkeypatch.setattr(cancellation, "end", lambda session: (ended.append(session), end(session)))
    visit = Visit(browser, address)
    visit.page.get_by_role("tab", name="Photo").click()
    upload(visit.page, EXAMPLES / "elephant.jpg")
    with visit.page.expect_request("**/queue/join*") as asked:
        visit.page.get_by_role("button", name="Analyse").locator("visible=true").click()
    session = asked.value.post_data_json["session_hash"]
    visit.page.get_by_role("button", name="Stop measuring").locator("visible=true").wait_for()
    by_the_click = ended.count(session)
    visit.context.close()
    deadline = time.monotonic() + PATIENCE
    while ended.count(session) == by_the_click and time.monotonic() < deadline:
        time.sleep(0.1)
    assert ended.count(session) == by_the_click + 1


def test_an_example_is_analysed_at_a_click(visit):
    from playwright.sync_api import expect

    page = visit.page
    page.get_by_role("button", name="It never bored me").click()
    expect(page.locator(".facts").locator("visible=true")).to_contain_text("calibrated probability")
    page.get_by_role("tab", name="Photo").click()
    page.locator(".gallery-item").locator("visible=true").nth(
        sorted(EXAMPLES.glob("*.jpg")).index(EXAMPLES / "elephant.jpg")
    ).click()
    expect(page.locator(".facts").locator("visible=true")).to_contain_text("elephant")


def test_another_model_brings_its_examples_and_leaves_what_was_typed(visit_of_family):
    from playwright.sync_api import expect

    page = visit_of_family.page
    shown = page.locator(".facts").locator("visible=true")
    box = page.get_by_label("Text", exact=True).locator("visible=true")
    box.fill(tiny.SENTENCES[5])
    box.press("Enter")
    expect(shown).to_contain_text("sentiment-en")
    page.get_by_label("Model", exact=True).locator("visible=true").click()
    page.get_by_role("option", name="sentiment-zh: Sentiment of Chinese").click()
    expect(page.get_by_role("button", name=CHINESE[1])).to_be_visible()
    expect(page.get_by_role("button", name=tiny.SENTENCES[0])).to_have_count(0)
    expect(page.get_by_text("What it cannot do: It knows two answers, <b>no neutral</b>.")).to_be_visible()
    expect(box).to_have_value(tiny.SENTENCES[5])
    expect(shown).to_have_count(0)  # the result was another model's
    page.get_by_role("button", name="Analyse").locator("visible=true").click()
    expect(shown).to_contain_text("sentiment-zh")


def test_chinese_examples_are_analysed_by_hybrid_and_rivals(visit_of_family):
    from playwright.sync_api import expect

    page = visit_of_family.page
    for model in ("sentiment-zh", "sentiment-zh-lstm", "sentiment-zh-transformer"):
        page.get_by_label("Model", exact=True).locator("visible=true").click()
        page.get_by_role("option", name=f"{model}: ").click()
        # A rival without examples of its own shows those of its hybrid.
        shown = FAMILY[model].get("examples", CHINESE)
        expect(page.locator(".gallery > button").locator("visible=true")).to_have_text(list(shown))
        page.get_by_role("button", name=CHINESE[1]).click()
        expect(page.locator(".facts").locator("visible=true")).to_contain_text(f"through {model} took")
        expect(page.get_by_label("Text", exact=True).locator("visible=true")).to_have_value(CHINESE[1])
        expect(page.locator(".words").locator("visible=true")).to_have_text(CHINESE[1])
        expect(page.locator("#text-attribution img")).to_have_attribute("alt", re.compile(f"[{CHINESE[1]}]"))


def test_enter_starts_the_analysis_and_what_was_typed_is_shown_literally(visit):
    from playwright.sync_api import expect

    page = visit.page
    typed = "A great <img src=x onerror=alert(1)> film ${1+1} {{1+1}} <script>alert(2)</script> indeed"
    box = page.get_by_label("Text", exact=True).locator("visible=true")
    box.fill(typed)
    box.press("Enter")
    expect(page.locator(".words").locator("visible=true")).to_have_text(typed)
    assert page.locator(".words img, .words script").count() == 0


def test_bad_input_gets_a_sentence_and_stays(visit):
    from playwright.sync_api import expect

    page = visit.page
    box = page.get_by_label("Text", exact=True).locator("visible=true")
    analyse = page.get_by_role("button", name="Analyse").locator("visible=true")
    analyse.click()
    expect(page.get_by_text("There is no text yet").first).to_be_visible()
    box.fill("🎬 🎬 🎬")
    analyse.click()
    expect(page.get_by_text("This model knows none of these words").first).to_be_visible()
    expect(box).to_have_value("🎬 🎬 🎬")


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("half.jpg", (EXAMPLES / "elephant.jpg").read_bytes()[:3000], "The image file is damaged or cut short"),
        ("empty.png", b"", "The file is empty (zero bytes)"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG drawings are not photos"),
        ("notes.jpg", b"no image at all", "The file is not an image that can be read"),
    ],
)
def test_a_bad_photo_gets_a_sentence(visit, tmp_path, name, data, sentence):
    from playwright.sync_api import expect

    page = visit.page
    page.get_by_role("tab", name="Photo").click()
    (tmp_path / name).write_bytes(data)
    upload(page, tmp_path / name)
    page.get_by_role("button", name="Analyse").locator("visible=true").click()
    expect(page.get_by_text(sentence).first).to_be_visible()


@pytest.mark.parametrize("visit", [NARROW], indirect=True)
def test_nothing_is_wider_than_a_phone(visit):
    page = visit.page
    for tab in ("Text", "Photo"):
        page.get_by_role("tab", name=tab).click()
        page.locator(".gallery-item, .gallery > button").locator("visible=true").first.click()
        page.locator(".facts").locator("visible=true").wait_for()
        assert visit.overflow() <= 0


@pytest.mark.parametrize("visit_of_family", [NARROW], indirect=True)
def test_long_titles_of_models_fit_a_phone(visit_of_family):
    page = visit_of_family.page
    for name in sorted(FAMILY, key=len)[-3:]:
        page.get_by_label("Model", exact=True).locator("visible=true").click()
        option = page.get_by_role("option", name=re.compile(f"{name}(:|$)"))
        option.wait_for()
        assert visit_of_family.overflow() <= 0
        option.click()
        page.locator(".gallery > button").locator("visible=true").first.click()
        page.locator(".facts").locator("visible=true").wait_for()
        assert visit_of_family.overflow() <= 0


def upload(page, path) -> None:
    """Uploads a photo and waits until it stands in the page."""
    with page.expect_response(re.compile("/upload")):
        page.locator("input[type=file]").last.set_input_files(str(path))
    page.get_by_label("Remove Image").or_(page.get_by_label("Clear")).first.wait_for()


def choose(page, label: str, choice: str) -> None:
    """Chooses an entry of a visible dropdown by typing its name: of 1,000 classes only the first 100 are listed."""
    box = page.get_by_label(label, exact=True).locator("visible=true")
    box.click()
    box.press("ControlOrMeta+a")
    box.press_sequentially(choice)
    page.get_by_role("option", name=choice, exact=True).click()


def pixels(page, figure: str) -> str:
    """A picture's pixels, as the browser has decoded them."""
    image = page.locator(f"#{figure} img")
    image.wait_for(state="attached")
    page.locator(f"#{figure}").scroll_into_view_if_needed()
    image.wait_for()
    return image.evaluate(
        """async image => {
            // Refused where another picture takes its place meanwhile: that one is then looked at.
            await image.decode().catch(() => new Promise(later => setTimeout(later, 200)).then(() => image.decode()));
            const canvas = document.createElement('canvas');
            canvas.width = image.naturalWidth;
            canvas.height = image.naturalHeight;
            canvas.getContext('2d').drawImage(image, 0, 0);
            return canvas.toDataURL();
        }"""
    )


def wait_for_change(page, figure: str, before: str) -> None:
    """Waits until other pixels stand in a picture's place; the machine may be busy."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if pixels(page, figure) != before:
            return
        page.wait_for_timeout(100)
    pytest.fail(f"the picture {figure} did not change")
