"""How a visitor gets in: input, models, examples, permalinks, reloads, the tour, and the choice of a class."""

import re
from urllib.parse import quote

import pytest
import tiny
from browser import EXAMPLES, Visit, checked

TEXT = "A tender film, but the ending is a mess."
CHINESE = "这部电影一点也不无聊。"


class Guest(Visit):
    """A visit that remembers what the page asked of the server."""

    def __init__(self, browser, address: str, place: str = "", **options):
        self.base = address
        super().__init__(browser, "about:blank", **options)
        self.asked: list[dict] = []
        self.page.on("request", self._remember)
        self.page.goto(f"{address}{place}")

    def _remember(self, request) -> None:
        if "queue/join" in request.url:
            self.asked.append(request.post_data_json["data"][0])

    @property
    def analyses(self) -> list[dict]:
        return [request for request in self.asked if "source" in request]

    def settled(self) -> None:
        """Waits until all but trust is there."""
        from playwright.sync_api import expect

        expect(self.page.locator("#view-prefixes:visible .panel-body")).to_have_attribute("aria-busy", "false")


@pytest.fixture
def visit(browser, address, request):
    """A visit of a place in the page; nothing leaves the machine, nothing goes wrong on the console."""
    place, options = getattr(request, "param", ("", {}))
    visit = Guest(browser, address, place, **options)
    with checked(visit):
        yield visit


def at(place: str, **options):
    return pytest.mark.parametrize("visit", [(place, options)], indirect=True, ids=[place[:20]])


def text_at(model: str, text: str, rest: str = "") -> str:
    return f"#/text?model={model}&text={quote(text)}{rest}"


def test_the_page_opens_with_an_example_and_its_story(visit):
    from playwright.sync_api import expect

    page = visit.page
    expect(page.locator(".story:visible")).to_contain_text("A belief that turns")
    expect(page.locator(".answer:visible")).to_contain_text("positive")
    expect(page.locator(".gallery:visible [aria-current]")).to_have_attribute("data-example", "flip")
    page.locator("[data-example=irony]").click()
    expect(page.locator(".story:visible")).to_contain_text("fails here")
    expect(page.locator(".words:visible")).to_have_text("Oh great, another sequel. Just what the world needed.")
    assert "another+sequel" in page.url
    page.locator("[data-example=zh-but]").click()  # one of another model
    expect(page.locator(".answer:visible")).to_contain_text("positive")
    expect(page.get_by_label("Task")).to_have_value("sentiment-zh")


@at(text_at("sentiment-en", TEXT, "&method=gradient-x-input&target=positive"))
def test_a_link_restores_all_and_a_reload_asks_for_nothing(visit):
    from playwright.sync_api import expect

    page = visit.page
    expect(page.locator("#view-trust .trust-verdict p")).to_be_visible(timeout=180_000)
    assert [(request["method"], request["target"]) for request in visit.analyses] == [("gradient-x-input", "positive")]
    pressed = page.locator(".class-row[aria-pressed=true]:visible")
    expect(pressed).to_contain_text("positive")
    link = page.url
    assert "method=gradient-x-input" in link
    assert "target=positive" in link
    visit.asked.clear()
    page.reload()
    expect(page.locator(".words:visible")).to_have_text(TEXT)
    expect(page.locator("#view-trust .trust-verdict p")).to_be_visible()
    expect(pressed).to_contain_text("positive")
    assert page.locator("textarea:visible").input_value() == TEXT
    assert (page.url, visit.asked) == (link, [])
    page.locator(".class-row[data-name=negative]").click()  # back to the predicted class
    expect(pressed).to_contain_text("negative")
    expect(page).not_to_have_url(re.compile("target="))
    expect(page).to_have_url(re.compile("method=gradient-x-input"))


@at(text_at("sentiment-en", TEXT))
def test_enter_analyses_and_another_architecture_reads_the_same_text(visit):
    from playwright.sync_api import expect

    page = visit.page
    visit.settled()
    area = page.locator("textarea:visible")
    area.fill("Hardly a dull moment.")
    area.press("Shift+Enter")
    area.press_sequentially("Twice.")
    expect(page.locator(".input-hint:visible")).to_contain_text("press Enter")
    area.press("Enter")
    expect(page.locator(".words:visible")).to_have_text("Hardly a dull moment.\nTwice.", use_inner_text=True)
    visit.settled()
    expect(page.locator(".input-hint:visible")).to_have_count(0)
    assert page.locator("select").first.locator("option").count() == 3  # a task each, baselines folded away
    page.get_by_text("Other architectures").click()
    page.get_by_label("an LSTM alone").check()
    expect(page.locator("#view-prediction")).to_contain_text("sentiment-en-lstm")
    assert visit.analyses[-1]["source"] == "Hardly a dull moment.\nTwice."
    assert page.get_by_label("an LSTM alone").is_checked()  # and the fold is still open
    page.get_by_text("correct, 2.7 million").click()
    expect(
        page.get_by_text(re.compile(r"91\.3% \(95 % interval 90\.9% to 91\.6%\) of 25,000, imdb test"))
    ).to_be_visible()
    expect(page.get_by_text("irony mostly escapes it")).to_be_visible()


@at(text_at("sentiment-en", TEXT, "&method=occlusion"))
def test_a_method_that_is_slow_on_photos_comes_with_the_rest_of_a_short_text(visit):
    visit.settled()
    assert "attribution" in visit.analyses[0]["wanted"]


@at(text_at("sentiment-en", TEXT))
def test_a_text_in_another_language_is_offered_its_model(visit):
    from playwright.sync_api import expect

    page = visit.page
    visit.settled()
    area, offer = page.locator("textarea:visible"), page.locator(".offer:visible")
    expect(offer).to_have_count(0)
    area.fill(CHINESE)
    offer.get_by_role("button", name="Use the Chinese model").click()
    expect(page.locator(".words:visible")).to_have_text(CHINESE)
    expect(page).to_have_url(re.compile("model=sentiment-zh"))
    expect(offer).to_have_count(0)
    area.fill("A dull film in a dull hotel.")
    expect(offer).to_contain_text("Use the English model")
    area.fill("これはとても面白い映画でした。")  # neither
    expect(offer).to_have_count(0)


@pytest.mark.parametrize(
    ("place", "sentence"),
    [
        ("#/text?model=nobody&text=Hello", "There is no model nobody here"),
        ("#/photo?example=nothing.jpg", "There is no example nothing.jpg here"),
        (text_at("sentiment-en", TEXT, "&target=sideways"), "sideways"),
    ],
)
def test_a_link_to_what_is_not_there_gets_a_sentence(browser, address, place, sentence):
    from playwright.sync_api import expect

    visit = Guest(browser, address, place)
    expect(visit.page.locator(".error:visible")).to_contain_text(sentence)
    if "text" in place:
        assert visit.page.locator("textarea:visible").input_value() in ("Hello", TEXT)
    visit.context.close()


@at("#/photo")
def test_photos_are_shown_whole_and_come_back_after_a_reload(visit, tmp_path):
    from playwright.sync_api import expect

    page = visit.page
    expect(page.locator(".story:visible")).to_be_visible()
    shown = page.locator(".photo-stage img")
    assert shown.evaluate("image => image.naturalWidth") >= 500
    expect(page.locator(".answer:visible")).to_contain_text("giant panda")
    assert visit.analyses[0]["source"] == {"example": "panda.jpg"}
    alert = page.locator(".error:visible")
    chooser = page.locator("input[type=file]").last
    for name, content, sentence in (
        ("list.csv", b"a,b", "list.csv is no photo"),
        ("nothing.png", b"", "nothing.png is empty"),
        ("huge.jpg", bytes(20 * 2**20 + 1), "at most 20 MB"),
        ("half.jpg", (EXAMPLES / "panda.jpg").read_bytes()[:3000], "damaged or cut short"),
    ):
        mime = "text/csv" if name.endswith("csv") else f"image/{name[-3:].replace('jpg', 'jpeg')}"
        chooser.set_input_files({"name": name, "mimeType": mime, "buffer": content})
        expect(alert).to_contain_text(sentence)
    expect(page.locator(".answer:visible")).to_contain_text("giant panda")
    chooser.set_input_files(
        {"name": "mine.png", "mimeType": "image/png", "buffer": tiny.encode(tiny.photo((900, 600)), "PNG")}
    )
    expect(page.locator(".photo-input")).to_contain_text("mine.png, 900 × 600 pixels")
    expect(page.locator(".words, #view-attribution:visible .photo-grid").first).to_be_visible()
    expect(alert).to_have_count(0)
    visit.settled()
    frame = page.locator(".photo-whole:visible canvas")
    expect(frame).to_have_attribute("data-box", "0.166667 0 0.833333 1")
    assert frame.evaluate("canvas => [canvas.width, canvas.height]") == [360, 240]
    inside, outside = (
        frame.evaluate("(canvas, x) => [...canvas.getContext('2d').getImageData(x, 120, 1, 1).data]", x)
        for x in (70, 50)
    )
    assert sum(outside[:3]) < sum(inside[:3])
    expect(page.locator(".prediction:visible")).to_contain_text("33% of it was cut away, left and right")
    answer = page.locator(".answer:visible").inner_text()
    visit.asked.clear()
    page.reload()
    expect(page.locator(".answer:visible")).to_have_text(answer, use_inner_text=True)
    expect(frame).to_have_count(0)
    assert shown.evaluate("image => image.complete && image.naturalWidth") > 0
    assert visit.analyses == []


@at("#/photo?example=raccoon.jpg")
def test_a_class_is_searched_by_typing(visit):
    from playwright.sync_api import expect

    page = visit.page
    expect(page.locator(".answer:visible")).to_contain_text("badger")
    rows = page.locator(".class-row:visible")
    expect(rows).to_have_count(5)
    visit.settled()
    search = page.get_by_role("combobox", name="Another class to explain")
    search.click()
    expect(page.locator("#view-prediction [role=option]").first).to_contain_text("badger")  # runners-up first
    search.fill("no such thing")
    expect(page.locator("#view-prediction [role=listbox] > :not([role=option])")).to_have_count(0)
    search.fill("skun")
    expect(page.locator("#view-prediction [role=option]")).to_have_count(1)
    search.press("Enter")
    expect(rows).to_have_count(6)
    expect(page.locator(".class-row[aria-pressed=true]:visible")).to_contain_text("skunk")
    expect(page).to_have_url(re.compile("target=skunk"))
    rows.first.click()
    expect(rows).to_have_count(5)
    expect(page).not_to_have_url(re.compile("target="))


@at("", tour=True)
def test_the_tour_is_offered_once_and_never_in_the_way(visit):
    from playwright.sync_api import expect

    page = visit.page
    tour = page.get_by_role("dialog")
    expect(tour).to_contain_text("1 of 3")
    assert page.evaluate("document.activeElement === document.body")  # it takes no focus by itself
    page.keyboard.press("Escape")
    expect(tour).to_have_count(0)
    page.reload()
    visit.settled()
    expect(tour).to_have_count(0)
    opener = page.get_by_role("button", name="Tour")
    opener.click()
    for title, anchor in (("Begin", ".input-card"), ("counts", "#view-words"), ("trust", "#view-trust")):
        expect(tour.get_by_role("heading")).to_contain_text(title)
        expect(tour.get_by_role("heading")).to_be_focused()
        expect(page.locator(f"{anchor}.toured:visible")).to_have_count(1)
        tour.locator(".primary").click()
    expect(tour).to_have_count(0)
    expect(opener).to_be_focused()
    expect(page.locator(".toured")).to_have_count(0)


@at("", width=390)
def test_a_phone_goes_to_the_results_and_has_the_gallery_as_a_strip(visit):
    page = visit.page
    visit.settled()
    assert page.evaluate("scrollY") == 0  # the example that the page opens with does not scroll it
    page.locator("textarea:visible").fill(TEXT)
    page.locator("textarea:visible").press("Enter")
    page.wait_for_function("Math.abs(document.querySelector('.results').getBoundingClientRect().top) < 60")
    strip = page.locator(".gallery-groups:visible")
    assert strip.evaluate("strip => strip.scrollWidth > 2 * strip.clientWidth")
    assert visit.overflow() == 0
