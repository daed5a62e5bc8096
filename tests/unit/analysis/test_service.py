"""The analysis service: what the page, the command line and the API call."""

import json
import shlex
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
import tiny
import torch

from rnnformer_demo.analysis import context as context_module
from rnnformer_demo.analysis import registry, service
from rnnformer_demo.analysis.context import Context
from rnnformer_demo.analysis.sections import BUILDERS
from rnnformer_demo.analysis.service import DEFAULT_METHOD, INTERNALS, analyse, context_of, extend, get, predict
from rnnformer_demo.checkpoints.cards import names
from rnnformer_demo.checkpoints.store import about_of, load, save
from rnnformer_demo.cli import _options
from rnnformer_demo.data import InputError
from rnnformer_demo.document import from_json, to_dict, to_json
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
    document = predict(modality, source)
    loaded = load(modality, saved)
    sample = loaded.reader(source)
    with torch.no_grad():
        expected = loaded.temperature.probabilities(loaded.model(sample.inputs, sample.mask)[0], sample.mask.sum())
    answer = document.prediction
    assert list(answer.probabilities) == ["no", "yes", "perhaps"]
    torch.testing.assert_close(torch.tensor(list(answer.probabilities.values())), expected, atol=1e-6, rtol=0)
    assert sum(answer.probabilities.values()) == pytest.approx(1, abs=1e-6)
    assert answer.label == loaded.labels[int(expected.argmax())]
    assert answer.confidence == answer.probabilities[answer.label]
    scaled = torch.tensor(answer.logits) / answer.temperature
    torch.testing.assert_close(scaled.softmax(-1), expected, atol=1e-6, rtol=0)
    assert answer.latency_ms > 0


def test_a_prediction_as_json(modality, source):
    document = predict(modality, source)
    values = json.loads(to_json(document))
    assert set(values) == {"schema", "model", "input", "prediction", "provenance"}
    assert values["prediction"]["ood"] is None
    assert values["model"]["name"] == modality
    assert values["input"]["image"] is None
    assert from_json(to_json(document)) == document


every_feature = pytest.mark.parametrize(("modality", "feature"), tiny.FEATURES_OF)


@pytest.fixture
def judging(feature, modality, saved, tmp_path, monkeypatch):
    """Makes the small checkpoint one that can tell what is out of domain, from a distance on that is given."""
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(tmp_path))
    monkeypatch.setattr(registry, "_loaded", {})

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


STRANGE = "This does not look like what the model was trained on (films, reviews)."


@every_feature
@pytest.mark.parametrize(("threshold", "in_domain"), [(1e-9, False), (1e9, True)])
def test_a_prediction_says_whether_its_input_is_in_domain(judging, modality, source, saved, threshold, in_domain):
    judging(threshold)
    document = predict(modality, source)
    ood = document.prediction.ood
    assert ood.in_domain is in_domain
    assert (ood.score <= 1) is in_domain
    assert ood.message == ("" if in_domain else STRANGE)
    assert document.warnings == document.input.warnings + (() if in_domain else (STRANGE,))
    # Looking at the hook points changes nothing and leaves nothing behind.
    unjudged = predict(load(modality, saved), source).prediction.probabilities
    assert document.prediction.probabilities == pytest.approx(unjudged, abs=1e-6)
    assert tiny.hooks(get(modality).model) == 0
    analysis = analyse(modality, source)
    assert analysis.prediction.ood == ood
    assert (STRANGE in extend(analysis, "attribution", target="yes", method="occlusion").warnings) is not in_domain


def flagging(saved, threshold: float, **ood: dict):
    """The small text checkpoint with a detector of that threshold, and what its card says of it."""
    plain = load("text", saved)
    card = plain.card | {"data": {"file": "films/train.tsv"}, "ood": ood}
    return replace(plain, card=card, ood=tiny.ood_signal(plain.model, "tokens", threshold))


def test_a_flag_tells_what_was_measured_of_it(saved):
    worth = {
        "towns first": {"flagged": {"n": 30, "right": 20}, "passed": {"n": 1000, "right": 800}},
        "towns second": {"flagged": {"n": 20, "right": 15}, "passed": {"n": 500, "right": 460}},
    }
    assert predict(flagging(saved, 1e-9, elsewhere=worth), "a good film").prediction.ood.message == (
        "This does not look like what the model was trained on (films). On texts from elsewhere (towns) it was right "
        "in 70% of 50 flagged like this, and in 84% of 1,500 others."
    )
    assert predict(flagging(saved, 1e9, elsewhere=worth), "a good film").prediction.ood.message == ""


def test_a_text_whose_writing_is_foreign_is_named_whatever_its_score(saved):
    ood = predict(flagging(saved, 1e9), "int good = film;").prediction.ood
    assert (ood.score <= 1, ood.in_domain) == (True, False)
    assert ood.message == "This looks like source code, which the model was not trained on."


@every_feature
def test_an_input_is_read_once_to_judge_it(judging, modality, source):
    judging(1.0)
    passes, model = [], get(modality).model
    model.engine = None  # no hook sees what that runs
    handle = model.register_forward_hook(lambda *_: passes.append(1))
    predict(modality, source)
    handle.remove()
    assert len(passes) == 1


@pytest.mark.parametrize("target", [None, "no", "PERHAPS", "1"])
def test_an_attribution_is_that_of_the_class_asked_for(modality, source, saved, target):
    document = analyse(modality, source, target=target)
    index = {None: int(torch.tensor(document.prediction.logits).argmax()), "no": 0, "PERHAPS": 2, "1": 1}[target]
    loaded = load(modality, saved)
    assert document.target == document.attribution.target == loaded.labels[index]
    assert document.attribution.method == DEFAULT_METHOD == "integrated-gradients"
    expected = explain(loaded.model, loaded.reader(source), index, "integrated-gradients")
    torch.testing.assert_close(torch.tensor(document.attribution.scores), expected.scores, atol=1e-6, rtol=0)
    assert document.prediction.probabilities == pytest.approx(predict(modality, source).prediction.probabilities)
    assert document.model.sha256 == loaded.sha256
    assert document.provenance.seconds["attribution"] > 0


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_fills_the_section(modality, source, method):
    if METHODS[method].layout == "grid" and modality == "text":
        with pytest.raises(InputError, match=f"There is no method '{method}'"):
            analyse(modality, source, method=method)
        return
    document = analyse(modality, source, target="yes", method=method)
    section = to_dict(document)["attribution"]
    assert (section["method"], section["target"]) == (method, "yes")
    assert (section["title"], section["signed"]) == (METHODS[method].title, METHODS[method].signed)
    grid = section["grid"]
    assert len(section["scores"]) == (len(document.input.units) if modality == "text" else grid[0] * grid[1])
    assert (section["completeness_gap"] is not None) == (
        "integrated" in method or method in ("kernel-shap", "permutation-shapley", "direct-logit-attribution")
    )
    assert (section["seed"] is not None) == METHODS[method].draws
    assert (section["bias_relevance"] is not None) == ("relevance-propagation" in method)


def test_all_sections_survive_json_and_can_be_filled_one_by_one(modality, source):
    whole = analyse(modality, source, wanted=tuple(BUILDERS), target="no")
    assert all(whole.has(name) for name in BUILDERS)
    assert from_json(to_json(whole)) == whole
    grown = from_json(to_json(analyse(modality, source, target="no")))
    for name in BUILDERS:
        assert not grown.has(name) or name == "attribution"
        grown = extend(grown, name)
        expected, section = getattr(whole, name), getattr(grown, name)
        if name == "trust":
            expected, section = ((part.verdict, part.perturbations, part.agreement) for part in (expected, section))
        assert section == expected, name


def test_sections_hold_what_the_trace_holds(modality, source):
    document = analyse(modality, source, wanted=("attention", "recurrence", "prefixes", "interventions"))
    trace = context_of(document).trace
    for name, layer in trace.attention.items():
        rows = document.attention.layers[name].numpy()
        torch.testing.assert_close(torch.from_numpy(rows), layer, atol=2e-3, rtol=0)
    torch.testing.assert_close(torch.from_numpy(document.attention.pooling.numpy()), trace.pooling)
    for recurrence in document.recurrence:
        gates = trace.gates[recurrence.name]
        assert recurrence.cell == gates.kind
        torch.testing.assert_close(
            torch.from_numpy(recurrence.hidden.numpy()), trace.states[recurrence.name], atol=1 / 200, rtol=0
        )
        for gate, values in gates.gates.items():
            torch.testing.assert_close(torch.from_numpy(recurrence.gates[gate].numpy()), values, atol=1 / 200, rtol=0)
    for trajectory in document.prefixes:
        final = dict(zip(document.model.labels, trajectory.probabilities.numpy()[-1].tolist(), strict=True))
        assert final == pytest.approx(document.prediction.probabilities, abs=1e-4)
        labels = trajectory.probabilities.numpy().argmax(1)
        assert list(trajectory.flips) == [at for at in range(1, len(labels)) if labels[at] != labels[at - 1]]
        assert (labels[trajectory.stable_from :] == labels[-1]).all()


def test_another_attribution_keeps_the_old_one_and_drops_its_trust(modality, source):
    first = analyse(modality, source, ("attribution", "attention", "trust"), target="no")
    second = extend(first, "attribution", target="yes", method="occlusion")
    fresh = analyse(modality, source, target="yes", method="occlusion")
    assert (second.attention, second.prediction) == (first.attention, first.prediction)
    assert (second.target, second.attribution.method) == ("yes", "occlusion")
    assert second.attribution.scores == fresh.attribution.scores
    assert (second.trust, second.other_attributions) == (None, (first.attribution,))
    assert "trust" not in second.provenance.seconds
    again = extend(second, "attribution", target="no", method=DEFAULT_METHOD)
    assert (again.attribution, again.other_attributions) == (first.attribution, (second.attribution,))
    with pytest.raises(InputError, match="There is no label 'nosuch'"):
        extend(first, "attribution", target="nosuch")
    with pytest.raises(InputError, match="There is no method 'nosuch'"):
        extend(first, "attribution", method="nosuch")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"model": "nosuch"}, "There is no model 'nosuch': there is image, text"),
        ({"target": "nosuch"}, "There is no label 'nosuch': this model has no, yes, perhaps"),
        ({"target": "3"}, "There is no label '3'"),
        ({"target": ""}, "There is no label ''"),
        ({"method": "nosuch"}, "There is no method 'nosuch' for this input"),
        ({"wanted": ("nosuch",)}, "There is no section 'nosuch' to fill: there is attribution, "),
        ({"source": None}, "There is no photo yet|Expected text"),
        ({"source": b""}, "The file is empty|Expected text"),
    ],
)
def test_bad_input_gets_a_sentence(modality, source, options, sentence):
    with pytest.raises(InputError, match=sentence):
        analyse(**{"model": modality, "source": source} | options)


def test_a_document_of_other_weights_is_refused(modality, source, monkeypatch):
    document = analyse(modality, source)
    values = to_dict(document)
    values["model"]["sha256"] = "0" * 64
    with pytest.raises(InputError, match=r"The weights of \w+ are others than those of this analysis"):
        extend(from_json(json.dumps(values)), "trust")


def test_a_photo_may_be_a_path_bytes_or_a_picture(tmp_path):
    data = tiny.encode(SOURCES["image"], "PNG")
    (tmp_path / "photo.png").write_bytes(data)
    expected = predict("image", SOURCES["image"]).prediction.probabilities
    for source in (data, tmp_path / "photo.png", str(tmp_path / "photo.png")):
        assert predict("image", source).prediction.probabilities == expected


def test_a_photo_without_its_picture_cannot_be_asked_again():
    with pytest.raises(InputError, match="The photo is not in this document"):
        extend(predict("image", SOURCES["image"]), "attribution")


def test_a_path_stands_in_the_document_only_where_it_was_named(tmp_path):
    path = tmp_path / "photo.png"
    path.write_bytes(tiny.encode(SOURCES["image"], "PNG"))
    assert str(tmp_path) not in to_json(analyse("image", str(path)))
    document = analyse("image", str(path), path="photo.png", method="occlusion", seed=3)
    assert document.input.source == "photo.png"
    command = "python -m rnnformer_demo explain image photo.png --method occlusion --target "
    assert document.provenance.command == f"{command}{document.target} --seed 3"


def test_the_command_takes_a_text_that_looks_like_an_option():
    command = analyse("text", "-funny film", method="occlusion").provenance.command
    assert command.endswith(" --seed 0 -- '-funny film'")
    asked = _options(shlex.split(command)[3:])
    assert (asked.model, asked.input, asked.method) == ("text", "-funny film", "occlusion")


def test_the_document_says_which_part_of_the_photo_was_read():
    document = analyse("image", SOURCES["image"])  # 120 x 100 pixels
    assert document.input.box == (round(10 / 120, 6), 0.0, round(110 / 120, 6), 1.0)
    assert extend(from_json(to_json(document)), "attention").input == document.input
    assert analyse("text", SOURCES["text"]).input.box is None


def test_warnings_of_input_and_computation_come_together():
    reader = get("text").reader
    document = analyse("text", "good film " * reader.max_tokens)
    assert any("longer than this model reads" in warning for warning in document.warnings)
    assert predict("text", "good film " * reader.max_tokens).warnings


def test_a_checkpoint_is_loaded_once_even_by_many(monkeypatch, modality):
    loads = []
    original = registry.store.load
    monkeypatch.setattr(registry.store, "load", lambda *arguments: loads.append(1) or original(*arguments))
    monkeypatch.setattr(registry, "_loaded", {})
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda _: get(modality), range(16)))
    assert len(loads) == 1
    assert all(checkpoint is got[0] for checkpoint in got)


def test_the_model_that_was_used_longest_ago_makes_room(monkeypatch):
    monkeypatch.setattr(registry, "_loaded", {})
    monkeypatch.setenv("RNNFORMER_MODELS_KEPT", "2")
    monkeypatch.setattr(registry.store, "load", lambda name, _folder: name)
    monkeypatch.setattr(registry, "accelerate", lambda loaded, _folder: loaded)
    for name in ("a", "b", "a", "c"):
        assert get(name) == name
    assert [name for name, *_ in registry._loaded] == ["a", "c"]
    assert registry.loaded() == 2


def test_no_run_waits_for_that_of_another_context(monkeypatch, modality, source):
    checkpoint, held, begun = get(modality), threading.Event(), threading.Event()
    first, second = (Context(checkpoint, checkpoint.reader(source)) for _ in range(2))
    outputs_of = context_module.outputs_of

    def holding(model, inputs, *more):
        if inputs is first.sample.inputs:
            begun.set()
            held.wait()
        return outputs_of(model, inputs, *more)

    monkeypatch.setattr(context_module, "outputs_of", holding)
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(lambda: first.run)
        begun.wait()
        assert second.run.logits.shape == (3,)
        assert not slow.done()
        held.set()
    assert first.run is slow.result()


def test_eight_visitors_get_what_one_gets(modality, source):
    targets = ["no", "yes", "perhaps"] * 4
    alone = {target: analyse(modality, source, target=target) for target in targets[:3]}
    with ThreadPoolExecutor(8) as pool:
        together = list(pool.map(lambda target: analyse(modality, source, target=target), targets))
    for target, document in zip(targets, together, strict=True):
        assert document.prediction.logits == alone[target].prediction.logits
        assert document.attribution == alone[target].attribution


def test_what_a_report_raises_ends_the_analysis(modality, source):
    shares = []
    analyse(modality, source, ("attribution", "prefixes"), report=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] <= 1

    def stop(share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        analyse(modality, source, report=stop)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_models_analyse_within_the_promised_gap(name, monkeypatch):
    monkeypatch.delenv("RNNFORMER_CHECKPOINTS")
    modality = get(name).model.modality
    source = {"text": "A moving, funny and wonderful film.", "image": tiny.photo((300, 200))}[modality]
    document = analyse(name, source, ("attribution", "attention", "recurrence"))
    assert document.attribution.completeness_gap <= 0.01
    model = get(name).model
    assert len(document.attention.layers) == len(model.hook_points("attention"))
    assert len(document.recurrence) == len(model.hook_points("states"))


def test_a_document_stays_small(monkeypatch):
    monkeypatch.delenv("RNNFORMER_CHECKPOINTS")
    twenty = " ".join(
        ["A clumsy film with a big heart and an ending that nobody in the whole cinema saw coming at all"]
    )
    assert len(twenty.split()) == 20
    whole = analyse("sentiment-en", twenty, tuple(BUILDERS))
    assert len(to_json(whole)) <= 100_000
    long = analyse(
        "sentiment-en", "good film " * 300, ("attribution", "jacobian", *INTERNALS), method="gradient-x-input"
    )
    assert len(to_json(long)) <= 3_000_000
    assert all(recurrence.left_out for recurrence in long.recurrence)
    assert all("parts were run" in trajectory.left_out for trajectory in long.prefixes)
    assert service.predict("sentiment-en", twenty).attention is None
