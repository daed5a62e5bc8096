"""The recurrence in a browser: values of the document at the mouse and the keys, a unit, a trajectory, a search."""

import re
from urllib.parse import quote

import numpy as np
import pytest
from browser import Visit, checked

from rnnformer_demo.analysis.pattern_search import Pattern, search_document
from rnnformer_demo.analysis.service import analyse
from rnnformer_demo.ui.gallery import gallery

MODEL, TEXT = "sentiment-en", "A witty, tender film with two wonderful performances, but the ending is a mess."
NARROW = 390  # pixels, a phone
STEP = 7  # "wonderful"


@pytest.fixture(scope="module")
def document():
    """The same analysis without a page."""
    return analyse(MODEL, TEXT, wanted=("recurrence", "interventions"))


@pytest.fixture
def visit(browser, address, request):
    visit = Visit(browser, f"{address}#/text?model={MODEL}&text={quote(TEXT)}", getattr(request, "param", 1280))
    with checked(visit):
        yield visit


def shown(page):
    """The view, when it is there."""
    view = page.locator(".workbench:not([hidden]) #view-recurrence .recurrence")
    view.wait_for()
    return view


def tab(view, name: str) -> None:
    view.get_by_role("button", name=name, exact=True).click()


def cell(view, row: int, column: int, rows: int, columns: int) -> tuple[float, float]:
    """The middle of a cell of the map, in pixels of the window."""
    view.locator(".heat").scroll_into_view_if_needed()
    box = view.locator(".heat").bounding_box()
    return box["x"] + box["width"] * (column + 0.5) / columns, box["y"] + box["height"] * (row + 0.5) / rows


def signed(value: float) -> str:
    return f"{value:+.2f}".replace("-", "−") if round(abs(value), 2) else "0.00"


def test_the_map_reads_out_the_values_of_the_document(visit, document):
    from playwright.sync_api import expect

    page, view = visit.page, shown(visit.page)
    section = document.recurrence[0]
    left = section.contributions.numpy()[:, 0]  # the map begins with memory contributions, forward
    steps, units = left.shape
    reading = view.locator(".reading")
    peaks = np.abs(left).argmax(0)
    first = min(range(units), key=lambda unit: (peaks[unit], -abs(left[peaks[unit], unit])))
    page.mouse.move(*cell(view, 0, STEP, units, steps))
    expect(reading).to_have_text(f"Unit {first} at “wonderful”: {signed(left[STEP, first])}")
    expect(page.locator(".word.at").locator("visible=true")).to_have_text("wonderful")
    view.get_by_label("Order of the units", exact=True).select_option("as they are")
    view.get_by_label("Quantity", exact=True).select_option("cell state")
    view.get_by_role("button", name="backward").click()
    cells = section.cells.numpy()[:, 1]
    page.mouse.move(*cell(view, 17, STEP, units, steps))
    expect(reading).to_have_text(f"Unit 17 at “wonderful”: {signed(cells[STEP, 17])}")
    page.mouse.click(*cell(view, 17, STEP, units, steps))
    expect(view.locator(".recurrence-row")).to_have_text("17")
    interventions = document.interventions
    expect(view.locator(".recurrence-effect")).to_contain_text(
        f"the probability of negative is {interventions.probability['without recurrence']:.1%}"
    )


def test_keys_move_the_cursor_and_choose_units_and_stretches(visit, document):
    from playwright.sync_api import expect

    page, view = visit.page, shown(visit.page)
    view.get_by_label("Order of the units", exact=True).select_option("as they are")
    view.get_by_label("Quantity", exact=True).select_option("hidden state")
    states = document.recurrence[0].hidden.numpy()[:, 0]
    unit = document.recurrence[0].fullest[0].unit
    view.locator(".heat").focus()
    for _ in range(STEP + 1):
        page.keyboard.press("ArrowRight")
    expect(view.locator(".reading")).to_have_text(f"Unit {unit} at “wonderful”: {signed(states[STEP, unit])}")
    page.keyboard.press("ArrowUp")
    expect(view.locator(".reading")).to_have_text(f"Unit {unit - 1} at “wonderful”: {signed(states[STEP, unit - 1])}")
    page.keyboard.press("Shift+ArrowRight")
    expect(view.locator(".recurrence-stretch")).to_contain_text("“wonderful performances”: units that stay beyond")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowLeft")
    expect(view.locator(".recurrence-stretch")).to_contain_text("“wonderful performances”")
    expect(page.locator(".word.at").locator("visible=true")).to_have_text("performances")


def test_the_chosen_unit_is_that_of_its_model(visit):
    from playwright.sync_api import expect

    page, other = visit.page, analyse(f"{MODEL}-lstm", TEXT, wanted=("recurrence",))
    row = shown(page).locator(".recurrence-row")
    shown(page).locator(".heat").press("ArrowDown")
    own, fullest = row.inner_text(), other.recurrence[0].fullest[0].unit
    assert own != str(fullest)
    page.get_by_text("Other architectures").click()
    page.get_by_label("an LSTM alone").check()
    expect(row).to_have_text(str(fullest))


def test_all_gates_and_states_of_a_unit(visit, document):
    from playwright.sync_api import expect

    page, view = visit.page, shown(visit.page)
    tab(view, "Unit")
    view.get_by_label("Unit", exact=True).select_option("17")
    section = document.recurrence[0]
    expect(view.locator(".curves")).to_have_count(3)  # gates; candidate and hidden state; cell state
    expect(view.locator(".curve-legend li")).to_have_text(
        ["input gate", "forget gate", "output gate", "hidden state", "candidate"]
    )
    view.get_by_text("Exact numbers").click()
    view.locator("tbody tr").nth(STEP).wait_for()  # the table is built when it is opened
    heads = view.locator("thead th").all_inner_texts()
    row = [float(cell.replace("−", "-")) for cell in view.locator("tbody tr").nth(STEP).locator("td").all_inner_texts()]
    arrays = {
        "hidden state": section.hidden,
        "cell state": section.cells,
        "memory contributions": section.contributions,
    }
    arrays |= {name if name == "candidate" else f"{name} gate": array for name, array in section.gates.items()}
    assert heads[1:] == ["memory contributions", "hidden state", "cell state", *list(arrays)[3:]]
    assert row == pytest.approx([arrays[name].numpy()[STEP, 0, 17] for name in heads[1:]], abs=6e-4)
    page.locator(".word").locator("visible=true").nth(STEP).click()
    expect(view.locator(".curves-cursor").first).to_have_attribute("visibility", "visible")
    expect(view.locator(".reading")).to_contain_text("Unit 17 at “wonderful”: input gate")
    view.get_by_label("Recurrence", exact=True).select_option("gru tokens 1")
    expect(view.locator(".curves")).to_have_count(2)


def test_the_trajectory_lies_in_the_first_two_principal_components(visit, document):
    from playwright.sync_api import expect

    view = shown(visit.page)
    tab(view, "Trajectory")
    states = document.recurrence[0].hidden.numpy()[:, 0].astype(float)
    _, sizes, _ = np.linalg.svd(states - states.mean(0), full_matrices=False)
    shares = sizes**2 / (sizes**2).sum()
    expect(view).to_contain_text(f"The first component holds {shares[0]:.0%} of the variance")
    expect(view).to_contain_text(f"the second {shares[1]:.0%}")
    view.get_by_text("Exact numbers").click()
    view.locator("tbody tr").first.wait_for()  # the table is built when it is opened
    rows = view.locator("tbody tr").all()
    points = np.array([[float(cell.replace("−", "-")) for cell in row.locator("td").all_inner_texts()] for row in rows])
    assert (points**2).sum(0) == pytest.approx(sizes[:2] ** 2, rel=0.01)
    view.locator(".trajectory circle").nth(STEP).hover()
    expect(view.locator(".trajectory-rings circle")).to_have_count(1)
    expect(view.locator(".reading")).to_contain_text("“wonderful” lies at")


def test_a_brushed_stretch_is_searched_for(visit, document):
    from playwright.sync_api import expect

    page, view = visit.page, shown(visit.page)
    view.get_by_label("Order of the units", exact=True).select_option("as they are")
    view.get_by_label("Quantity", exact=True).select_option("hidden state")
    states = document.recurrence[0].hidden.numpy()[:, 0]
    steps, units = states.shape
    during = states[STEP : STEP + 2]  # "wonderful performances"
    least = np.where((np.sign(during) == np.sign(during[0])).all(0), np.abs(during).min(0), 0)
    unit = int(np.argsort(least)[-4])
    page.mouse.move(*cell(view, unit, STEP, units, steps))
    page.mouse.down()
    page.mouse.move(*cell(view, unit, STEP + 1, units, steps), steps=4)
    page.mouse.up()
    threshold = np.floor(least[unit] / 0.05 + 1e-6) * 0.05
    signs = {int(each): int(np.sign(during[0, each])) for each in np.flatnonzero(least >= threshold)}
    stretch = view.locator(".recurrence-stretch")
    expect(stretch).to_contain_text(f"“wonderful performances”: units that stay beyond {threshold:.2f}: {len(signs)}.")
    stretch.get_by_role("button", name="Find where else").click()
    expect(view.locator(".reading")).to_contain_text(f"{len(signs)} of {units} units stay beyond {threshold:.2f}")
    view.get_by_text("Search your own texts, too").click()
    view.get_by_label("Texts, one a line, 50 at most", exact=True).fill(
        "Two wonderful performances in a dull film.\nAn <b>odd</b> wonderful line."
    )
    view.get_by_role("button", name="Find where else they do").click()
    results = view.locator(".recurrence-results")
    texts = ["Two wonderful performances in a dull film.", "An <b>odd</b> wonderful line."]
    texts += [entry["text"] for entry in gallery([MODEL])]
    pattern = Pattern("lstm tokens 1", 0, "hidden", signs, float(threshold), 2)
    answer = search_document(document, pattern, STEP, texts)
    expect(results.locator("h3")).to_have_text(
        f"Stretches found: {len(answer['matches'])} (texts searched: {answer['texts']}), the most alike first"
    )
    marks = [match["text"][slice(*match["span"])] for match in answer["matches"]]
    expect(results.locator("mark")).to_have_text(marks)
    expect(results.locator("li").first).to_contain_text(
        f"Units in common: {len(answer['matches'][0]['units'])} of {len(signs)}"
    )
    view.get_by_label("Threshold", exact=True).focus()
    page.keyboard.press("ArrowLeft")  # another pattern: what was found is no answer to it
    expect(results.locator("li")).to_have_count(0)


@pytest.mark.parametrize("visit", [NARROW], indirect=True)
def test_nothing_is_wider_than_a_phone_and_all_of_it_is_there_in_chinese(visit):
    from playwright.sync_api import expect

    page = visit.page
    view = shown(page)
    page.get_by_role("button", name="简体中文").click()
    view = shown(page)
    for name in ("单元", "轨迹", "搜索", "热图"):
        tab(view, name)
        expect(view.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
        assert visit.overflow() <= 0
    sizes = view.evaluate(
        "view => [...view.querySelectorAll('*')].filter(each => each.textContent.trim() && !each.children.length)"
        ".map(each => parseFloat(getComputedStyle(each).fontSize))"
    )
    assert min(sizes) >= 12


def test_a_model_without_recurrence_has_no_such_view(browser, address):
    visit = Visit(browser, f"{address}#/text?model={MODEL}-transformer&text={quote(TEXT)}")
    page = visit.page
    page.locator("#view-prefixes:not([hidden]) .curves").wait_for()
    assert page.locator("#view-recurrence:not([hidden])").count() == 0
    visit.context.close()
    assert visit.errors == []


def test_a_photo_has_cells_and_no_search(browser, address):
    from playwright.sync_api import expect

    visit = Visit(browser, f"{address}#/photo?model=objects&example=panda.jpg")
    page = visit.page
    view = shown(page)
    expect(view.locator(".recurrence-tabs button")).to_have_text(["Map", "Unit", "Trajectory"])
    expect(view.locator(".recurrence-axis span")).to_have_text([f"row {row}" for row in range(1, 8)])
    page.mouse.move(*cell(view, 40, 24, 96, 49))
    expect(view.locator(".reading")).to_have_text(re.compile(r"Unit \d+ at row 4, column 4: [−+]?\d\.\d\d$"))
    # Here the residual path carries the answer: the view says that the recurrence hardly matters.
    expect(view.locator(".recurrence-effect .notice")).to_contain_text("changes next to nothing")
    tab(view, "Unit")
    expect(view.locator(".curves")).to_have_count(3)
    visit.context.close()
    assert visit.errors == []
