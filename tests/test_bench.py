"""What the bench measures is what a visitor gets: a prediction and three figures."""

import pytest
from browser import EXAMPLES, served

from rnnformer_demo import bench
from rnnformer_demo.pipeline import DEFAULT_METHOD
from rnnformer_demo.ui.handlers import PREDICTED


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with served(tmp_path_factory.mktemp("gradio")) as address:
        yield bench.Page(address)


@pytest.mark.parametrize(("modality", "label"), [("text", "positive"), ("image", "elephant")])
def test_a_click_brings_a_prediction_and_three_figures(page, modality, label):
    source = "A witty, tender film." if modality == "text" else page.upload(EXAMPLES / "elephant.jpg")
    outputs = [output for output in page.analyse(modality, source) if isinstance(output, dict)]
    assert [output["label"] for output in outputs if "label" in output] == [label]
    pictures = {output["value"]["url"] for output in outputs if "alt_text" in output}
    assert len(pictures) == 3
    for url in pictures:
        assert page.http.get(url).content.startswith(b"\x89PNG")


def test_the_choices_are_those_that_the_page_opens_with(page):
    for modality, model in (("text", bench.TEXT_MODEL), ("image", bench.PHOTO_MODEL)):
        _, (name, source, method, target, *_) = page.analyse_event(modality)
        assert (name, source, method, target) == (model, None, DEFAULT_METHOD, PREDICTED)


def test_a_refused_click_is_no_figure(page):
    with pytest.raises(RuntimeError, match="There is no text yet"):
        page.analyse("text", "")
