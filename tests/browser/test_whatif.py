"""Questions “what if” in a browser: words masked, deleted, typed over; a brush; undo, redo, counterfactual."""

import re
from urllib.parse import quote

import pytest
from browser import EXAMPLES, Visit, checked, upload

from rnnformer_demo.analysis import edits
from rnnformer_demo.analysis.service import analyse

MODEL, TEXT = "sentiment-en", "A witty, tender film with two wonderful performances, but the ending is a mess."
NARROW = 390  # pixels, a phone


@pytest.fixture(scope="module")
def document():
    """The same analysis without a page."""
    return analyse(MODEL, TEXT, wanted=("attribution",))


@pytest.fixture
def visit(browser, address, request):
    visit = Visit(browser, f"{address}#/text?model={MODEL}&text={quote(TEXT)}", getattr(request, "param", 1280))
    visit.page.locator(".edits:visible").wait_for()
    with checked(visit):
        yield visit


@pytest.fixture
def page(visit):
    return visit.page


def word(page, name: str):
    return page.locator("#view-words:visible .word").get_by_text(name, exact=True)


def tool(page, name: str):
    return page.locator(".word-tools:visible").get_by_role("button", name=name)


def effect(page):
    return page.locator("#view-words .word-tools-effect").first


def panel(page):
    return page.locator("#view-edits:visible")


def signed(value: float) -> str:
    """A number as the page writes it."""
    return f"{value:+.2f}".replace("-", "−")


def indices(document, *names: str) -> list[int]:
    return [document.input.unit_names.index(name) for name in names]


def test_masked_words_add_up_and_the_outcome_is_the_models(page, document):
    from playwright.sync_api import expect

    for name in ("mess", "wonderful"):
        word(page, name).click()
        tool(page, "Mask").click()
        expect(effect(page)).to_contain_text(f"“{name}”")
    edit = edits.ablate_units(document, indices(document, "wonderful", "mess"), "unknown").edits[0]
    expect(effect(page)).to_contain_text(f"{signed(edit.forecast)} and changed by {signed(edit.measured)}")
    expect(page.locator("#view-words:visible .word.gone")).to_have_text(["wonderful", "mess"])
    expect(page.locator("#view-words:visible ins.put")).to_have_text(["[UNK]", "[UNK]"])
    expect(panel(page).locator(".edited-text del")).to_have_text(["wonderful", "mess"])
    expect(panel(page).locator(".bars").first.locator("b")).to_have_text([signed(edit.forecast), signed(edit.measured)])
    after = [f"{edit.probabilities[label]:.1%}" for label in (edit.target, *(set(edit.probabilities) - {edit.target}))]
    expect(panel(page).locator(".bars").last.locator("b")).to_contain_text(after)
    tool(page, "Put back").click()  # the word at the cursor
    expect(page.locator("#view-words:visible .word.gone")).to_have_text(["mess"])


def test_several_words_are_chosen_deleted_and_brought_back_by_keys(page, document):
    from playwright.sync_api import expect

    word(page, "tender").focus()
    for key in ("Enter", "Shift+ArrowRight", "Tab", "Tab", "Enter"):  # choose two words; to "Mask", to "Delete"
        page.keyboard.press(key)
    expect(effect(page)).to_contain_text("“tender”, “film” deleted")
    edit = edits.ablate_units(document, indices(document, "tender", "film"), "deletion").edits[0]
    expect(effect(page)).to_contain_text(f"{signed(edit.forecast)} and changed by {signed(edit.measured)}")
    assert page.evaluate("document.activeElement.textContent") == "film"  # back at the word
    for name, gone in (("Undo", 0), ("Redo", 2)):
        button = panel(page).get_by_role("button", name=name)
        button.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#view-words:visible .word.gone")).to_have_count(gone)
        expect(button).to_have_attribute("aria-disabled", "true")
        expect(panel(page).locator(".edit-list li")).to_have_count(gone // 2)


def test_a_word_is_typed_over_in_its_place_and_the_text_is_kept(page, document):
    from playwright.sync_api import expect

    word(page, "mess").click()
    height = page.locator("#view-words:visible").bounding_box()["height"]
    tool(page, "Type over it").click()
    field = page.get_by_label("Another word instead of “mess”")
    expect(field).to_be_focused()
    field.press("Escape")
    expect(field).to_have_count(0)
    tool(page, "Type over it").click()
    field.fill("<b>joy</b>")
    field.press("ArrowLeft")  # moves in the field, and not to another word
    field.press("Enter")
    expect(page.locator("#view-words:visible ins.put")).to_have_text("<b>joy</b>")
    expect(page.locator("#view-words:visible .word.gone")).to_have_text("mess")
    tool(page, "Type over it").click()
    field.fill("joy")
    tool(page, "Put it in").click()
    edit = edits.replace_word(document, *indices(document, "mess"), "joy").edits[0]
    expect(effect(page)).to_contain_text(f"{signed(edit.forecast)} and changed by {signed(edit.measured)}")
    expect(panel(page)).to_contain_text("knows the word that goes, not the one that comes")
    assert page.locator("#view-words:visible").bounding_box()["height"] == pytest.approx(height, abs=2)
    tool(page, "Keep this text").click()
    expect(page.locator("#view-words:visible .words")).to_have_text(TEXT.replace("mess", "joy"))
    expect(page.locator("textarea:visible")).to_have_value(TEXT.replace("mess", "joy"))
    expect(page.locator("#view-words:visible .word.gone")).to_have_count(0)


def test_the_minimal_counterfactual_stands_in_the_text(page, document):
    from playwright.sync_api import expect

    panel(page).get_by_role("button", name="Find the minimal counterfactual").click()
    edit = edits.minimal_counterfactual(document, "unknown").edits[0]
    names = [document.input.unit_names[unit] for unit in sorted(edit.units)]
    expect(page.locator("#view-words:visible .word.gone")).to_have_text(names)
    minimal = "no smaller set does" if edit.exact else "a smaller set may do"
    expect(panel(page).locator(".edit-sentence")).to_contain_text(f"{edit.after} instead of {edit.before}: {minimal}")
    expect(panel(page).locator(".edit-sentence")).to_contain_text(f"{edit.evaluations} sets tried")
    panel(page).get_by_role("button", name="See its forecast and outcome").click()
    expect(panel(page).locator(".edit-sentence")).to_contain_text(f"became {edit.after}")
    panel(page).get_by_role("button", name="Show the input as it is").click()
    expect(page.locator("#view-words:visible .word.gone")).to_have_count(0)


def test_other_scores_forecast_anew(page):
    from playwright.sync_api import expect

    word(page, "mess").click()
    tool(page, "Mask").click()
    expect(panel(page)).to_contain_text("on one scale")
    page.locator("#view-attribution:visible").get_by_label("Method").select_option("attention-rollout")
    expect(panel(page)).to_contain_text("The forecast is that of an earlier attribution.")
    tool(page, "Delete").click()
    expect(panel(page)).to_contain_text("Attention rollout does not promise")


@pytest.mark.parametrize("visit", [NARROW], indirect=True)
def test_on_a_phone_it_fits(visit):
    from playwright.sync_api import expect

    page = visit.page
    word(page, "wonderful").click()
    tool(page, "Delete").click()
    expect(effect(page)).to_contain_text("“wonderful” deleted")
    assert visit.overflow() <= 0
    buttons = page.locator(".word-tools:visible button:visible, .edits:visible button:visible")
    assert all(each.bounding_box()["height"] >= 24 for each in buttons.all())


def test_a_brush_covers_a_photo_and_no_stroke_joins_the_next(browser, address):
    from playwright.sync_api import expect

    visit = Visit(browser, f"{address}#/photo?model=caltech101")
    page = visit.page
    upload(page, EXAMPLES / "panda.jpg")
    brush, chosen = panel(page).locator(".brush"), panel(page).locator(".brush-cells i")
    page.locator("#view-interventions:visible:not(.awaited)").wait_for()  # the last panel that moves others
    cell = brush.bounding_box()["width"] / 7

    def stroke(*places):
        """Draws through the middles of cells, given as row and column."""
        brush.evaluate("brush => brush.scrollIntoView({ block: 'center' })")
        box = brush.bounding_box()
        for step, (row, column) in enumerate(places):
            page.mouse.move(box["x"] + (column + 0.5) * cell, box["y"] + (row + 0.5) * cell, steps=4)
            if step == 0:
                page.mouse.down()
        page.mouse.up()

    stroke((2, 2), (2, 4), (4, 4))
    expect(chosen).to_have_count(5)
    panel(page).get_by_role("button", name="Blur").click()
    sentence = panel(page).locator(".edit-sentence")
    expect(sentence).to_contain_text("“row 3, column 3”, “row 3, column 4”, “row 3, column 5”, “row 4, column 5”")
    expect(sentence).to_contain_text(re.compile(r"blurred: the logit of panda was forecast to change by [−+]\d"))
    expect(chosen).to_have_count(0)
    stroke((6, 0))
    expect(panel(page).locator(".brush-chosen")).to_have_text("1 chosen: “row 7, column 1”")
    brush.focus()
    for key in ("Home", "Space", "ArrowDown", "Space", "Space"):
        page.keyboard.press(key)
    expect(panel(page).locator(".brush-chosen")).to_have_text("2 chosen: “row 1, column 1”, “row 7, column 1”")
    panel(page).get_by_role("button", name="Paint in the mean colour").click()
    expect(sentence).to_contain_text("“row 1, column 1”, “row 7, column 1” in the mean colour")
    panel(page).get_by_role("button", name="Undo").click()
    expect(sentence).to_contain_text("blurred")
    visit.context.close()
    assert (visit.outside, visit.errors) == ([], [])
