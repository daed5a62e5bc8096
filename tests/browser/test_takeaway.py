"""What a visitor takes away of the page: files with speaking names, a link, code and a command that repeat it."""

import csv
import io
import json
import shlex
from pathlib import Path
from urllib.parse import urlencode

import pytest
from browser import EXAMPLES, Visit, checked, upload

from rnnformer_demo import cli
from rnnformer_demo.document import from_json

TEXT = """=A "clumsy" film, isn't it?\n-5 of 10; the jokes\u200b fall flat"""
STEM = "sentiment-en_integrated-gradients"
START = "a-clumsy-film-isn"


def panel(visit, view: str, state: str = ""):
    """The panel of a view on the page that is shown; each of the two pages has its own."""
    return visit.page.locator(f".workbench:not([hidden]) #view-{view}{state}")


def analysed(browser, address: str) -> Visit:
    """A visit whose analysis is there, with all that is measured."""
    visit = Visit(browser, address)
    panel(visit, "trust", ":not(.awaited):not(.old)").wait_for()
    return visit


@pytest.fixture(scope="module")
def visit(browser, address):
    """A page with an analysis of `TEXT`, which the tests share; each leaves it as it was."""
    visit = analysed(browser, f"{address}#/text?{urlencode({'model': 'sentiment-en', 'text': TEXT})}")
    with checked(visit):
        yield visit


@pytest.fixture
def dialog(visit):
    """The dialog, open."""
    visit.page.get_by_role("button", name="Take it away").locator("visible=true").click()
    dialog = visit.page.get_by_role("dialog")
    yield dialog
    dialog.get_by_role("button", name="Close").click()


def downloaded(visit, button) -> tuple[str, bytes]:
    """The name and the content of the file that a button saves."""
    with visit.page.expect_download() as download:
        button.click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def document_of(visit, dialog):
    name, content = downloaded(visit, dialog.get_by_role("button", name="Document (JSON)"))
    assert name == f"{STEM}_{START}.json"
    return from_json(content)


def test_an_uploaded_photo_has_no_link(browser, address):
    from playwright.sync_api import expect

    visit = Visit(browser, f"{address}#/photo")
    upload(visit.page, EXAMPLES / "panda.jpg")
    visit.page.get_by_role("button", name="Take it away").locator("visible=true").click()
    dialog = visit.page.get_by_role("dialog")
    expect(dialog.get_by_text("An uploaded photo cannot be linked")).to_be_visible()
    expect(dialog.get_by_role("region", name="Address")).to_have_count(0)
    expect(dialog.get_by_role("region", name="Python")).to_contain_text('"PATH",')
    expect(dialog.get_by_role("region", name="Command line")).to_contain_text(" PATH")
    visit.page.keyboard.press("Escape")
    visit.context.close()


def test_the_document_is_whole(visit, dialog):
    document = document_of(visit, dialog)
    assert document.input.text == TEXT
    for section in ("attribution", "attention", "recurrence", "prefixes", "interventions", "trust"):
        assert document.has(section)


def test_scores_are_a_table_that_no_spreadsheet_takes_for_formulas(visit, dialog):
    document = document_of(visit, dialog)
    name, content = downloaded(visit, dialog.get_by_role("button", name="Scores (CSV)"))
    assert name == f"{STEM}_scores_{START}.csv"
    text = content.decode("utf-8-sig")
    assert text.endswith("\r\n")
    heads, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert heads[:4] == ["unit", "start", "end", f"integrated-gradients ({document.attribution.target})"]
    assert [float(row[3]) for row in rows] == list(document.attribution.scores)
    for (cell, start, end, *_), unit in zip(rows, document.input.units, strict=True):
        assert (int(start), int(end)) == unit.span
        assert cell == ("'" if unit.name[0] in "=+-@" else "") + unit.name
    assert any(row[0].startswith("'=") for row in rows)


def test_code_and_command_give_the_same_scores(visit, dialog, capsys):
    document = document_of(visit, dialog)
    scores = pytest.approx(list(document.attribution.scores), abs=1e-4)
    place: dict = {}
    exec(dialog.get_by_role("region", name="Python").text_content(), place)
    assert list(place["document"].attribution.scores) == scores
    assert place["document"].input.text == TEXT
    assert place["document"].trust.verdict == document.trust.verdict
    words = shlex.split(dialog.get_by_role("region", name="Command line").text_content())
    assert words[:3] == ["python", "-m", "rnnformer_demo"]
    capsys.readouterr()
    assert cli.main([*words[3:], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["attribution"]["scores"] == scores


def test_the_citation_names_software_model_and_method(visit, dialog):
    document = document_of(visit, dialog)
    citation = dialog.get_by_role("region", name="BibTeX").text_content()
    assert f"version = {{{document.provenance.version}}}" in citation
    assert document.model.sha256 in citation
    assert "Axiomatic Attribution for Deep Networks" in citation
    assert citation.count("{") == citation.count("}")


def test_the_report_is_live(browser, visit, dialog, tmp_path):
    from playwright.sync_api import expect

    button = dialog.get_by_role("button", name="Live report (HTML)")
    name, content = downloaded(visit, button)
    expect(button).to_be_focused()
    assert name == f"{STEM}_report_{START}.html"
    expect(dialog.get_by_text(f"{name} is saved.").first).to_be_visible()
    (tmp_path / name).write_bytes(content)
    report = Visit(browser, (tmp_path / name).as_uri())
    expect(report.page.locator("#view-words .words")).to_have_text(TEXT)
    expect(report.page.locator("#view-trust")).to_be_visible()
    report.context.close()
    assert report.errors == []


def test_a_view_that_nobody_has_touched_is_saved_as_it_is_shown(visit):
    menu = panel(visit, "attention", " .menu")
    menu.locator("summary").click()
    with visit.page.expect_request("**/queue/join**") as asked:
        downloaded(visit, menu.get_by_role("button", name="SVG"))
    choices = asked.value.post_data_json["data"][0]["choices"]
    assert choices == {"layer": "layer 1", "head": "mean of heads", "through": "off"}


def test_a_view_is_saved_as_it_is_shown(visit):
    panel(visit, "recurrence").get_by_role("button", name="backward").click()
    for view, head, kind, shown in (
        ("recurrence", b"<?xml", "SVG", b"memory contributions, lstm tokens 1, backward"),
        ("attention", b"%PDF", "PDF", b""),
        ("words", b"\x89PNG", "PNG", b""),
    ):
        menu = panel(visit, view, " .menu")
        menu.locator("summary").click()
        name, content = downloaded(visit, menu.get_by_role("button", name=kind))
        assert name == f"{STEM}_{view}_{START}.{kind.lower()}"
        assert content.startswith(head)
        assert shown in content
        assert menu.get_attribute("open") is None


def test_menus_close_by_escape_and_by_a_click_beside_them(visit):
    from playwright.sync_api import expect

    menu = panel(visit, "attribution", " .menu")
    opener, item = menu.locator("summary"), menu.get_by_role("button", name="SVG")
    opener.focus()
    visit.page.keyboard.press("Enter")
    visit.page.keyboard.press("Tab")
    expect(menu.get_by_role("button", name="PNG")).to_be_focused()
    visit.page.keyboard.press("Escape")
    expect(item).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    expect(item).to_be_visible()
    panel(visit, "attribution", " h2").click()
    expect(item).to_be_hidden()


def test_copying_says_so_and_where_it_is_forbidden_the_text_is_selected(visit):
    from playwright.sync_api import expect

    page, button = visit.page, visit.page.get_by_role("button", name="Take it away").locator("visible=true")
    page.evaluate(
        "navigator.clipboard.writeText = async (text) => { if (window.forbidden) throw 0; window.copied = text; }"
    )
    button.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    code = dialog.get_by_role("region", name="Python").text_content()
    dialog.get_by_role("button", name="Copy: Python").click()
    expect(dialog.get_by_role("status")).to_have_text("Copied")
    assert page.evaluate("window.copied") == code
    page.evaluate("window.forbidden = true")
    dialog.get_by_role("button", name="Copy: BibTeX").click()
    expect(dialog.get_by_role("status")).to_contain_text("the text is selected")
    assert page.evaluate("String(getSelection())") == dialog.get_by_role("region", name="BibTeX").text_content()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button).to_be_focused()
    menu = panel(visit, "attribution", " .menu")
    menu.locator("summary").click()
    menu.get_by_role("button", name="Copy a link to this view").click()
    shown = page.get_by_role("dialog").get_by_role("region", name="Address").text_content()
    assert "view=attribution" in shown
    assert page.evaluate("String(getSelection())") == shown
    page.keyboard.press("Escape")


def test_a_link_gives_the_same_numbers(browser, visit, dialog):
    document = document_of(visit, dialog)
    other = analysed(browser, dialog.get_by_role("region", name="Address").text_content())
    other.page.get_by_role("button", name="Take it away").locator("visible=true").click()
    again = document_of(other, other.page.get_by_role("dialog"))
    other.context.close()
    assert (again.input, again.model, again.attribution) == (document.input, document.model, document.attribution)
    assert again.prediction.probabilities == document.prediction.probabilities
