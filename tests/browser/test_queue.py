"""What a visitor sees of a queue: the place in it and the time, and that it is full, with the input kept."""

import re
from contextlib import ExitStack

import pytest
from browser import Visit, checked

from rnnformer_demo.api.places import Visitor
from rnnformer_demo.api.server import refusals
from rnnformer_demo.api.work import OF_PAGE

TEXT = "A tender film, but the ending is a mess."
LONG = " ".join([TEXT] * 40)  # whose trust is long work


@pytest.fixture
def visit(browser, address):
    visit = Visit(browser, f"{address}#/text?model=sentiment-en&text=Fine.")
    with checked(visit):
        yield visit


def analyse(page, text: str) -> None:
    area = page.locator("textarea:visible")
    area.fill(text)
    area.press("Enter")


def test_the_place_in_the_queue_and_the_time_are_shown(visit):
    from playwright.sync_api import expect

    page = visit.page
    expect(page.locator("#view-trust .trust-verdict p")).to_be_visible()
    with ExitStack() as places:
        for number in range(OF_PAGE.count):
            places.enter_context(
                OF_PAGE.taken(Visitor("elsewhere", str(number)), 7.0, lambda: None, lambda place, seconds: None)
            )
        analyse(page, LONG)
        status = page.get_by_role("status").first
        expect(status).to_contain_text(re.compile(r"Waiting: number 1 in the queue\. About \d+ s\."))
        expect(page.locator(".answer:visible")).to_contain_text("negative")  # the prediction waits for no place
    expect(page.locator("#view-interventions .panel-body")).to_have_attribute("aria-busy", "false")
    expect(status).not_to_contain_text("queue")


def test_a_full_queue_is_said_and_the_input_stays(visit, monkeypatch):
    from playwright.sync_api import expect

    page = visit.page
    expect(page.locator("#view-trust .trust-verdict p")).to_be_visible()
    no_room = refusals.no_room
    monkeypatch.setattr(refusals, "no_room", lambda _waiting, _most: no_room(101, 100))
    analyse(page, TEXT)
    error = page.locator(".error:visible")
    expect(error).to_have_text(re.compile(r"Too many visitors are waiting: try again in \d+ s\."))
    assert page.locator("textarea:visible").input_value() == TEXT
    assert visit.errors.pop().startswith("Failed to load resource: the server responded with a status of 503")
    monkeypatch.undo()
    page.locator("textarea:visible").press("Enter")
    expect(page.locator(".words:visible")).to_have_text(TEXT)
    expect(error).to_have_count(0)
