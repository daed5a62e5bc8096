"""Figures and what is said of them in words."""

import io
from dataclasses import replace

import pytest
import tiny
import torch
from matplotlib import rcParams
from PIL import Image

from rnnformer_demo.analysis import service
from rnnformer_demo.analysis.service import Analysis, Prediction
from rnnformer_demo.checkpoints.store import load
from rnnformer_demo.data import Sample
from rnnformer_demo.interpret.attribution import Explanation
from rnnformer_demo.interpret.gates import Gates
from rnnformer_demo.interpret.trace import Trace
from rnnformer_demo.views.attention import attention_figure, cell_at
from rnnformer_demo.views.attribution import attribution_figure
from rnnformer_demo.views.canvas import DPI, to_image, to_png, undrawable
from rnnformer_demo.views.descriptions import (
    MEAN_OF_HEADS,
    POOLING,
    describe_attention,
    describe_attribution,
    describe_states,
)
from rnnformer_demo.views.states import states_figure

SOURCES = {"text": "The plot isn't boring, it's FUNNY and moving!", "image": tiny.photo()}


@pytest.fixture(scope="module")
def analyses(saved) -> dict[str, Analysis]:
    return {
        modality: service.analyse(load(modality, saved), source, target="yes") for modality, source in SOURCES.items()
    }


@pytest.fixture
def analysis(modality, analyses) -> Analysis:
    return analyses[modality]


def made_by_hand(words: tuple[str, ...], scores: list[float]) -> Analysis:
    """An analysis of as many steps as words, with two heads, an LSTM of three units and growing pooling weights."""
    steps = len(words)
    generator = torch.Generator().manual_seed(0)
    sample = Sample(
        inputs=torch.ones(1, steps, dtype=torch.long),
        mask=torch.ones(1, steps, dtype=torch.bool),
        feature_mask=torch.arange(steps)[None],
        token_to_unit=torch.arange(steps),
        unit_names=words,
        grid=None,
        display=" ".join(words),
    )
    prediction = Prediction("by-hand", "text", "yes", 0.9, {"no": 0.1, "yes": 0.9}, sample, 1.0, torch.zeros(2))
    trace = Trace(
        logits=torch.tensor([-1.0, 1.0]),
        attention={"layer 1": torch.rand(2, steps, steps, generator=generator).softmax(-1)},
        states={"lstm tokens 1": torch.rand(steps, 2, 3, generator=generator) * 2 - 1},
        pooling=torch.arange(1, steps + 1) / sum(range(1, steps + 1)),
    )
    trace = replace(trace, gates={"lstm tokens 1": gates_by_hand(steps)})
    explanation = Explanation("integrated-gradients", 1, torch.tensor(scores), None, 0.001)
    return Analysis(prediction, trace, explanation, "yes", "0" * 64, 0.1)


def gates_by_hand(steps: int) -> Gates:
    """Gates of an LSTM of three units over so many steps; half of what a unit holds goes at each."""
    gates = {name: torch.full((steps, 2, 3), 0.5) for name in ("input", "forget", "candidate", "output")}
    order = torch.stack([torch.arange(steps)[None], torch.arange(steps).flip(0)[None]])
    return Gates("lstm", gates, torch.zeros(steps, 2, 3), 0.0, order, torch.ones(steps, dtype=torch.bool))


def texts_of(figure) -> str:
    """Everything that is written as a title on a figure."""
    return " ".join([text.get_text() for text in figure.texts] + [ax.get_title() for ax in figure.axes])


def opened(png: bytes) -> Image.Image:
    assert png.startswith(b"\x89PNG")
    return Image.open(io.BytesIO(png)).convert("RGB")


def test_pyplot_is_never_imported():
    out = tiny.run_python(
        "import sys\n"
        "import rnnformer_demo.views, rnnformer_demo.analysis.service\nprint('matplotlib.pyplot' in sys.modules)"
    )
    assert out == "False"


def test_every_figure_names_the_model_and_what_it_shows(analysis):
    model = analysis.prediction.model
    drawn = {
        attribution_figure(analysis): (model, "integrated-gradients", "yes"),
        attention_figure(analysis, "layer 2"): (model, "layer 2", MEAN_OF_HEADS),
        attention_figure(analysis, "layer 1", "2"): (model, "layer 1", "head 2"),
        attention_figure(analysis, POOLING): (model, "pooling"),
    }
    for name in analysis.trace.states:
        for direction in ("forward", "backward"):
            drawn[states_figure(analysis, name, direction)] = (model, "hidden state", name, direction)
    for figure, parts in drawn.items():
        assert type(figure).__name__ == "Figure"
        for part in parts:
            assert part in texts_of(figure)
        picture = opened(to_png(figure, dpi=40))
        assert len(picture.getcolors(10**6)) > 50  # something was drawn
        assert to_image(figure, dpi=40).size == picture.size


def test_a_step_that_looks_changes_the_figure_of_a_photo(analyses):
    analysis = analyses["image"]
    whole = to_png(attention_figure(analysis, "layer 1"), dpi=40)
    one = attention_figure(analysis, "layer 1", from_step=3)
    assert "from row 2, column 2" in texts_of(one)
    assert to_png(one, dpi=40) != whole
    with pytest.raises(ValueError, match="from_step must be 0 to 3, got 4"):
        attention_figure(analysis, "layer 1", from_step=4)


def test_a_pixel_of_a_drawn_photo_finds_its_cell(analyses):
    analysis = analyses["image"]
    figure = attention_figure(analysis, "layer 1")
    ax = figure.axes[0]
    for cell, (x, y) in enumerate([(16, 16), (48, 16), (16, 48), (48, 48)]):
        figure.set_dpi(DPI)
        figure.draw_without_rendering()
        right, up = ax.transData.transform((x, y))
        assert cell_at(figure, analysis, right, figure.bbox.height - up) == cell
    assert cell_at(figure, analysis, 0, 0) is None


@pytest.mark.parametrize("layer", ["layer 3", "", "Pooling"])
def test_a_wrong_layer_is_refused(analysis, layer):
    for function in (attention_figure, describe_attention):
        with pytest.raises(ValueError, match=r"layer must be one of \['layer 1', 'layer 2'\], got"):
            function(analysis, layer)


@pytest.mark.parametrize("head", ["0", "3", "-1", "first", "", "1.0"])
def test_a_wrong_head_is_refused(analysis, head):
    for function in (attention_figure, describe_attention):
        with pytest.raises(ValueError, match="head must be 1 to 2 or 'mean of heads', got"):
            function(analysis, "layer 1", head)


def test_a_wrong_recurrence_or_direction_is_refused(analysis):
    (first, *_) = analysis.trace.states
    for function in (states_figure, describe_states):
        with pytest.raises(ValueError, match="recurrence must be one of"):
            function(analysis, "rnn")
        with pytest.raises(ValueError, match=r"direction must be one of \('forward', 'backward'\), got 'sideways'"):
            function(analysis, first, "sideways")


HARD = {
    "dollars": ("costs", "$5", "or", "$x_{1}$", "$$", "\\frac", "%", "^_{"),
    "CJK": ("好", "电", "影", "とても", "良い"),
    "one step": ("alone",),
    "long word": ("w" * 500, "film"),
    "controls": ("\x00", "\x1f", "\u202e", "a"),
    "many": tuple(f"word{n}" for n in range(200)),
}


@pytest.mark.filterwarnings("ignore:Glyph")  # a font for Chinese may be absent
@pytest.mark.parametrize("kind", sorted(HARD))
def test_hard_words_are_drawn(kind):
    words = HARD[kind]
    analysis = made_by_hand(words, [(-1) ** n * n / len(words) for n in range(len(words))])
    for figure in (
        attribution_figure(analysis),
        attention_figure(analysis, "layer 1"),
        attention_figure(analysis, POOLING),
        states_figure(analysis, "lstm tokens 1", "backward"),
    ):
        picture = opened(to_png(figure, dpi=50))
        assert max(picture.size) < 2000
        for axis in (figure.axes[0].xaxis, figure.axes[0].yaxis):
            assert len(axis.get_ticklocs()) <= 64
    assert describe_states(analysis, "lstm tokens 1")


def test_what_no_font_can_draw_is_known(monkeypatch):
    monkeypatch.setitem(rcParams, "font.family", ["DejaVu Sans"])
    assert undrawable("good 电影, 影 é → \x00\n") == "电影"


@pytest.mark.skipif(bool(undrawable("房间。とても")), reason="no font for Chinese is installed on this machine")
def test_chinese_characters_are_no_boxes():
    left, right = (
        opened(to_png(states_figure(made_by_hand((word, word), [0.0, 0.0]), "lstm tokens 1"), dpi=80))
        for word in "房间"
    )
    assert left.tobytes() != right.tobytes()  # boxes are all alike


def test_wide_words_have_room():
    latin, wide = (made_by_hand((word, "a"), [1.0, -1.0]) for word in ("w" * 6, "好" * 6))
    assert left_margin(wide) > left_margin(latin)
    labels = attribution_figure(made_by_hand(("好" * 20, "a"), [1.0, -1.0])).axes[0].get_yticklabels()
    assert labels[0].get_text() == "好" * 6 + "…"


def left_margin(analysis: Analysis) -> float:
    """Share of the width that the attribution figure leaves to its words."""
    return attribution_figure(analysis).axes[0].get_position().x0


def test_a_dollar_in_a_label_is_drawn_too():
    analysis = replace(made_by_hand(("a", "b"), [1.0, 2.0]), target="$\\bad{")
    assert opened(to_png(attribution_figure(analysis), dpi=40))


def test_scores_of_zero_are_drawn(analyses):
    assert opened(to_png(attribution_figure(made_by_hand(("a", "b"), [0.0, 0.0])), dpi=40))
    photo = analyses["image"]
    nothing = replace(photo.explanation, scores=torch.zeros_like(photo.explanation.scores))
    assert opened(to_png(attribution_figure(replace(photo, explanation=nothing)), dpi=40))


@pytest.mark.parametrize("steps", [2, 30])
def test_bars_show_the_scores_of_the_strongest_words_in_reading_order(steps):
    scores = [(-1) ** n * (n + 1) / steps for n in range(steps)]
    analysis = made_by_hand(tuple(f"word{n}" for n in range(steps)), scores)
    ax = attribution_figure(analysis).axes[0]
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == pytest.approx(scores[-min(steps, 24) :])
    assert [label.get_text() for label in ax.get_yticklabels()] == [f"word{n}" for n in range(steps)][-24:]


def test_the_attention_figure_holds_the_weights(analyses):
    analysis = analyses["text"]
    image = attention_figure(analysis, "layer 1", "2").axes[0].images[0]
    torch.testing.assert_close(torch.tensor(image.get_array().data), analysis.trace.attention["layer 1"][1])
    states = states_figure(analysis, "gru tokens 1", "backward").axes[0].images[0]
    torch.testing.assert_close(torch.tensor(states.get_array().data), analysis.trace.states["gru tokens 1"][:, 1].T)


def test_words_say_what_is_strongest():
    analysis = made_by_hand(("good", "film", "bad"), [0.25, 0.0, -2.0])
    said = describe_attribution(analysis, count=2)
    assert said == "integrated-gradients for yes. Strongest: bad (-2.00), good (+0.25)."
    assert "draws most on: bad (50.0%), film (33.3%)" in describe_attention(analysis, POOLING, count=2)
    weights = analysis.trace.attention["layer 1"][1].mean(0)
    strongest = ("good", "film", "bad")[int(weights.argmax())]
    assert f"{strongest} ({weights.max():.1%})" in describe_attention(analysis, "layer 1", "2", count=1)


def test_words_warn_of_an_answer_that_may_mean_nothing():
    analysis = made_by_hand(("good", "film"), [0.25, -2.0])
    plain = describe_attribution(analysis)
    for in_domain, score, warning in ((True, 0.5, ""), (False, 1.5, "Strange!")):
        prediction = replace(analysis.prediction, in_domain=in_domain, ood_score=score, warning=warning)
        said = describe_attribution(replace(analysis, prediction=prediction))
        assert said == (f"{plain} Strange! Strangeness 1.50, threshold 1." if warning else plain)


def test_words_name_the_step_of_the_largest_change():
    analysis = made_by_hand(("good", "film", "bad"), [0.0, 0.0, 0.0])
    states = torch.zeros(3, 2, 3)
    states[2, 0] = 1.0
    states[0, 1] = 1.0
    trace = replace(analysis.trace, states={"gru": states}, gates={"gru": gates_by_hand(3)})
    analysis = replace(analysis, trace=trace)
    assert "The largest change comes at bad." in describe_states(analysis, "gru", "forward")
    assert "The largest change comes at film." in describe_states(analysis, "gru", "backward")
    assert "gone after 1.0 steps" in describe_states(analysis, "gru")
    assert "0% of its values lie at the lower end" in describe_states(analysis, "gru", quantity="forget gate")
    assert "3 steps, 3 units" in describe_states(analysis, "gru")


def test_pixels_are_named_by_their_place(saved):
    analysis = service.analyse(load("image", saved), tiny.photo(), method="pixel-integrated-gradients")
    scores = torch.zeros(64 * 64)
    scores[3 * 64 + 5] = 2.0
    analysis = replace(analysis, explanation=replace(analysis.explanation, scores=scores))
    assert "pixel at 5, 3 (+2.00)" in describe_attribution(analysis, count=1)
    assert opened(to_png(attribution_figure(analysis), dpi=40))
