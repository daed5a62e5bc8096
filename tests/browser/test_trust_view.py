"""The trust card and the interventions in a browser: their values, and measuring that is ended and begun."""

import re
import threading
import time
from urllib.parse import quote

import pytest
from browser import PATIENCE, Visit, checked, served

from rnnformer_demo.analysis.sections import BUILDERS
from rnnformer_demo.analysis.service import analyse
from rnnformer_demo.evaluation.intervals import wilson_interval

MODEL, TEXT = "sentiment-en", "The plot is not without charm, but the jokes fall flat and the ending is a mess."
MEASURES = ("comprehensiveness", "sufficiency", "deletion_auc", "insertion_auc")
PERTURBATIONS = ("masked as [UNK]", "deleted")
NARROW = 390  # pixels, a phone


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with served(tmp_path_factory.mktemp("gradio"), few_orders=False) as address:
        yield f"{address}#/text?model={MODEL}&text={quote(TEXT)}"


@pytest.fixture(scope="module")
def document():
    """The same analysis without a page: seeds make them equal."""
    return analyse(MODEL, TEXT, wanted=("attribution", "attention", "interventions", "trust"))


@pytest.fixture
def visit(browser, address, request):
    visit = Visit(browser, address, getattr(request, "param", 1280))
    with checked(visit):
        yield visit


@pytest.fixture
def gate(monkeypatch):
    """Measurements wait until this is set; `ended` is set where one is left."""
    gate, build = threading.Event(), BUILDERS["trust"]
    gate.ended = threading.Event()

    def wait(context, document):
        deadline = time.monotonic() + PATIENCE
        try:
            while not gate.is_set() and time.monotonic() < deadline:
                context.report(0.1)
                time.sleep(0.05)
        except BaseException:
            gate.ended.set()
            raise
        return build(context, document)

    monkeypatch.setitem(BUILDERS, "trust", wait)
    yield gate
    gate.set()


def panel_of(page, view: str):
    """The panel of a view on the page of texts: that of photos has one, too."""
    return page.locator(f".workbench:not([hidden]) #view-{view}")


def measured(page):
    """The card, when it is there."""
    card = panel_of(page, "trust")
    card.locator(".trust-badge").wait_for()
    return card


def test_the_card_shows_what_the_document_holds(visit, document):
    from playwright.sync_api import expect

    card, trust = measured(visit.page), document.trust
    expect(card.locator(".trust-badge")).to_contain_text(f"Verdict: {trust.verdict}")
    expect(card.locator(".trust-verdict li")).to_have_text(list(trust.reasons))
    assert card.locator(".trust-worth li").all_inner_texts() == re.split(
        r"; (?![^(]*\))", trust.benchmark.removeprefix("Measured: ").removesuffix(".")
    )
    strips = card.locator(".strip")
    assert strips.count() == len(MEASURES) * len(PERTURBATIONS)
    scores = [
        (getattr(scores, name), name, perturbation, scores.orders)
        for name in MEASURES
        for scores, perturbation in zip(trust.perturbations.values(), PERTURBATIONS, strict=True)
    ]
    for place, (score, name, perturbation, orders) in enumerate(scores):
        label = strips.nth(place).get_attribute("aria-label")
        value = f"{score.value:.3f}".replace("-", "−")  # as the page writes it
        assert f"{perturbation}: {value}, better than {score.percentile:.0f} % of {orders} random orders." in label
        # The right end is the better one, whether high or low is good.
        marks = [mark_of(strips.nth(place), kind) for kind in ("strip-value", "strip-median")]
        above = score.value > score.controls[3]
        assert (marks[0] > marks[1]) == (above if name in ("comprehensiveness", "insertion_auc") else not above)
    first = trust.perturbations["unknown"]
    low, high = wilson_interval(round(first.comprehensiveness.percentile * first.orders / 100), first.orders)
    expect(card).to_contain_text(f"stands for {100 * low:.0f} to {100 * high:.0f} % (95 % interval)")
    card.get_by_role("button", name="Stability").click()
    shown = card.locator(".trust-bars .strip-row").all_inner_texts()
    assert any("Occlusion" in row and f"{trust.agreement['occlusion']:+.2f}" in row for row in shown)
    card.get_by_text("Exact numbers").click()
    expect(card.get_by_role("row")).to_have_count(1 + len(scores))


def mark_of(strip, kind: str) -> float:
    return float(strip.locator(f".{kind}").evaluate("mark => parseFloat(mark.style.left)"))


def test_the_curves_follow_the_order_of_the_scores(visit, document):
    from playwright.sync_api import expect

    card, scores = measured(visit.page), document.attribution.scores
    card.get_by_role("button", name="Curves").click()
    order = sorted(range(len(scores)), key=lambda unit: -scores[unit])
    names = document.input.unit_names
    curves = card.get_by_role("group", name="Curves")
    curves.focus()
    curves.press("Home")
    reading = card.locator(".trust-reading")
    expect(reading).to_contain_text(f"“{names[order[0]]}” goes first.")
    expect(visit.page.locator(".word.at")).to_have_text(names[order[0]])
    curves.press("ArrowRight")
    expect(reading).to_contain_text(f"“{names[order[1]]}” goes after 1 others.")
    visit.page.locator(".word").nth(order[3]).hover()
    expect(reading).to_contain_text(f"“{names[order[3]]}” goes after 3 others.")


def test_the_interventions_are_those_of_the_document(visit, document):
    from playwright.sync_api import expect

    panel, effects = panel_of(visit.page, "interventions"), document.interventions
    rows = panel.locator(".effects li")
    expect(rows).to_have_count(len(effects.probability))
    for row, (name, share) in zip(rows.all(), effects.probability.items(), strict=True):
        expect(row).to_contain_text(name)
        expect(row).to_contain_text(f"{share:.1%}")
        if name in effects.total_variation:
            expect(row).to_contain_text(f"TV {effects.total_variation[name]:.3f}")
    answers = panel.locator(".effects-answer").all_inner_texts()
    assert answers[0].startswith("Does attention matter here? negative goes from")
    assert answers[1].startswith("Does memory matter here? negative goes from")
    assert f"{effects.total_variation['without recurrence']:.3f}" in answers[1]


def test_a_model_without_recurrence_is_asked_about_attention_alone(browser, address):
    from playwright.sync_api import expect

    visit = Visit(browser, address.replace(MODEL, f"{MODEL}-transformer"))
    expect(visit.page.locator(".effects-answer")).to_have_count(1)
    expect(visit.page.locator(".effects-answer")).to_contain_text("Does attention matter here?")
    visit.context.close()


def test_measuring_is_ended_and_begun_again(visit, gate):
    from playwright.sync_api import expect

    card = panel_of(visit.page, "trust")
    stop = card.get_by_role("button", name="Stop measuring")
    stop.click()
    assert gate.ended.wait(PATIENCE)  # the server has left it, too
    expect(card.locator(".trust-state")).to_contain_text("Not measured for this attribution.")
    begin = card.get_by_role("button", name="Measure", exact=True)
    expect(begin).to_be_focused()
    begin.click()
    expect(stop).to_be_visible()
    gate.set()
    measured(visit.page)
    expect(card.get_by_role("heading", name="Trust", exact=True)).to_be_focused()
    expect(card.locator(".trust-state")).to_contain_text("Integrated gradients for negative, measured in")
    # Another method: the old card says whose it is.
    gate.clear()
    panel_of(visit.page, "attribution").get_by_label("Method").select_option("occlusion")
    stop.click()
    expect(card.locator(".trust-state")).to_contain_text("These are measures of Integrated gradients for negative")
    begin.click()
    gate.set()
    expect(card.locator(".trust-state")).to_contain_text("Occlusion for negative, measured in")


@pytest.mark.parametrize("visit", [NARROW], indirect=True)
def test_a_phone_has_room_for_both(visit):
    card = measured(visit.page)
    visit.page.locator("#view-interventions .effects").wait_for()
    for part in ("Curves", "Stability", "Random orders"):
        card.get_by_role("button", name=part).click()
        assert visit.overflow() <= 0
