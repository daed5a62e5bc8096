"""Analyses side by side in a browser: the baselines of a hybrid, analyses that are pinned, and one cursor for all."""

import math
from urllib.parse import quote

import pytest
import tiny
from browser import Visit, checked, save_family, served

from rnnformer_demo.analysis.service import analyse
from rnnformer_demo.checkpoints.store import load

MODEL, TEXT, NEXT = "sentiment-zh", tiny.SENTENCES[0], tiny.SENTENCES[3]
BASELINES = ["sentiment-zh-lstm", "sentiment-zh-transformer"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return save_family(tmp_path_factory.mktemp("checkpoints"))


@pytest.fixture(scope="module")
def address(tmp_path_factory, folder):
    with served(tmp_path_factory.mktemp("gradio"), folder) as address:
        yield address


@pytest.fixture
def visit(browser, address, request):
    visit = Visit(browser, f"{address}#/text?model={MODEL}&text={quote(TEXT)}", width=getattr(request, "param", 1280))
    visit.page.locator(".comparison:visible").wait_for()
    with checked(visit):
        yield visit


def panel(page):
    return page.locator("#view-comparison:visible")


def columns(page):
    return panel(page).locator(".comparison-column")


def compare(page) -> None:
    from playwright.sync_api import expect

    panel(page).get_by_role("button", name="Compare with baselines").click()
    expect(panel(page).get_by_role("button", name="Compare again")).to_be_visible()


@pytest.mark.parametrize("visit", [390, 1280], indirect=True)
def test_the_baselines_answer_beside_the_hybrid(visit, folder):
    from playwright.sync_api import expect

    page = visit.page
    compare(page)
    expect(columns(page).locator("h3")).to_have_text([f"{MODEL} (shown above)", *BASELINES])
    target = analyse(load(MODEL, folder), TEXT, wanted=()).prediction.label
    for place, name in enumerate([MODEL, *BASELINES]):
        document = analyse(load(name, folder), TEXT, target=target)
        row = panel(page).locator("tbody tr").nth(place)
        expect(row).to_contain_text(f"{document.prediction.label}{document.prediction.confidence:.1%}")
        expect(row).to_contain_text(f"50.0% (held out){document.model.parameters:,}")
        words = columns(page).nth(place).locator(".word")
        strongest = max(map(abs, document.attribution.scores))
        expect(columns(page).nth(place)).to_contain_text(f"for {target}")
        digits = max(3, math.ceil(2 - math.log10(strongest)))  # three that count
        expect(columns(page).nth(place)).to_contain_text(f"strongest score {strongest:.{digits}f}")
        expect(words).to_have_text(list(document.input.unit_names))
    assert visit.overflow() <= 0


def test_one_cursor_points_in_all_columns(visit):
    from playwright.sync_api import expect

    page = visit.page
    page.locator("#view-words:visible .words").first.locator(".word").nth(1).click()
    compare(page)  # columns that come later take it over
    for place in range(3):
        expect(columns(page).nth(place).locator(".word.pinned")).to_have_attribute("data-unit", "1")
    columns(page).nth(2).locator(".word").nth(3).click()
    for place in range(3):
        expect(columns(page).nth(place).locator(".word.pinned")).to_have_attribute("data-unit", "3")
    expect(page.locator("#view-words:visible .word.pinned")).to_have_attribute("data-unit", "3")


def test_every_view_is_there_for_models_that_have_its_parts(visit):
    from playwright.sync_api import expect

    page = visit.page
    compare(page)
    chosen = panel(page).get_by_label("Show of each")
    chosen.select_option("recurrence")
    expect(columns(page).nth(2)).to_contain_text("sentiment-zh-transformer has nothing to show here")
    expect(columns(page).nth(1).locator("canvas").first).to_be_visible()
    chosen.select_option("prefixes")
    expect(columns(page).locator(".curves")).to_have_count(3)
    chosen.select_option("trust")
    columns(page).nth(1).get_by_role("button", name="Measure its trust").click()
    expect(columns(page).nth(1)).to_contain_text("Verdict")
    expect(columns(page).nth(1).locator(".comparison-head h3")).to_be_focused()  # it took over from the button
    expect(panel(page).locator("tbody tr").nth(1).locator("td").last).not_to_be_empty()


def test_a_pinned_analysis_stays_beside_the_next(visit):
    from playwright.sync_api import expect

    page = visit.page
    panel(page).get_by_role("button", name="Pin this analysis").click()
    expect(panel(page).get_by_role("button", name="Pin this analysis")).to_have_attribute("aria-disabled", "true")
    page.locator("textarea:visible").fill(NEXT)
    page.locator("textarea:visible").press("Enter")
    expect(page.locator("#view-words:visible .words")).to_have_text(NEXT)
    expect(columns(page).locator(".words")).to_have_text([NEXT, TEXT])
    page.get_by_role("button", name="简体中文").click()  # the language changes, what is compared does not
    expect(columns(page).locator(".words")).to_have_text([NEXT, TEXT])
    panel(page).get_by_role("button", name="取消固定").click()
    expect(columns(page)).to_have_count(0)


def test_a_report_shows_the_comparison_of_its_document(visit):
    rows = visit.page.evaluate(
        """async () => {
            const base = document.querySelector('link[href*="/web-"]').href.replace(/styles.*/, '');
            const { create } = await import(`${base}views/comparison.js`);
            const of = (name, label) => ({
                model: { name, parameters: 7 },
                prediction: { label, confidence: 0.75, latency_ms: 2 },
                trust: { verdict: 'with care' },
            });
            const t = (key, values) => values?.ms ?? key, number = (value) => String(value);
            const format = { percent: number, tenth: number, count: number };
            const store = { document: { comparison: [of('one', 'yes'), of('<b>two</b>', 'no')] } };
            const { element } = create({ store, t, format, say: (text) => text, actions: null });
            const cells = (row) => [...row.cells].map((cell) => cell.textContent);
            return [...element.querySelectorAll('tbody tr')].map(cells);
        }"""
    )
    rest = ["0.75", "2", "7", "trust.verdict.with care"]
    assert rows == [["one", "yes", *rest], ["<b>two</b>", "no", *rest]]
