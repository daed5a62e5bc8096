"""The page of tables in a browser: a file goes in, and comes back scored with the rows that were rejected."""

import csv
import io
from threading import Event
from time import sleep

import pytest
from browser import Visit, checked

from rnnformer_demo.analysis.service import predict
from rnnformer_demo.api import streams

TEXTS = ["A tender film with two wonderful performances.", "", 'A mess, and "funny" it is not.']
ROWS = "id,text\n" + "".join(f'{n},"{text.replace(chr(34), chr(34) * 2)}"\n' for n, text in enumerate(TEXTS))
NARROW = 390  # pixels, a phone


@pytest.fixture
def visit(browser, address):
    visit = Visit(browser, f"{address}#/table", NARROW)
    with checked(visit):
        yield visit


def downloaded(page, name: str) -> list[dict[str, str]]:
    with page.expect_download() as download:
        page.get_by_role("button", name=name).click()
    return list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))


def test_a_table_comes_back_scored(visit):
    from playwright.sync_api import expect

    page = visit.page
    page.get_by_role("button", name="Score", exact=True).press("Enter")
    expect(page.get_by_role("alert").filter(visible=True)).to_have_text("Choose a table first.")
    page.get_by_label("Table", exact=True).set_input_files(
        {"name": "reviews.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}
    )
    page.get_by_role("button", name="Score", exact=True).press("Enter")
    expect(page.get_by_text("2 rows are scored, 1 are rejected.", exact=True).first).to_be_visible()
    expect(page.get_by_role("region", name="Rejected rows")).to_contain_text("3no text")
    rows = downloaded(page, "Download the scored table")
    assert [row["text"] for row in rows] == [TEXTS[0], TEXTS[2]]
    for row in rows:
        answer = predict("sentiment-en", row["text"]).prediction
        assert (row["label"], float(row["confidence"])) == (answer.label, pytest.approx(answer.confidence, abs=2e-6))
    assert [row["line"] for row in downloaded(page, "Download the rejected rows")] == ["3"]
    assert visit.overflow() == 0
    page.evaluate("document.body.classList.add('dark')")
    page.get_by_role("button", name="简体中文").click()
    expect(page.get_by_role("region", name="被拒绝的行")).to_contain_text("3没有文本")


def test_a_file_that_is_no_table_gets_a_sentence(visit):
    from playwright.sync_api import expect

    page = visit.page
    table = page.get_by_label("Table", exact=True)
    for name, content, sentence in (
        ("a.xlsx", b"x", "A table must be a .csv, .tsv or .jsonl file: save it as one of them."),
        ("a.csv", b"a,b\n1,2\n", "a.csv must have a column text, got 'a', 'b'"),
        ("a.csv", b"text\n" + b"good\n" * 1001, "The table has more than 1,000 rows: split it"),
    ):
        table.set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
        page.get_by_role("button", name="Score", exact=True).click()
        expect(page.get_by_role("alert").filter(visible=True)).to_contain_text(sentence)


def test_a_stopped_table_leaves_nothing_behind(visit, monkeypatch):
    from playwright.sync_api import expect

    ended = Event()

    def unending(_asked):
        try:
            for done in range(1, 900):
                yield done / 900, {"csv": "", "rejected": [], "done": done, "total": 900}
                sleep(0.05)
        finally:
            ended.set()

    monkeypatch.setattr(streams, "scored_pieces", unending)
    page = visit.page
    table = {"name": "a.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}
    page.get_by_label("Table", exact=True).set_input_files(table)
    page.get_by_role("button", name="Score", exact=True).click()
    expect(page.get_by_text("of 900 rows are scored", exact=False).first).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_role("button", name="Score", exact=True)).to_have_attribute("aria-disabled", "false")
    expect(page.get_by_role("button", name="Download the scored table")).to_have_count(0)
    assert ended.wait(20)
