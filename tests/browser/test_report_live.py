"""The report, opened from the disk: live, silent, and asking nothing of a network."""

from dataclasses import replace
from pathlib import Path

import documents
import pytest
from browser import Opened, Visit, written

from rnnformer_demo.document import Document

NASTY = (
    "</script><img",
    "src=x",
    "onerror=alert(1)>",
    "<!--",
    "-->",
    "{{1+1}}",
    "${2}",
    "a\u2028b",
    '"',
    "&amp;",
    "日本",
)
ABSENT = dict.fromkeys(("attribution", "attention", "jacobian", "recurrence", "prefixes", "interventions", "trust"))


def bare(document: Document) -> Document:
    """The document with nothing but a prediction."""
    return replace(document, **ABSENT, other_attributions=(), edits=(), comparison=())


TEXT, PHOTO = (
    replace(whole, recurrence=whole.recurrence[:1])
    for whole in (documents.text_document(split=3), documents.photo_document())
)
DOCUMENTS = {
    "text": TEXT,
    "photo": PHOTO,
    "bare text": bare(TEXT),
    "bare photo": bare(PHOTO),
    "pixels": replace(
        bare(PHOTO),
        attribution=documents.attribution(PHOTO.input, [n / 24 for n in range(24)], grid=(4, 6)),
        input=replace(PHOTO.input, source=None),
        provenance=replace(PHOTO.provenance, command=""),
    ),
    "hostile": replace(bare(documents.text_document(NASTY)), attribution=documents.text_document(NASTY).attribution),
}


@pytest.fixture
def report(browser, folder, request):
    """A report that is open; in the end, it has asked for nothing and said nothing."""
    name, *width = request.param if isinstance(request.param, tuple) else (request.param,)
    opened = Opened(browser, written(folder, name, DOCUMENTS[name]), *width)
    yield opened
    assert opened.overflow() <= 0
    opened.close()


@pytest.mark.parametrize("report", ["text"], indirect=True)
def test_one_cursor_links_the_views(report):
    from playwright.sync_api import expect

    words = report.page.locator("#view-words .word")
    expect(words).to_have_text(list(documents.WORDS))
    words.nth(9).hover()
    expect(report.page.locator(".inspector-name")).to_have_text("mess.")
    expect(report.page.locator(".inspector-facts")).to_contain_text("−1.00")  # its score
    line = report.page.locator("#view-prefixes .curves-cursor").first
    expect(line).to_have_attribute("visibility", "visible")
    before = line.get_attribute("x1")
    words.nth(9).click()
    report.page.keyboard.press("ArrowLeft")
    expect(report.page.locator(".inspector-name")).to_have_text("a")
    expect(words.nth(8)).to_be_focused()
    assert line.get_attribute("x1") != before


@pytest.mark.parametrize("report", ["text", ("photo", 390)], indirect=True)
def test_views_that_fit_are_live_and_what_needs_a_server_is_not_there(report):
    from playwright.sync_api import expect

    for view in ("attribution", "attention", "recurrence", "prefixes", "trust"):
        expect(report.title(view)).to_be_visible()
        expect(report.page.locator(f"#view-{view} .panel-body")).not_to_be_empty()
    expect(report.page.get_by_role("button", name="Live report")).to_have_count(0)
    expect(report.page.locator(".menu")).to_have_count(0)
    expect(report.page.locator("#pictures img").first).to_be_hidden()


@pytest.mark.parametrize("report", ["bare text", "bare photo"], indirect=True)
def test_a_prediction_alone_is_reported(report):
    from playwright.sync_api import expect

    expect(report.page.get_by_role("heading", level=1)).to_have_text("by-hand: yes, 70.0%")
    expect(report.page.locator("#report").locator("blockquote, header img")).to_be_visible()
    expect(report.title("attribution")).to_be_hidden()
    expect(report.page.get_by_role("button", name="Scores (CSV)")).to_have_count(0)
    expect(report.page.get_by_role("region", name="Command line")).to_contain_text("python -m")


@pytest.mark.parametrize("report", ["hostile"], indirect=True)
def test_what_was_typed_stays_text(report):
    from playwright.sync_api import expect

    expect(report.page.locator("#view-words .words")).to_have_text(" ".join(NASTY), use_inner_text=False)
    assert report.page.locator("#view-words .word").all_text_contents() == list(NASTY)
    assert report.page.locator("img[src='x'], #report script").count() == 0


@pytest.mark.parametrize("report", ["text"], indirect=True)
def test_language_and_theme_change_on_the_spot(report):
    from playwright.sync_api import expect

    page = report.page
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.emulate_media(color_scheme="dark")
    # Asked from outside: the report's policy lets no script be evaluated that waits within the page.
    expect(page.locator("html")).not_to_have_css("background-color", light)
    assert page.evaluate("getComputedStyle(document.body).getPropertyValue('--is-dark').trim()") == "1"
    english = report.title("words").text_content()
    page.get_by_role("button", name="简体中文").click()
    expect(report.title("words")).not_to_have_text(english)
    expect(page.get_by_role("button", name="简体中文")).to_be_focused()
    assert page.evaluate("document.documentElement.lang") == "zh-Hans"


@pytest.mark.parametrize("report", ["text"], indirect=True)
def test_document_and_scores_can_be_taken_out_of_a_report(report):
    from rnnformer_demo.document import from_json

    with report.page.expect_download() as json_file:
        report.page.get_by_role("button", name="Document (JSON)").click()
    assert json_file.value.suggested_filename == "by-hand_integrated-gradients_a-witty-tender-film.json"
    assert from_json(Path(json_file.value.path()).read_bytes()) == TEXT


@pytest.mark.parametrize(
    ("report", "heads", "last"),
    [
        ("photo", "unit,row,column,integrated-gradients (yes),occlusion (yes)", '"row 2, column 3",2,3,-1,-1'),
        ("pixels", "row,column,integrated-gradients (yes)", "4,6,0.9583333333333334"),
    ],
    indirect=["report"],
)
def test_scores_of_cells_and_of_pixels_are_tables(report, heads, last):
    with report.page.expect_download() as table:
        report.page.get_by_role("button", name="Scores (CSV)").click()
    rows = Path(table.value.path()).read_text(encoding="utf-8-sig").split("\n")  # where newlines are one character
    assert table.value.suggested_filename == "by-hand_integrated-gradients_scores_photo.csv"
    assert (rows[0], rows[-2], rows[-1]) == (heads, last, "")


@pytest.mark.parametrize("report", ["pixels"], indirect=True)
def test_a_photo_without_a_path_is_repeated_with_a_place_for_it(report):
    from playwright.sync_api import expect

    expect(report.page.get_by_role("region", name="Command line")).to_have_text(
        "python -m rnnformer_demo explain by-hand --method integrated-gradients --target yes --option baseline=zero "
        "--seed 3 PATH"
    )
    expect(report.page.get_by_role("region", name="Python")).to_contain_text('    "PATH",')


def test_without_scripts_the_pictures_stand_open(browser, folder):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(written(folder, "bare text", DOCUMENTS["bare text"]).as_uri())
    assert page.get_by_role("heading", name="by-hand: yes (70.0%)").is_visible()
    assert page.get_by_role("heading", name="Probabilities").is_visible()
    context.close()


def test_a_report_that_cannot_live_shows_its_pictures(browser, folder):
    whole, broken = (
        written(folder, "bare text", DOCUMENTS["bare text"]).read_text(encoding="utf-8"),
        folder / "broken.html",
    )
    broken.write_text(whole.replace('"report.js":"', '"report.js":"no module! '), encoding="utf-8")
    visit = Visit(browser, broken.as_uri())
    visit.page.get_by_role("heading", name="Probabilities").wait_for()
    visit.context.close()
    assert len(visit.errors) == 1
