"""The page as a whole in a browser: keyboard alone, both languages, a phone, axe; nothing leaves the machine."""

import re
import shutil
from pathlib import Path

import pytest
from browser import PATIENCE, Visit, checked, served

from rnnformer_demo import web
from rnnformer_demo.bench.browser import wait_until_done
from rnnformer_demo.views import VIEWS
from rnnformer_demo.views.registry import View, register

NARROW = 390  # pixels, a phone
TEXT = "The plot is not without charm, but the jokes fall flat and the ending is a mess."
SMALLEST = 12  # pixels of a letter
_LETTERS = """() => {
  const small = new Set();
  const walker = document.createTreeWalker(document.querySelector(".rnnformer"), NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !element.getClientRects().length) continue;
    if (element.closest(".unseen")) continue;
    const drawn = element.closest("svg");
    const scale = drawn ? drawn.getBoundingClientRect().width / (drawn.viewBox.baseVal.width || drawn.clientWidth) : 1;
    const size = parseFloat(getComputedStyle(element).fontSize) * scale;
    if (size < SMALLEST - 0.05) small.add(`${element.className.baseVal ?? element.className} ${size.toFixed(1)}`);
  }
  return [...small];
}""".replace("SMALLEST", str(SMALLEST))


@pytest.fixture
def visit(browser, address, request):
    """A visit of the page with the shipped models; nothing leaves the machine, nothing goes wrong on the console."""
    visit = Visit(browser, address, getattr(request, "param", 1280))
    with checked(visit):
        yield visit


def analyse(page, text: str) -> None:
    """Types a text, presses Enter and waits until all but trust has come."""
    from playwright.sync_api import expect

    page.locator("textarea:visible").fill(text)
    page.keyboard.press("Enter")
    expect(page.locator("#view-words .words")).to_have_text(text)
    expect(page.locator("#view-prefixes .panel-body")).to_have_attribute("aria-busy", "false")


def focused(page) -> str:
    return page.evaluate("document.activeElement.closest('.panel')?.id ?? document.activeElement.tagName")


def test_the_page_opens_with_an_example_that_is_analysed(visit):
    from playwright.sync_api import expect

    expect(visit.page.locator("#view-words .word").first).to_be_visible()
    expect(visit.page.locator("#view-prediction")).to_contain_text("%")
    assert visit.page.title() == "RNNformer Demo"


def test_the_keyboard_alone_leads_from_typing_to_the_verdict(visit):
    from playwright.sync_api import expect

    page = visit.page
    analyse(page, TEXT)
    page.locator("textarea:visible").focus()
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('word')"):
            break
    else:
        raise AssertionError("no word was reached by Tab")
    inspector = page.locator(".inspector:visible")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(inspector.locator(".inspector-name")).to_have_text(page.evaluate("document.activeElement.textContent"))
    page.keyboard.press("Enter")
    expect(inspector).to_have_class(re.compile("pinned"))
    page.keyboard.press("Escape")
    expect(inspector).to_have_count(0)
    page.keyboard.press("ArrowRight")  # on from the word with the focus
    expect(page.locator("#view-words .word").nth(3)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#view-trust .trust-badge")).to_have_text(re.compile("trust|with care|don't|undecided"))
    for _ in range(120):
        page.keyboard.press("Tab")
        if focused(page) == "view-trust":
            break
    assert focused(page) == "view-trust"


def test_one_cursor_moves_through_all_views(visit):
    from playwright.sync_api import expect

    page = visit.page
    analyse(page, TEXT)
    page.locator("#view-words .word", has_text="charm").hover()
    expect(page.locator("#view-prefixes .reading")).to_contain_text("charm")
    expect(page.locator("#view-attention .heat-mark").first).to_be_attached()
    expect(page.locator("#view-recurrence .heat-mark").first).to_be_attached()
    expect(page.locator(".inspector-name:visible")).to_have_text("charm")
    wait_until_done(page)  # trust asks the server for itself, when all else has come
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    for word in ("jokes", "ending", "mess"):
        page.locator("#view-words .word", has_text=word).hover()
        expect(page.locator(".inspector-name:visible")).to_have_text(word)
    assert requests == []  # the cursor asks the server for nothing
    there = {"bubbles": True, "pointerType": "mouse", "screenX": 5, "screenY": 5}
    for place in (1, 4):  # a mouse at rest, and the page scrolls under it
        page.locator("#view-words .word").nth(place).dispatch_event("pointermove", there)
    expect(page.locator(".inspector-name:visible")).to_have_text("plot")


def test_what_was_typed_is_shown_literally(visit):
    hostile = "<img src=x onerror=alert(1)> ${7*7} {{7*7}} </script> great"
    analyse(visit.page, hostile)
    assert visit.page.locator("#view-words img").count() == 0
    assert "49" not in visit.page.locator("#view-words .words").inner_text()


def test_bad_input_gets_a_sentence_beside_it_and_stays(visit):
    from playwright.sync_api import expect

    page = visit.page
    analyse(page, TEXT)
    page.locator("textarea:visible").fill("   ")
    page.keyboard.press("Enter")
    alert = page.locator(".error:visible")
    expect(alert).to_contain_text("There is no text yet: type or paste some, or choose an example.")
    page.wait_for_timeout(500)
    expect(alert).to_contain_text("There is no text yet: type or paste some, or choose an example.")
    expect(page.locator("#view-words .words")).to_have_text(TEXT)  # the last result is still there
    page.locator("textarea:visible").fill("☂ ☂")  # the server's own sentence
    page.keyboard.press("Enter")
    expect(alert).to_contain_text("This model knows none of these words or signs")
    page.get_by_role("button", name="简体中文").click()
    page.locator("textarea:visible").press("Enter")
    expect(page.locator(".error:visible")).to_contain_text("这个模型不认识")
    assert page.locator("textarea:visible").input_value() == "☂ ☂"


def test_the_page_speaks_two_languages(visit):
    from playwright.sync_api import expect

    page = visit.page
    analyse(page, TEXT)
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    headings = page.locator(".panel:visible h2").all_inner_texts()
    assert len(headings) > 6
    assert [heading for heading in headings if not re.search("[一-鿿]", heading)] == []
    assert page.locator("textarea:visible").input_value() == TEXT
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")  # it is remembered


@pytest.mark.parametrize("visit", [NARROW], indirect=True)
def test_a_phone_shows_all_of_it(visit):
    page = visit.page
    analyse(page, TEXT)
    page.locator("#view-trust .trust-badge").wait_for()
    assert visit.overflow() == 0
    assert page.evaluate(_LETTERS) == []
    for place in ("photo", "models"):
        page.get_by_role("navigation").get_by_role("link").nth(1 if place == "photo" else 2).click()
        page.wait_for_timeout(1500)
        assert visit.overflow() == 0
        assert page.evaluate(_LETTERS) == []


def test_axe_finds_nothing_serious(browser, address):
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light", locale="en-US")
    context.set_default_timeout(1000 * PATIENCE)
    page = context.new_page()
    page.goto(address)
    page.locator(".rnnformer").wait_for()
    found = {"before": serious(Axe(), page)}
    for place in ("text", "photo", "models"):
        page.goto(f"{address}#/{place}")
        page.locator(".models h2" if place == "models" else "#view-trust:visible .trust-badge").first.wait_for()
        looks = (("light", "English"), ("dark", "简体中文"))
        for scheme, language in looks[place == "models" :]:  # its many cards take long
            page.emulate_media(color_scheme=scheme)
            page.get_by_role("button", name=language).click()
            page.wait_for_timeout(500)
            found[f"{place}, {scheme}, {language}"] = serious(Axe(), page)
    context.close()
    assert {place: faults for place, faults in found.items() if faults} == {}


def serious(axe, page) -> list[str]:
    """Serious and critical violations, each with the first elements that it is about."""
    violations = axe.run(page).response["violations"]
    return [
        f"{each['id']}: {[node['target'] for node in each['nodes'][:4]]}"
        for each in violations
        if each["impact"] in ("serious", "critical")
    ]


TOY = """import { h } from "../core/dom.js";
const count = ({ document }) => h("p", {}, `${document.input.units.length} words`);
export const create = ({ store }) => ({ element: count(store), update() {} });
"""


def test_a_view_that_was_added_appears_on_the_page(browser, tmp_path, monkeypatch):
    from playwright.sync_api import expect

    folder = Path(shutil.copytree(web.FOLDER, tmp_path / "web"))
    (folder / "views" / "toy.js").write_text(TOY, encoding="utf-8")
    monkeypatch.setattr("rnnformer_demo.web.files.FOLDER", folder)
    monkeypatch.setattr("rnnformer_demo.web.FOLDER", folder)
    register(
        View(name="toy", title="Toy view", help="Counts.", sections=("input",), caption=lambda document, choices: "")
    )
    try:
        with served(tmp_path / "gradio") as address:
            visit = Visit(browser, address)
            expect(visit.page.locator("#view-toy")).to_contain_text(re.compile(r"Toy view.*\d+ words", re.DOTALL))
            visit.context.close()
    finally:
        del VIEWS["toy"]
