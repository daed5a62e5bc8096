"""The pipeline: what the page, the command line and the API call."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import tiny
import torch

from rnnformer_demo.analysis import service
from rnnformer_demo.analysis.service import analyse, get, predict, re_explain
from rnnformer_demo.checkpoints.cards import names
from rnnformer_demo.checkpoints.store import about_of, load, save
from rnnformer_demo.data import InputError
from rnnformer_demo.interpret.attribution import METHODS, explain

SOURCES = {"text": "The plot isn't boring, it's FUNNY and moving!", "image": tiny.photo()}
SHIPPED = names(tiny.ROOT / "checkpoints")


@pytest.fixture(autouse=True)
def _small_models(saved, monkeypatch):
    """The small checkpoints are the ones that names stand for."""
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(saved))


@pytest.fixture
def source(modality):
    return SOURCES[modality]


def test_a_prediction_is_the_calibrated_softmax_of_the_logits(modality, source, saved):
    prediction = predict(modality, source)
    loaded = load(modality, saved)
    sample = loaded.reader(source)
    with torch.no_grad():
        expected = loaded.temperature.probabilities(loaded.model(sample.inputs, sample.mask)[0], sample.mask.sum())
    assert list(prediction.probabilities) == ["no", "yes", "perhaps"]
    torch.testing.assert_close(torch.tensor(list(prediction.probabilities.values())), expected, atol=1e-6, rtol=0)
    assert sum(prediction.probabilities.values()) == pytest.approx(1, abs=1e-6)
    assert prediction.label == loaded.labels[int(expected.argmax())]
    assert prediction.confidence == prediction.probabilities[prediction.label]
    assert prediction.modality == modality
    assert prediction.latency_ms > 0


def test_a_prediction_as_json(modality, source):
    said = json.loads(json.dumps(predict(modality, source).as_dict()))
    assert list(said) == [
        *("model", "label", "confidence", "probabilities"),
        *("in_domain", "ood_score", "notices", "latency_ms"),
    ]
    assert (said["in_domain"], said["ood_score"]) == (None, None)
    assert said["model"] == modality
    assert said["confidence"] == max(said["probabilities"].values())
    assert isinstance(said["notices"], list)


every_feature = pytest.mark.parametrize(("modality", "feature"), tiny.FEATURES_OF)


@pytest.fixture
def judging(feature, modality, saved, tmp_path, monkeypatch):
    """Makes the small checkpoint one that can tell what is out of domain, from a distance on that is given."""
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr(service, "_loaded", {})

    def judge(threshold: float) -> None:
        plain = load(modality, saved)
        about = about_of(plain.card) | {
            "data": {"file": "films/train.tsv.xz, films/more.tsv, reviews/train.jsonl.xz"},
            "ood": {"feature": feature, "threshold": threshold},
        }
        signal = tiny.ood_signal(plain.model, feature, threshold)
        recorded = plain.card["recorded"]["input"]
        save(modality, plain.model, plain.reader, about, plain.temperature, recorded, tmp_path, signal)

    return judge


STRANGE = "This does not look like what the model was trained on (films, reviews): its answer may mean nothing."


@every_feature
@pytest.mark.parametrize(("threshold", "in_domain"), [(1e-9, False), (1e9, True)])
def test_a_prediction_says_whether_its_input_is_in_domain(judging, modality, source, saved, threshold, in_domain):
    judging(threshold)
    prediction = predict(modality, source)
    assert prediction.in_domain is in_domain
    assert (prediction.ood_score <= 1) is in_domain
    assert prediction.warnings == prediction.sample.warnings + (() if in_domain else (STRANGE,))
    assert prediction.warning == ("" if in_domain else STRANGE)
    assert json.loads(json.dumps(prediction.as_dict()))["in_domain"] is in_domain
    # Looking at the taps changes nothing and leaves nothing behind.
    assert prediction.probabilities == predict(load(modality, saved), source).probabilities
    assert tiny.hooks(get(modality).model) == 0
    analysis = analyse(modality, source)
    assert analysis.prediction.ood_score == prediction.ood_score
    assert (STRANGE in analysis.warnings) is not in_domain
    assert (STRANGE in re_explain(analysis, "yes", "occlusion").warnings) is not in_domain


@every_feature
def test_an_input_is_read_once_to_judge_it(judging, modality, source):
    judging(1.0)
    passes = []
    handle = get(modality).model.register_forward_hook(lambda *_: passes.append(1))
    predict(modality, source)
    handle.remove()
    assert len(passes) == 1


@pytest.mark.parametrize("target", [None, "no", "PERHAPS", "1"])
def test_an_analysis_holds_prediction_trace_and_explanation_of_one_input(modality, source, saved, target):
    analysis = analyse(modality, source, target=target)
    index = {None: int(analysis.trace.logits.argmax()), "no": 0, "PERHAPS": 2, "1": 1}[target]
    loaded = load(modality, saved)
    assert analysis.target == loaded.labels[index]
    assert analysis.explanation.target == index
    assert analysis.explanation.method == service.DEFAULT_METHOD == "integrated-gradients"
    expected = explain(loaded.model, loaded.reader(source), index, "integrated-gradients")
    torch.testing.assert_close(analysis.explanation.scores, expected.scores, atol=1e-6, rtol=0)
    assert analysis.prediction.probabilities == pytest.approx(predict(modality, source).probabilities, abs=1e-6)
    assert analysis.model_sha256 == loaded.sha256
    assert analysis.seconds > 0


@pytest.mark.parametrize("method", sorted(METHODS))
def test_an_analysis_as_json(modality, source, method):
    if METHODS[method].needs_grid and modality == "text":
        with pytest.raises(InputError, match=f"There is no method '{method}'"):
            analyse(modality, source, method=method)
        return
    analysis = analyse(modality, source, target="yes", method=method)
    said = json.loads(json.dumps(analysis.as_dict(), allow_nan=False))
    assert set(said) == {
        "model",
        "model_sha256",
        "method",
        "target",
        "units" if modality == "text" else "grid",
        "scores",
        "completeness_gap",
        "seed",
        "notices",
    }
    assert (said["model"], said["method"], said["target"]) == (modality, method, "yes")
    count = len(said["units"]) if modality == "text" else said["grid"][0] * said["grid"][1]
    assert len(said["scores"]) == count
    assert (said["completeness_gap"] is not None) == (
        "integrated" in method or method in ("kernel-shap", "direct-logit-attribution")
    )


def test_another_explanation_of_the_same_input_keeps_its_trace(modality, source):
    first = analyse(modality, source, target="no")
    second = re_explain(first, "yes", "occlusion")
    fresh = analyse(modality, source, target="yes", method="occlusion")
    assert second.trace is first.trace
    assert second.prediction is first.prediction
    assert (second.target, second.explanation.method) == ("yes", "occlusion")
    assert torch.equal(second.explanation.scores, fresh.explanation.scores)
    with pytest.raises(InputError, match="There is no label 'nosuch'"):
        re_explain(first, "nosuch", "occlusion")
    with pytest.raises(InputError, match="There is no method 'nosuch'"):
        re_explain(first, "yes", "nosuch")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"model": "nosuch"}, "There is no model 'nosuch': there is image, text"),
        ({"target": "nosuch"}, "There is no label 'nosuch': this model has no, yes, perhaps"),
        ({"target": "3"}, "There is no label '3'"),
        ({"target": ""}, "There is no label ''"),
        ({"method": "nosuch"}, "There is no method 'nosuch' for this input"),
        ({"source": None}, "There is no photo yet|Expected text"),
        ({"source": b""}, "The file is empty|Expected text"),
    ],
)
def test_bad_input_gets_a_sentence(modality, source, options, sentence):
    with pytest.raises(InputError, match=sentence):
        analyse(**{"model": modality, "source": source} | options)


def test_a_photo_may_be_a_path_bytes_or_a_picture(tmp_path):
    data = tiny.encode(SOURCES["image"], "PNG")
    (tmp_path / "photo.png").write_bytes(data)
    expected = predict("image", SOURCES["image"]).probabilities
    for source in (data, tmp_path / "photo.png", str(tmp_path / "photo.png")):
        assert predict("image", source).probabilities == expected


def test_notices_of_input_and_computation_come_together():
    reader = get("text").reader
    analysis = analyse("text", "good film " * reader.max_tokens)
    assert any("longer than this model reads" in notice for notice in analysis.warnings)
    assert analysis.as_dict()["notices"] == list(analysis.warnings)
    assert predict("text", "good film " * reader.max_tokens).as_dict()["notices"]


def test_a_checkpoint_is_loaded_once_even_by_many(monkeypatch, modality):
    loads = []
    original = service.store.load
    monkeypatch.setattr(service.store, "load", lambda *arguments: loads.append(1) or original(*arguments))
    monkeypatch.setattr(service, "_loaded", {})
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: get(modality), range(16)))
    assert len(loads) == 1
    assert all(checkpoint is got[0] for checkpoint in got)


def test_eight_visitors_get_what_one_gets(modality, source):
    targets = ["no", "yes", "perhaps"] * 4
    alone = {target: analyse(modality, source, target=target) for target in targets[:3]}
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda target: analyse(modality, source, target=target), targets))
    for target, analysis in zip(targets, together, strict=True):
        assert analysis.target == target
        assert torch.equal(analysis.trace.logits, alone[target].trace.logits)
        assert torch.equal(analysis.explanation.scores, alone[target].explanation.scores)


def test_an_analysis_holds_no_model(modality, source):
    analysis = analyse(modality, source)

    def parts(value):
        yield value
        children = value.values() if isinstance(value, dict) else getattr(value, "__dict__", {}).values()
        if isinstance(value, tuple | list):
            children = value
        if not isinstance(value, torch.Tensor):
            for child in children:
                yield from parts(child)

    found = list(parts(analysis))
    assert not any(isinstance(part, torch.nn.Module) for part in found)
    assert not any(isinstance(part, torch.Tensor) and part.requires_grad for part in found)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_analyse_within_the_promised_gap(name, monkeypatch):
    monkeypatch.delenv("RNNFORMER_CHECKPOINTS")
    modality = get(name).model.modality
    source = {"text": "A moving, funny and wonderful film.", "image": tiny.photo((300, 200))}[modality]
    analysis = analyse(name, source)
    assert analysis.explanation.completeness_gap <= 0.01
    config = get(name).model.config
    assert len(analysis.trace.attention) == config.attention_layers
    assert len(analysis.trace.states) == len(config.recurrence) * config.recurrent_layers
