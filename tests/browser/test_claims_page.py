"""The page of the article's claims in a browser: cards, measurements that are stopped and taken up, a small RNN that
explodes, a model of one's own, and all of it in Chinese."""

import io
import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from browser import Visit, checked

from rnnformer_demo.checkpoints import store
from rnnformer_demo.evaluation.claims import CLAIMS, in_order
from rnnformer_demo.evaluation.claims.lab import live_training
from rnnformer_demo.evaluation.claims.lab.files import recorded

NARROW = 390  # pixels, a phone
STEPS, UNITS = 60, 16  # of the small RNN
# Names that stay as they are in every language.
NAMES = (
    r"Transformer|minGRU|LSTM|GRU|tanh RNN|RNN|CNN|AdamW?|SGD|dropout|SST-2|Caltech-101|ImageNet|AMD EPYC|MB|GB|GPU|"
    r"PyTorch|1e-15|sentiment-\w+(-\w+)?|news-en(-\w+)?|caltech101(-\w+)?|ag-news-partial|chnsenticorp|sst2|imdb"
)


@pytest.fixture
def visit(browser, address):
    """The page of the claims on a phone."""
    from playwright.sync_api import expect

    visit = Visit(browser, f"{address}#/claims", NARROW)
    with checked(visit):
        expect(visit.page.locator(".claims")).to_have_attribute("data-done", "")
        yield visit


def module(page, name: str) -> str:
    """The address of a module that the page has fetched."""
    (found,) = page.evaluate(
        "(end) => performance.getEntriesByType('resource').map((entry) => entry.name).filter((it) => it.endsWith(end))",
        name,
    )
    return found


def test_a_claim_is_read_measured_and_stopped_on_a_phone(visit, monkeypatch):
    from playwright.sync_api import expect

    monkeypatch.setattr(live_training, "EPOCHS", 1000)  # there is time to stop it
    page = visit.page
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
    expect(training.get_by_text(re.compile(r"^After epoch [1-9]\d*: "))).to_be_visible()
    training.get_by_role("button", name="Stop").click()
    slider = training.get_by_label("epoch", exact=True)
    slider.press("Home")
    expect(training.get_by_text("After epoch 0: ")).to_be_visible()
    expect(training.get_by_role("img", name=re.compile("^Attention after epoch 0"))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    page.get_by_role("button", name="简体中文").click()
    expect(card.locator("h3")).to_have_text("10. 预训练的 CNN 接入 Transformer 能改进图像分类。")
    expect(card.locator(".claim-live .claim-verdict")).to_have_text(re.compile("^此处测得："))


def test_a_reload_shows_what_was_measured_and_takes_up_what_it_ended(visit):
    from playwright.sync_api import expect

    page = visit.page
    done, ended = page.locator("#claim-image_hybrid"), page.locator("#claim-dropout_gradients")
    done.get_by_role("button", name="Measure here").click()
    expect(done.locator(".claim-live .claim-verdict")).to_have_text(re.compile("^Measured here: "))
    ended.get_by_role("button", name="Measure here").click()
    expect(ended.get_by_role("progressbar")).to_be_visible()
    page.reload()
    expect(done.locator(".claim-live .claim-verdict")).to_have_text(re.compile("^Measured here: "))
    expect(ended.locator(".claim-live .claim-verdict")).to_have_text(re.compile("^Measured here: "))
    page.reload()
    expect(ended.locator(".claim-live .claim-verdict")).to_have_text(re.compile("^Measured here: "))
    expect(ended.get_by_role("progressbar")).to_be_hidden()


def test_a_small_rnn_explodes_by_the_keyboard(visit):
    from playwright.sync_api import expect

    played = visit.page.locator(".claim-played")
    slider = played.get_by_label("spectral radius of the recurrent weights, 0.5 to 2")
    expect(played).to_contain_text("It neither vanishes nor explodes.")
    slider.press("End")
    expect(played).to_contain_text("Spectral radius 2: over 59 steps the gradient becomes 10^17.7 times as large.")
    expect(played).to_contain_text("It explodes.")
    played.get_by_role("button", name="inputs of size 1").press("Enter")
    expect(played.get_by_role("button", name="inputs of size 1")).to_have_attribute("aria-pressed", "true")
    expect(played).not_to_contain_text("10^17.7")
    slider.press("Home")
    expect(played).to_contain_text("It vanishes.")
    expect(played.get_by_role("img")).to_have_attribute("aria-label", re.compile("Spectral radius 0.5: "))


def test_the_small_rnn_has_its_spectral_radius_and_its_gradient(visit):
    found = visit.page.evaluate(
        """async (name) => {
          const { gradientNorms, spectralRadius, weightsOf } = await import(name);
          const weights = weightsOf(1);
          return {
            weights: [...weights],
            radius: spectralRadius(weights.map((value) => 3 * value)),
            zero: gradientNorms(weights, 1.3, 0, 1),
            some: gradientNorms(weights, 1.3, 1, 1),
          };
        }""",
        module(visit.page, "pages/claims/small_rnn.js"),
    )
    weights = np.array(found["weights"]).reshape(UNITS, UNITS)
    assert abs(np.linalg.eigvals(weights)).max() == pytest.approx(1.0, rel=1e-4)
    assert found["radius"] == pytest.approx(3.0, rel=1e-4)
    assert len(found["zero"]) == len(found["some"]) == STEPS
    # At zero states the Jacobian of a step is the weights themselves; elsewhere tanh makes it smaller.
    assert (np.diff(np.log(found["zero"]))[20:].mean()) == pytest.approx(np.log(1.3), abs=0.02)
    assert found["some"][-1] < found["zero"][-1]


def test_a_visitor_keeps_a_model_of_ones_own(visit, browser, address, tmp_path):
    from playwright.sync_api import expect

    page = visit.page
    training = page.locator(".claim-training")
    training.get_by_role("button", name="Train").click()
    training.get_by_role("button", name="Analyse my own sentences with it").press("Enter")
    own = page.locator(".claim-own")
    expect(own.locator(".status-line")).to_contain_text("All is there.")
    own.locator("textarea").fill("It isn't bad at all.")
    own.locator("textarea").press("Enter")
    expect(own.locator(".status-line")).to_contain_text(re.compile(r"positive, .*All is there\."))
    expect(own.locator("#view-attribution")).to_be_visible()
    own.locator("textarea").fill(" ")
    own.locator("textarea").press("Enter")
    expect(own.locator(".error")).to_have_text("There is no text yet: type or paste some, or choose an example.")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW
    with page.expect_download() as download:
        training.get_by_role("button", name="Download it as a checkpoint").click()
    with zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes())) as archive:
        archive.extractall(tmp_path)
    assert store.load("own", tmp_path / "own").labels == ("negative", "positive")
    page.reload()
    expect(training.get_by_text(f"After epoch {live_training.EPOCHS}: ")).to_be_visible()
    training.get_by_role("button", name="Analyse my own sentences with it").click()
    expect(own.locator(".status-line")).to_contain_text("All is there.")
    other = Visit(browser, f"{address}#/claims", NARROW)
    with checked(other):
        expect(other.page.locator(".claims")).to_have_attribute("data-done", "")
        assert other.page.get_by_role("button", name="Analyse my own sentences with it").count() == 0


def said(name: str) -> set[str]:
    """All that a recorded measurement says in words."""
    result = recorded(name)
    words = {*result.verdict.conditions, *result.measured.notes, result.provenance.machine}
    for plot in result.measured.plots:
        words |= {plot.title, plot.x_label, plot.y_label, *(series.name for series in plot.series)}
        words |= {point.x for series in plot.series for point in series.points if isinstance(point.x, str)}
    return words


def test_all_that_is_recorded_is_said_in_chinese(visit):
    from playwright.sync_api import expect

    page = visit.page
    page.get_by_role("button", name="简体中文").click()
    expect(page.locator("#claim-efficiency figcaption")).to_have_text("时间：推理，批量 1，1 个线程")
    sentences = sorted(set().union(*map(said, CLAIMS)))
    translated = page.evaluate(
        """async ([words, language, sentences]) => {
          const { speaker } = await import(words);
          return sentences.map(speaker((await import(language)).default));
        }""",
        [module(page, "pages/claims/words.js"), module(page, "locales/claims/zh.js"), sentences],
    )
    left = [each for each in translated if re.search(r"[A-Za-z]{2,}", re.sub(NAMES, "", each))]
    assert left == []
    number = re.compile(r"\d+(?:\.\d+)?")
    for english, chinese in zip(sentences, translated, strict=True):
        assert set(number.findall(english)) <= set(number.findall(chinese)), english
