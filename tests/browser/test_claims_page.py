"""The page of the article's claims in a browser, on a phone: cards, a measurement, and one that is stopped."""

import re

from browser import Visit, checked

from rnnformer_demo.evaluation.claims import in_order
from rnnformer_demo.evaluation.claims.lab.files import recorded

NARROW = 390  # pixels, a phone


def test_a_claim_is_read_measured_and_stopped_on_a_phone(browser, address):
    from playwright.sync_api import expect

    visit = Visit(browser, f"{address}#/claims", NARROW)
    with checked(visit):
        page = visit.page
        expect(page.locator(".claims")).to_have_attribute("data-done", "")
        titles = page.locator(".claim-card h3").all_text_contents()
        assert titles == [f"{claim.place}. {claim.sentence}" for claim in in_order()]
        for claim in in_order():
            answer = recorded(claim.name).verdict.answer
            expect(page.locator(f"#claim-{claim.name} .claim-verdict")).to_have_text(f"Recorded: {answer}")
        card = page.locator("#claim-image_hybrid")  # reads recorded studies: measured at once
        card.get_by_role("button", name="Measure here").press("Enter")
        expect(card.locator(".claim-live .claim-verdict")).to_have_text(re.compile("^Measured here: "))
        expect(card.locator(".claim-live")).to_contain_text("The same verdict as the recorded one.")
        long = page.locator("#claim-efficiency")
        expect(long.get_by_role("img")).to_have_attribute("aria-label", re.compile("LSTM: "))
        long.get_by_role("button", name="Measure here").click()
        expect(long.get_by_role("progressbar")).to_be_visible()
        long.get_by_role("button", name="Stop").click()
        expect(long.locator(".claim-tools")).to_contain_text("Stopped.")
        expect(long.get_by_role("progressbar")).to_be_hidden()
        training = page.locator(".claim-training")
        training.get_by_role("button", name="Train").click()
        expect(training.get_by_text("After epoch 1: ")).to_be_visible()
        training.get_by_role("button", name="Stop").click()
        slider = training.get_by_label("epoch", exact=True)
        slider.press("Home")
        expect(training.get_by_text("After epoch 0: ")).to_be_visible()
        expect(training.get_by_role("img", name=re.compile("^Attention after epoch 0"))).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
        page.get_by_role("button", name="简体中文").click()
        expect(card.locator("h3")).to_have_text("10. 预训练的 CNN 接入 Transformer 能改进图像分类。")
        expect(card.locator(".claim-live .claim-verdict")).to_have_text(re.compile("^此处测得："))
