"""The attention in a browser: numbers of the interpreter, one cursor, and what it says where nothing hangs on it."""

import re
from dataclasses import replace
from types import SimpleNamespace
from urllib.parse import quote

import documents
import numpy as np
import pytest
import torch
from browser import Visit, checked, served, written

from rnnformer_demo.document import Array, Attention, Document, Interventions
from rnnformer_demo.interpret import attention_flow

NARROW = 390  # pixels, a phone
SENTENCES = (
    "The film begins slowly and takes its time.",
    "Then the mother arrives!",
    *["It goes on and on and on."] * 9,
)


def attended(document: Document, seed: int = 0, layers: int = 2) -> Document:
    """The document with random weights of two heads in every layer, and the rollout that follows from them."""
    draw, steps = torch.Generator().manual_seed(seed), len(document.input.token_to_unit)
    weights = {f"layer {n + 1}": (4 * torch.randn(2, steps, steps, generator=draw)).softmax(-1) for n in range(layers)}
    pooling = torch.randn(steps, generator=draw).softmax(-1)
    rolled = attention_flow.pooled_rollout(SimpleNamespace(attention=weights, pooling=pooling))
    stored = {name: Array.of(heads, "float32") for name, heads in weights.items()}
    attention = Attention(stored, Array.of(pooling, "float32"), Array.of(rolled, "float32"), 0.5)
    return replace(document, attention=attention)


def replaced(distance: float) -> Interventions:
    """What replaced weights change: all kinds the same."""
    kinds = [f"{kind} {what}" for kind in ("uniform", "permuted") for what in ("attention", "pooling")]
    return Interventions("yes", dict.fromkeys(("as it is", *kinds), 0.7), dict.fromkeys(kinds, distance), 0)


TEXT = attended(documents.text_document(split=3, interventions=replaced(0.2)))
PHOTO = attended(documents.photo_document(interventions=replaced(0.2)))
WITHOUT = replace(TEXT, recurrence=(), attention=replace(TEXT.attention, layers={}, warning=None))
UNIFORM = Array.of(np.full(11, 1 / 11), "float32")
DOCUMENTS = {
    "text": TEXT,
    "photo": PHOTO,
    "idle": replace(TEXT, interventions=replaced(0.004)),
    "long": attended(documents.text_document(" ".join(SENTENCES).split())),
    "pooling": WITHOUT,
    "equal": replace(WITHOUT, attention=replace(WITHOUT.attention, pooling=UNIFORM)),
}


@pytest.fixture
def report(browser, folder, request):
    """A report that is open: its name, or its name and the width of the window."""
    name, width = request.param if isinstance(request.param, tuple) else (request.param, 1280)
    visit = Visit(browser, "about:blank", width)
    visit.page.goto(written(folder, name, DOCUMENTS[name]).as_uri())
    visit.page.locator("#report .takeaway").wait_for()
    with checked(visit):
        yield visit


def panel(page):
    return page.locator("#view-attention")


def choose(view, name: str) -> None:
    view.get_by_role("radio", name=name, exact=True).click()


def numbers(view) -> np.ndarray:
    """The exact numbers, (rows, columns), 0-1."""
    details = view.locator(".numbers")
    if not details.evaluate("details => details.open"):
        details.locator("summary").click()
    rows = details.locator("tbody tr")
    rows.first.wait_for()
    return np.array([[float(cell.rstrip("%")) / 100 for cell in row] for row in cells_of(rows)])


def cells_of(rows) -> list[list[str]]:
    return rows.evaluate_all(
        "rows => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent))"
    )


def by_unit(weights, token_to_unit) -> np.ndarray:
    """Weights over tokens, (T, T) or (1, T), as those over units: the mean over queries, the sum over keys."""
    units = np.eye(max(token_to_unit) + 1)[list(token_to_unit)]  # (T, units)
    summed = np.asarray(weights) @ units
    return summed if len(summed) == 1 else (units / units.sum(0)).T @ summed


def same(shown: np.ndarray, expected) -> bool:
    return np.allclose(shown, expected, atol=6e-4)  # they are written with three digits


def cell(view, row: int, column: int, rows: int, columns: int) -> tuple[float, float]:
    """The middle of a cell of the map, in pixels of the window."""
    picture = view.locator(".attention-picture").locator(".heat, .photo-grid")
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    return box["x"] + box["width"] * (column + 0.5) / columns, box["y"] + box["height"] * (row + 0.5) / rows


@pytest.mark.parametrize("report", ["text"], indirect=True)
def test_numbers_are_those_of_the_interpreter(report):
    view, tokens = panel(report.page), TEXT.input.token_to_unit
    layers = {name: torch.tensor(heads.numpy()) for name, heads in TEXT.attention.layers.items()}
    norms = torch.tensor(TEXT.jacobian.norms.numpy())
    pooling = TEXT.attention.pooling.numpy()
    assert same(numbers(view), by_unit(layers["layer 1"].mean(0), tokens))
    choose(view, "layer 2, head 2")
    assert same(numbers(view), by_unit(layers["layer 2"][1], tokens))
    choose(view, "pooling")
    assert same(numbers(view).T, by_unit(pooling[None], tokens))
    view.get_by_role("button", name="attention rollout").click()
    assert same(numbers(view).T, by_unit(TEXT.attention.pooled_rollout.numpy()[None], tokens))
    choose(view, "layer 2")
    trace = SimpleNamespace(attention=layers, pooling=torch.tensor(pooling))
    assert same(numbers(view), by_unit(attention_flow.rollout(trace), tokens))
    choose(view, "layer 1")
    trace.attention = {"layer 1": layers["layer 1"]}
    assert same(numbers(view), by_unit(attention_flow.rollout(trace), tokens))
    view.get_by_role("button", name="through the recurrence").click()
    expected = attention_flow.to_token_attention(layers["layer 1"].mean(0), norms)
    assert same(numbers(view), by_unit(expected, tokens))


@pytest.mark.parametrize("report", ["text"], indirect=True)
def test_the_map_and_the_words_share_a_cursor(report):
    from playwright.sync_api import expect

    page, view, count = report.page, panel(report.page), len(TEXT.input.units)
    weights = by_unit(TEXT.attention.layers["layer 1"].numpy().mean(0), TEXT.input.token_to_unit)
    word, reading = page.locator("#view-words .word.at"), view.locator(".attention-reading")
    page.mouse.move(*cell(view, 2, 6, count, count))
    expect(word).to_have_text("tender")
    key, query = int(weights[2].argmax()), int(weights[:, 2].argmax())
    expect(reading).to_contain_text(f"“tender” looks at “{documents.WORDS[key]}” {weights[2, key]:.0%}, ")
    expect(reading).to_contain_text(f"looked at by “{documents.WORDS[query]}” {weights[query, 2]:.0%}, ")
    expect(reading).to_contain_text(f"Weight from “tender” to “ending”: {weights[2, 6]:.1%}.")
    expect(view.locator(".heat-mark")).to_have_count(2)
    view.locator(".attention-side.columns").get_by_text("mess.").click()
    expect(word).to_have_class(re.compile("pinned"))
    expect(word).to_have_text("mess.")
    view.locator(".attention-picture").press("ArrowLeft")
    expect(word).to_have_text("a")
    page.locator("#view-words .word").nth(4).click()
    expect(view.locator(".attention-side.rows .at")).to_have_text("but")


@pytest.mark.parametrize("report", ["text"], indirect=True)
def test_thumbnails_are_walked_with_the_keys_and_weak_weights_fade(report):
    from playwright.sync_api import expect

    view = panel(report.page)
    chosen = view.get_by_role("radio", checked=True)
    chosen.press("ArrowRight")
    expect(chosen).to_have_accessible_name("layer 1, head 1")
    expect(chosen).to_be_focused()
    chosen.press("ArrowDown")
    expect(view.locator(".attention-title")).to_have_text("layer 2, head 1, raw weights")
    chosen.press("ArrowDown")
    expect(chosen).to_have_accessible_name("pooling")
    choose(view, "layer 1, mean of heads")
    weights = by_unit(TEXT.attention.layers["layer 1"].numpy().mean(0), TEXT.input.token_to_unit)
    view.get_by_role("slider").evaluate("slider => { slider.value = 0.5; slider.dispatchEvent(new Event('input')); }")
    expect(view.locator(".attention-floor")).to_have_text(f"{weights.max() / 2:.1%}")
    pixels = view.locator(".heat-canvas").last.evaluate(
        "canvas => [...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data]"
    )
    faded = np.array(pixels).reshape(*weights.shape, 4)[..., :3].min(-1) > 200  # close to the white page
    clear = np.abs(weights - weights.max() / 2) > 1e-3
    assert (faded == (weights < weights.max() / 2))[clear].all()


@pytest.mark.parametrize("report", ["text"], indirect=True)
def test_words_are_joined_by_lines_whose_width_is_the_weight(report):
    from playwright.sync_api import expect

    view, count = panel(report.page), len(TEXT.input.units)
    view.get_by_role("button", name="lines").click()
    lines = view.locator(".attention-lines path")
    expect(lines).to_have_count(count * count)
    widths = lines.evaluate_all("paths => paths.map((path) => parseFloat(path.style.strokeWidth))")
    weights = by_unit(TEXT.attention.layers["layer 1"].numpy().mean(0), TEXT.input.token_to_unit).ravel()
    broad = weights > 0.1
    assert broad.any()
    assert np.allclose(np.array(widths)[broad], 15 * weights[broad], atol=0.02)
    view.locator(".attention-lines ul").first.get_by_text("film,").hover()
    expect(report.page.locator("#view-words .word.at")).to_have_text("film,")
    expect(view.locator("path.at")).to_have_count(count)
    expect(view.locator("path.to")).to_have_count(count)


@pytest.mark.parametrize(("report", "idle"), [("text", False), ("idle", True)], indirect=["report"])
def test_a_map_that_nothing_hangs_on_says_so(report, idle):
    from playwright.sync_api import expect

    view = panel(report.page)
    warning = "replacing this attention changes nothing here: do not read it as an explanation"
    expect(view.locator(".attention-test dd small").first).to_have_text(f"total variation {0.004 if idle else 0.2:.3f}")
    for name in ("layer 1, head 1", "pooling"):
        choose(view, name)
        assert (warning in view.locator(".attention-title").text_content()) == idle
        opacity = view.locator(".attention-picture .heat-canvas").evaluate("canvas => getComputedStyle(canvas).opacity")
        assert (float(opacity) < 0.5) == idle


@pytest.mark.parametrize("report", ["long"], indirect=True)
def test_long_texts_begin_with_sentences(report):
    from playwright.sync_api import expect

    document, view = DOCUMENTS["long"], panel(report.page)
    sizes = [len(sentence.split()) for sentence in SENTENCES]
    sentence_of = [index for index, size in enumerate(sizes) for _ in range(size)]
    weights = document.attention.layers["layer 1"].numpy().mean(0)
    assert same(numbers(view), by_unit(weights, sentence_of))
    expect(view.get_by_role("button", name="lines")).to_have_count(0)
    view.locator(".attention-side.rows").get_by_text("Then the mother").click()
    expect(view.locator(".attention-title")).to_contain_text("words of sentence 2")
    start, end = sizes[0], sizes[0] + sizes[1]
    assert same(numbers(view), weights[start:end, start:end])
    view.get_by_role("button", name="back to the sentences").click()
    frame = view.locator(".attention-picture")
    frame.press("ArrowDown")
    frame.press("ArrowDown")
    expect(report.page.locator("#view-words .word.at")).to_have_text("Then")
    frame.press("Enter")
    expect(view.get_by_label("Rows and columns")).to_have_value("1")
    view.get_by_label("Rows and columns").select_option("all words")
    expect(view.locator(".numbers tbody tr")).to_have_count(len(weights))


@pytest.mark.parametrize("report", ["photo"], indirect=True)
def test_a_cell_of_the_photo_looks(report):
    from playwright.sync_api import expect

    page, view, (rows, columns) = report.page, panel(report.page), documents.GRID
    weights = PHOTO.attention.layers["layer 1"].numpy().mean(0)
    reading, names = view.locator(".attention-reading"), PHOTO.input.unit_names

    def strongest(values):
        return f"{names[int(values.argmax())]} ({values.max():.0%})"

    expect(reading).to_contain_text(f"Looked at most in the mean: {strongest(weights.mean(0))}")
    page.mouse.move(*cell(view, 1, 2, rows, columns))
    expect(reading).to_contain_text(f"Row 2, column 3 looks at {strongest(weights[5])}")
    page.mouse.click(*cell(view, 1, 2, rows, columns))
    page.mouse.move(*cell(view, 0, 1, rows, columns))
    expect(reading).to_contain_text(f"Weight from row 2, column 3 to row 1, column 2: {weights[5, 1]:.1%}.")
    page.keyboard.press("ArrowUp")
    expect(reading).to_contain_text(f"Row 1, column 3 looks at {strongest(weights[2])}")
    view.get_by_label("Mean over all cells as queries").check()
    expect(reading).to_contain_text(f"row 1, column 3 gets {weights.mean(0)[2]:.1%} in the mean")
    assert same(numbers(view), weights)


@pytest.mark.parametrize("report", ["pooling", "equal"], indirect=True)
def test_what_a_model_has_not_is_not_offered(report, request):
    from playwright.sync_api import expect

    view = panel(report.page)
    if request.node.callspec.params["report"] == "equal":
        expect(view).to_be_hidden()
        return
    expect(view.locator(".attention-title")).to_have_text("pooling weights")
    expect(view.get_by_role("radio")).to_have_count(0)
    expect(view.get_by_role("button", name=re.compile("rollout|recurrence|lines"))).to_have_count(0)


@pytest.mark.parametrize("report", [("text", NARROW), ("long", NARROW), ("photo", NARROW)], indirect=True)
def test_it_fits_on_a_phone_in_both_languages(report):
    from playwright.sync_api import expect

    assert report.overflow() <= 0
    report.page.get_by_role("button", name="简体中文").click()
    expect(panel(report.page).locator(".attention-title")).to_contain_text("第 1 层")
    assert report.overflow() <= 0


def test_the_way_through_the_recurrence_is_computed_on_demand(browser, tmp_path):
    from playwright.sync_api import expect

    with served(tmp_path) as address:
        visit = Visit(browser, f"{address}#/text?model=sentiment-en&text={quote('A clumsy film with a big heart.')}")
        view = visit.page.locator(".workbench:not([hidden]) #view-attention")
        button = view.get_by_role("button", name="through the recurrence")
        button.click()
        expect(view.locator(".attention-title")).to_contain_text("layer 1, mean of heads, through the recurrence")
        expect(button).to_have_attribute("aria-pressed", "true")
        shown = numbers(view)
        assert np.allclose(shown.sum(-1), 1, atol=5e-3)
        visit.context.close()
        assert (visit.outside, visit.errors) == ([], [])
