"""The report that carries its model: opened from the disk, it analyses what its reader writes, to Python's numbers."""

from importlib import import_module
from pathlib import Path

import engine
import pytest
import tiny
from alike import differences
from browser import DOT, Opened, upload
from playwright.sync_api import expect

from rnnformer_demo.analysis.edits import ablate_units
from rnnformer_demo.analysis.service import analyse
from rnnformer_demo.data import InputError
from rnnformer_demo.document import Document, from_json, to_dict
from rnnformer_demo.site.live_report import live_report

MODEL, TEXT, EDITED = "sentiment-en", "A clumsy film.", "A clumsy film with a big heart, never dull."
ANSWER = ".answer:visible"


@pytest.fixture(scope="module")
def own() -> Document:
    """The analysis that the report opens with."""
    return analyse(MODEL, TEXT, ("attribution",))


def written(document: Document, folder: Path) -> Path:
    """The file of a report, with one dot in place of all figures, as those take time to draw."""
    path = folder / f"{document.model.name}.html"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("rnnformer_demo.report.render"), "_picture", lambda *_: DOT)
        path.write_text(live_report(document), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def report(browser, folder, runtime_folder, own):
    """It is open for all tests of texts; in the end, it has asked for nothing, said nothing and broken no policy."""
    opened = Opened(browser, written(own, folder), ready=ANSWER)
    yield opened
    assert opened.overflow() <= 0
    opened.close()


def shown(opened: Opened, whole: bool = True) -> Document:
    """The document of the page, when all of it is there, or as it is now."""
    page = opened.page
    if whole:
        expect(page.locator(".status-line")).to_contain_text("All is there.")
    page.get_by_role("button", name="Take it away").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Document (JSON)").click()
    page.get_by_role("button", name="Close").click()
    return from_json(Path(saved.value.path()).read_bytes())


def alike(wanted: Document, found: Document, *sections: str) -> list[str]:
    """Where sections differ by more than rounding; probabilities, by more than 1e-4."""
    assert found.prediction.probabilities == pytest.approx(wanted.prediction.probabilities, abs=1e-4)
    one, other = to_dict(wanted), to_dict(found)
    return [line for section in sections for line in differences(one[section], other[section], section)]


def test_it_opens_with_its_own_analysis_and_computes_nothing(report, own):
    expect(report.page.get_by_role("heading", level=1)).to_have_text(f"Report of {MODEL}, with the model in it")
    expect(report.page.locator("#view-words .word")).to_have_text(list(own.input.unit_names))
    expect(report.page.locator("textarea")).to_have_value(TEXT)
    expect(report.page.locator("#pictures img").first).to_be_hidden()
    assert shown(report) == own
    assert report.page.workers == []


def test_a_word_of_its_own_analysis_can_be_masked(report, own):
    word = own.input.unit_names.index("clumsy")
    report.page.locator("#view-words .word").nth(word).click()
    report.page.get_by_role("button", name="Mask").click()
    expect(report.page.locator("#view-words .word-tools-effect")).to_contain_text("“clumsy”")
    assert alike(ablate_units(own, [word]), shown(report), "edits") == []


def test_an_edited_text_has_the_numbers_of_python(report):
    report.page.locator("textarea").fill(EDITED)
    report.page.get_by_role("button", name="Analyse", exact=True).click()
    expect(report.page.locator("#view-words .word", has_text="dull")).to_be_visible()
    wanted = analyse(MODEL, EDITED, ("attribution", "attention"))
    assert alike(wanted, shown(report), "input", "attribution", "attention") == []


def test_bad_input_gets_the_sentence_of_python(report):
    report.page.locator("textarea").fill("☃ ☃")
    report.page.get_by_role("button", name="Analyse", exact=True).click()
    with pytest.raises(InputError) as error:
        analyse(MODEL, "☃ ☃")
    expect(report.page.locator(".input-card .error")).to_have_text(str(error.value))


def test_its_own_analysis_can_be_had_back(report, own):
    report.page.get_by_role("button", name="Back to the analysis of this report").click()
    expect(report.page.locator("#view-words .word")).to_have_text(list(own.input.unit_names))
    expect(report.page.locator("textarea")).to_have_value(TEXT)
    expect(report.page.locator(".input-card .error")).to_be_empty()


def test_the_card_of_the_model_travels_along(report):
    report.page.get_by_role("link", name="Models").click()
    report.page.locator(".models[data-done]").wait_for()
    expect(report.page.locator(".model-card")).to_have_count(1)


def test_another_photo_can_be_chosen(browser, folder, runtime_folder, monkeypatch, tmp_path):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path))
    engine.save("photos", tmp_path)
    photos = [tiny.encode(tiny.photo(seed=seed), "PNG") for seed in range(2)]
    (tmp_path / "other.png").write_bytes(photos[1])
    report = Opened(browser, written(analyse("photos", photos[0]), folder), ready=ANSWER)
    upload(report.page, tmp_path / "other.png")
    assert alike(analyse("photos", photos[1]), shown(report, whole=False)) == []
    report.close()
