"""The page of models and the view of the architecture in a browser: they say what cards, records and configs say."""

import re
from urllib.parse import quote

import pytest
import tiny
from browser import Visit, checked

from rnnformer_demo.checkpoints.cards import in_families
from rnnformer_demo.checkpoints.store import load
from rnnformer_demo.evaluation.explanations import leaderboards
from rnnformer_demo.evaluation.intervals import holm
from rnnformer_demo.evaluation.records import read_record

CHECKPOINTS = tiny.ROOT / "checkpoints"
CARDS = in_families(CHECKPOINTS)
HYBRIDS = [name for name, card in CARDS.items() if not card.get("baseline_of")]
TEXT = "A tender film, but the ending is a mess."
NARROW = 390  # pixels, a phone
TEST = "sst2 dev"


@pytest.fixture
def visit(browser, address, request):
    width, place = getattr(request, "param", (1280, "#/models"))
    visit = Visit(browser, f"{address}{place}", width)
    with checked(visit):
        yield visit


def percent(share: float) -> str:
    """A share as the page writes it."""
    return f"{100 * share:.1f}%"


def opened(card, title: str):
    """A part of a card, opened."""
    part = card.locator("details", has=card.page.get_by_text(title, exact=True)).first
    part.locator("summary").first.click()
    return part


def test_every_model_has_a_card_beside_its_hybrid(visit):
    from playwright.sync_api import expect

    families = visit.page.locator(".model-family")
    expect(families).to_have_count(len(HYBRIDS))
    for index in range(len(HYBRIDS)):
        shown = families.nth(index).locator(".model-card h4").all_text_contents()
        hybrid = shown[0]
        assert {name for name, card in CARDS.items() if hybrid in (name, card.get("baseline_of"))} == set(shown)
        expect(families.nth(index)).to_contain_text(CARDS[hybrid]["limits"])
    figures = CARDS["sentiment-en-lstm"]["metrics"][TEST]
    row = visit.page.locator("#model-sentiment-en-lstm > .table-frame tr", has_text=TEST)
    low, high = figures["interval"]
    cells = [TEST, str(figures["n"]), f"{percent(figures['accuracy'])} {percent(low)} to {percent(high)}"]
    assert row.locator("th, td").all_text_contents() == [*cells, percent(figures["ece"])]
    visit.page.get_by_role("button", name="简体中文").click()
    expect(visit.page.locator("#model-sentiment-en-lstm > .table-frame")).to_contain_text("sst2 开发集")


def test_baselines_are_compared_in_pairs(visit):
    from playwright.sync_api import expect

    family = visit.page.locator(".model-family", has=visit.page.locator("#model-sentiment-en"))
    rows = family.locator(".forest li")
    expect(rows).to_have_count(4)
    family.get_by_label("Accuracy of all on").select_option(TEST)
    expect(rows.first.locator(".forest-paired")).to_be_empty()
    names = ("sentiment-en-lstm", "sentiment-en-gru", "sentiment-en-transformer")
    pairs = {name: read_record(name)["tests"][TEST]["paired"] for name in names}
    corrected = holm({name: paired["p"] for name, paired in pairs.items()})
    for name, paired in pairs.items():
        row = rows.filter(has=visit.page.get_by_text(name, exact=True))
        counts = f"Right alone on {paired['only_this']}, sentiment-en alone on {paired['only_first']}; p"
        expect(row).to_contain_text(counts)
        verdict = "No clear difference" if corrected[name] >= 0.05 else "Less often right"
        expect(row).to_contain_text(verdict)


def test_reliability_has_a_dot_for_each_bin_and_says_its_numbers(visit):
    from playwright.sync_api import expect

    reliability = read_record("sentiment-en")["tests"][TEST]["reliability"]
    filled = [count for count in reliability["counts"] if count]
    part = opened(visit.page.locator("#model-sentiment-en"), "Reliability diagram")
    diagram = part.get_by_role("img")
    expect(diagram).to_have_attribute("aria-label", re.compile("expected calibration error"))
    expect(diagram.locator("circle")).to_have_count(len(filled))
    part.locator(".numbers summary").click()
    expect(part.locator(".numbers tbody td:last-child")).to_have_text([f"{count:,}" for count in filled])
    dots = diagram.locator("circle").evaluate_all("dots => dots.map(dot => Number(dot.getAttribute('cy')))")
    shares = [share for share in reliability["accuracy"] if share is not None]
    assert (dots[-1] < dots[0]) == (shares[-1] > shares[0])
    before = part.locator(".caption").text_content()
    part.get_by_label("test", exact=True).select_option("sst2 test")
    expect(part.locator(".caption")).not_to_have_text(before)


def test_confusions_are_a_matrix_or_the_most_frequent_mistakes(visit):
    from playwright.sync_api import expect

    part = opened(visit.page.locator("#model-sentiment-en"), "Confusions")
    part.get_by_label("test", exact=True).select_option(TEST)
    counts = [count for row in CARDS["sentiment-en"]["metrics"][TEST]["confusion"] for count in row]
    for cell, count in zip(part.locator("tbody td").all_text_contents(), counts, strict=True):
        assert cell.startswith(str(count))
    mistakes = opened(visit.page.locator("#model-objects"), "Confusions")
    mistakes.get_by_label("test", exact=True).select_option("caltech101 test")
    expect(mistakes.locator("tbody tr").first).to_contain_text("laptopnotebook20 of 27")


def test_a_card_leads_to_its_model(visit):
    from playwright.sync_api import expect

    visit.page.get_by_role("link", name="Try sentiment-en-gru").click()
    expect(visit.page).to_have_url(re.compile(r"#/text\?model=sentiment-en-gru"))
    expect(visit.page.locator("#view-architecture").locator("visible=true")).to_contain_text("sentiment-en-gru has")


@pytest.mark.parametrize("visit", [(NARROW, "#/models"), (1024, "#/models")], indirect=True)
def test_cards_fit_the_window(visit):
    from playwright.sync_api import expect

    expect(visit.page.locator(".forest li")).to_have_count(
        sum(bool(card.get("baseline_of")) for card in CARDS.values()) + 4
    )
    for title in ("Reliability diagram", "Confusions", "Data and training"):
        opened(visit.page.locator("#model-news-en"), title)
    assert visit.overflow() == 0
    smallest = visit.page.locator(".models *").evaluate_all(
        "all => Math.min(...all.filter((each) => each.textContent && each.offsetParent)"
        ".map((each) => parseFloat(getComputedStyle(each).fontSize)))"
    )
    assert smallest >= 12


@pytest.mark.parametrize("visit", [(1280, f"#/text?model=sentiment-en&text={quote(TEXT)}")], indirect=True)
def test_each_part_of_the_architecture_opens_its_view(visit):
    from playwright.sync_api import expect

    panel = visit.page.locator("#view-architecture").locator("visible=true")
    boxes = panel.locator(".arch-step")
    config = load("sentiment-en", CHECKPOINTS).model.config
    expect(boxes).to_have_count(len(config.blocks) + 5)  # text, embedding, pooling, head, classes
    shapes = boxes.locator(".arch-shape").all_text_contents()
    assert shapes[1].endswith(f" × {config.embedding}")
    assert shapes[-1] == str(len(config.labels))
    expect(boxes.nth(2)).to_contain_text("LSTM along the tokens")
    for name, view in (("GRU along the tokens", "recurrence"), ("Attention layer 2", "attention"), ("Text", "words")):
        panel.get_by_role("button", name=name).first.click()
        expect(visit.page.locator(f"#view-{view}-title").locator("visible=true")).to_be_focused()
    choice = visit.page.locator("select").get_by_text("gru tokens 1", exact=True).locator("..").locator("visible=true")
    expect(choice).to_have_value("gru tokens 1")


@pytest.mark.parametrize("visit", [(NARROW, f"#/text?model=sentiment-en-lstm&text={quote(TEXT)}")], indirect=True)
def test_absent_parts_are_absent(visit):
    from playwright.sync_api import expect

    panel = visit.page.locator("#view-architecture").locator("visible=true")
    expect(panel.locator(".arch-step")).to_have_count(6)
    expect(panel).not_to_contain_text("Attention layer")
    expect(panel).not_to_contain_text("GRU")
    panel.get_by_role("button", name="LSTM along the tokens").focus()
    expect(panel.locator(".arch-reading")).to_contain_text("in both directions")
    assert visit.overflow() == 0


def test_the_leaderboard_is_sorted_by_any_of_its_columns(visit):
    from playwright.sync_api import expect

    board, page = leaderboards()["text"], visit.page
    table = page.locator(".leaderboard").first.locator("table")
    expect(table.locator("tbody tr")).to_have_count(len(board["rows"]))
    assert table.locator("thead th").count() == 2 + len(board["columns"])
    ranked = [(each["benchmark"], each["data"]) for each in board["columns"]]
    column = ranked.index(("faithfulness", TEST))
    head = table.locator("thead th").nth(2 + column)
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(head.get_by_role("button")).to_be_focused()
    shown = table.locator(f"tbody td:nth-child({3 + column})").all_text_contents()
    values = [float(text.split("%")[0]) for text in shown if text]
    assert values == sorted(values, reverse=True)
    assert len(values) > 10
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("#leaderboard")).to_have_text("归因方法排行榜")
