"""What the bench measures is what a visitor gets: a prediction and four figures. What it tells is what it measured."""

from functools import partial
from types import SimpleNamespace

import pytest
import torch
from browser import EXAMPLES, served

from rnnformer_demo import bench, cli
from rnnformer_demo.bench import distilbert, rivals
from rnnformer_demo.bench.latency import LENGTHS, beside_minilm
from rnnformer_demo.bench.resnet18 import beside_resnet18
from rnnformer_demo.bench.timing import CALLS_A_TURN
from rnnformer_demo.checkpoints.store import load
from rnnformer_demo.data import InputError
from rnnformer_demo.interpret.trust.verdict import VERDICTS


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with served(tmp_path_factory.mktemp("gradio")) as address:
        yield bench.Page(address)


@pytest.mark.parametrize("model", [bench.TEXT_MODEL, bench.PHOTO_MODEL])
def test_a_click_brings_the_prediction_first_and_then_the_other_sections(page, model):
    source = "A witty, tender film." if model == bench.TEXT_MODEL else page.upload(min(EXAMPLES.glob("*.jpg")))
    seconds = page.analyse(model, source)
    assert set(seconds) >= {"prediction", "attribution", "attention", "recurrence", "prefixes", "interventions"}
    assert min(seconds.values()) == seconds["prediction"] < max(seconds.values())


def test_the_page_explains_with_a_trust_card(page):
    answer = page.explain("explain", bench.TEXT_MODEL, "A witty, tender film with a mess of an ending.")
    assert answer["trust"]["verdict"] in VERDICTS
    assert answer["model"] == bench.TEXT_MODEL


def test_the_whole_analysis_stands_beside_one_attribution_of_another_network(monkeypatch):
    monkeypatch.setattr(distilbert, "LAYERS", 1)
    monkeypatch.setattr(distilbert, "WIDTH", 24)
    monkeypatch.setattr(distilbert, "_LEAST_TURNS", 1)
    answer = distilbert.beside_distilbert(1)
    assert set(answer) == {"text_everything_p50_s", "distilbert_ig_p50_s", "distilbert_ratio"}
    assert min(answer.values()) > 0


def test_a_photo_goes_through_both_networks_in_turn():
    answer = beside_resnet18(1)
    names = ("photo_beside_{}_p50_ms", "resnet18_{}_p50_ms", "resnet18_{}_ratio")
    assert set(answer) == {name.format(engine) for name in names for engine in ("torch", "onnx", "int8")}
    assert min(answer.values()) > 0


def test_a_refused_click_is_no_figure(page):
    with pytest.raises(RuntimeError, match="There is no text yet"):
        page.analyse(bench.TEXT_MODEL, "")


class Encoder(torch.nn.Module):
    """Stands for the pretrained encoder and its tokenizer, whose pieces are words; keeps what it has read."""

    def __init__(self):
        super().__init__()
        self.config, self.read = SimpleNamespace(hidden_size=4), []

    def forward(self, input_ids):
        self.read.append(input_ids.shape[1])
        return SimpleNamespace(last_hidden_state=torch.zeros(*input_ids.shape, self.config.hidden_size))

    def pieces(self, text, add_special_tokens=True, max_length=None, **options):
        ids = [7] * len(text.split()) + [1, 2] * add_special_tokens
        return {"input_ids": torch.tensor([ids[:max_length]]) if "return_tensors" in options else ids}


def test_both_models_read_as_many_tokens(monkeypatch):
    encoder, own = Encoder(), load(bench.TEXT_MODEL)
    read = []
    monkeypatch.setattr("rnnformer_demo.checkpoints.store.load", lambda name: own)
    monkeypatch.setattr(rivals, "engines_of", lambda checkpoint: {"torch": None})  # no graph stands for the encoder
    forward = own.model.forward
    monkeypatch.setattr(own.model, "forward", lambda ids, mask: read.append(ids.shape[1]) or forward(ids, mask))
    answer = beside_minilm(3, lambda: (encoder, encoder.pieces))
    lengths = [length for length in LENGTHS if length <= own.reader.max_tokens]
    assert [int(length) for length in answer["minilm"]] == lengths
    calls = 2 * CALLS_A_TURN  # half of them to warm up
    assert encoder.read == read == [length for length in lengths for _ in range(calls)]
    for engines in answer["minilm"].values():
        measured = engines["torch"]
        assert set(measured) == {"predict_p50_ms", "minilm_p50_ms", "ratio", "fastest_ratio"}
        assert min(measured["predict_p50_ms"], measured["minilm_p50_ms"]) > 0
    assert (answer["minilm_note"] is None) == (lengths == list(LENGTHS))


def not_installed():
    """Stands for `load_minilm` where its package is absent."""
    raise InputError("Install it.")


def test_without_the_encoder_the_row_says_so():
    assert beside_minilm(3, not_installed) == {"minilm": None, "minilm_note": "Not measured. Install it."}


FIGURES = {
    "runs": 7,
    "first_page_s": 1.5,
    "first_page_empty_app_s": 1.0,
    "first_page_ratio": 1.5,
    "first_click_at_once_s": 2.0,
    "first_click_after_5_s": 0.5,
    "text_prediction_p50_ms": 30.0,
    "long_text_prediction_p50_ms": 50.0,
    "photo_prediction_p50_ms": 80.0,
    "text_click_p50_ms": 400.0,
    "long_text_click_p50_ms": 900.0,
    "photo_click_p50_ms": 600.0,
    "text_beside_photos_prediction_p50_s": 0.2,
    "text_beside_photos_prediction_slowest_s": 0.9,
    "text_beside_photos_click_p50_s": 2.1,
    "first_prediction_ms": 90.0,
    "layout_shift": 0.01,
    "cursor_words_60_p95_ms": 10.0,
    "cursor_tokens_400_p95_ms": 20.0,
    "cursor_phone_tokens_400_p95_ms": 60.0,
    "resident_mb_after_75_analyses": None,
    "resident_mb_peak": 900.5,
    "text_predict_p50_ms": 3.0,
    "text_analysis_p50_ms": 40.0,
    "text_analysis_slowest_ms": 500.0,
    "photo_predict_p50_ms": 20.0,
    "photo_analysis_p50_ms": 120.0,
    **{f"photo_beside_{engine}_p50_ms": 21.0 for engine in ("torch", "onnx", "int8")},
    **{f"resnet18_{engine}_p50_ms": 42.0 for engine in ("torch", "onnx", "int8")},
    **{f"resnet18_{engine}_ratio": 2.0 for engine in ("torch", "onnx", "int8")},
    "text_inside_p50_ms": 200.0,
    "text_trust_p50_s": 1.5,
    "photo_inside_p50_ms": 300.0,
    "photo_trust_p50_s": 8.0,
    "photo_occlusion_s": 2.0,
    "photo_pixel-integrated-gradients_s": 3.0,
    "text_everything_p50_s": 1.5,
    "distilbert_ig_p50_s": 3.0,
    "distilbert_ratio": 2.0,
    "minilm": {
        "64": {"int8": {"predict_p50_ms": 4.0, "minilm_p50_ms": 32.0, "ratio": 8.0, "fastest_ratio": 9.0}},
    },
    "minilm_note": None,
}


def test_a_file_without_a_place_is_refused_before_anything_is_measured(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench, "run", lambda runs, load_encoder: pytest.fail("it measured"))
    (tmp_path / "README.md").write_text("# Title\n", encoding="utf-8")
    for name, sentence in (("README.md", "has no place for 'bench'"), ("nowhere.md", "cannot be filled")):
        assert cli.main(["bench", "--write", str(tmp_path / name)]) == 2
        assert sentence in capsys.readouterr().err


def test_the_table_holds_what_was_measured_and_the_command_writes_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(bench, "run", lambda runs, load_encoder: FIGURES)
    path = tmp_path / "README.md"
    path.write_text("<!-- bench -->\nold\n<!-- end -->\n", encoding="utf-8")
    assert cli.main(["bench", "--write", str(path)]) == 0
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[3].startswith("| Machine | ")
    for line in (
        "| First page, seconds; an empty Gradio app beside it; ratio | 1.5; 1.0; 1.5 |",
        "| Text analysis, the slowest of 7, ms | 500.0 |",
        "| Resident memory of the server after 75 analyses; at its peak, with trust cards of a text and a photo; MB "
        "| not measured; 900.5 |",
        "| Photo of 224 pixels: prediction; ResNet-18, random weights; both by ONNX Runtime; p50, ms; ratio "
        "| 21.0; 42.0; 2.0 |",
        "| All of that; 50 steps of integrated gradients in a network of DistilBERT's size; p50, s; ratio "
        "| 1.5; 3.0; 2.0 |",
        f"| Text of 64 tokens: `{bench.TEXT_MODEL}`; all-MiniLM-L6-v2; both by int8; p50, ms; ratio; that of the "
        "fastest calls | 4.0; 32.0; 8.0; 9.0 |",
    ):
        assert line in lines
    absent = bench.markdown(FIGURES | {"machine": "one", "minilm": None, "minilm_note": "Not measured. Install it."})
    assert absent.splitlines()[-1] == "| Beside all-MiniLM-L6-v2 | Not measured. Install it. |"
    assert {"first_page_s: 1.5", "minilm 64 int8 ratio: 8.0"} <= set(capsys.readouterr().out.splitlines())


class Bert(torch.nn.Module):
    """A BERT of two small layers, in the names of `transformers`, whose graph is written from its weights."""

    def __init__(self, width: int = 8, heads: int = 2):
        super().__init__()
        linear, norm = torch.nn.Linear, partial(torch.nn.LayerNorm, width, eps=1e-12)
        names = ("num_attention_heads", "hidden_size", "num_hidden_layers", "layer_norm_eps")
        self.config = SimpleNamespace(**dict(zip(names, (heads, width, 2, 1e-12), strict=True)))
        sizes = {"word": 1100, "position": 64, "token_type": 2}
        embeddings = {f"{kind}_embeddings": torch.nn.Embedding(size, width) for kind, size in sizes.items()}
        self.embeddings = torch.nn.ModuleDict(embeddings | {"LayerNorm": norm()})

        def part(**modules):
            return torch.nn.ModuleDict(modules)

        layers = [
            part(
                attention=part(
                    self=part(**{name: linear(width, width) for name in ("query", "key", "value")}),
                    output=part(dense=linear(width, width), LayerNorm=norm()),
                ),
                intermediate=part(dense=linear(width, 2 * width)),
                output=part(dense=linear(2 * width, width), LayerNorm=norm()),
            )
            for _ in range(2)
        ]
        self.encoder = part(layer=torch.nn.ModuleList(layers))

    def forward(self, input_ids, attention_mask):
        at = self.embeddings
        x = at["word_embeddings"](input_ids) + at["position_embeddings"](torch.arange(input_ids.shape[1]))
        x = at["LayerNorm"](x + at["token_type_embeddings"](torch.tensor(0)))
        for layer in self.encoder["layer"]:
            own, out = layer["attention"]["self"], layer["attention"]["output"]
            q, k, v = (
                own[name](x).unflatten(-1, (self.config.num_attention_heads, -1)).transpose(1, 2)
                for name in ("query", "key", "value")
            )
            read = torch.nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
            x = out["LayerNorm"](x + out["dense"](read))
            wide = torch.nn.functional.gelu(layer["intermediate"]["dense"](x))
            x = layer["output"]["LayerNorm"](x + layer["output"]["dense"](wide))
        return SimpleNamespace(last_hidden_state=x)


def test_the_encoder_beside_ours_is_the_one_that_torch_runs():
    encoder = Bert().eval()
    ids = torch.randint(0, 1100, (2, 9))
    with torch.no_grad():
        wanted = encoder(ids, None).last_hidden_state
    for opened, tolerance in ((rivals.open_session, 1e-5), (rivals.open_in_eight_bits, 0.4)):
        session = rivals.encoder_session(encoder, opened)
        torch.testing.assert_close(
            torch.from_numpy(session.run(["states"], {"ids": ids.numpy()})[0]), wanted, atol=tolerance, rtol=0
        )
    with pytest.raises(RuntimeError, match="the graph misses torch by"):
        rivals._check(wanted.numpy(), wanted.numpy() + 1)


def test_a_folder_without_a_site_is_refused(tmp_path, capsys):
    assert cli.main(["bench", "--site", str(tmp_path)]) == 2
    assert f"{tmp_path} holds no site: make one by" in capsys.readouterr().err
