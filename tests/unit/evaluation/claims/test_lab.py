"""What claims are measured with: networks, tasks, gradients, intervals and rules."""

import base64
import gc
import io
import json
import math
import weakref
import zipfile

import pytest
import torch
from safetensors.torch import load as safetensors_of
from safetensors.torch import save

from rnnformer_demo.analysis.registry import get, lent
from rnnformer_demo.checkpoints import store
from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation.claims.lab import (
    gradients,
    journal,
    learning,
    live_training,
    networks,
    own_model,
    reviews,
    rules,
    sentences,
    statistics,
    sweep,
    timing,
)
from rnnformer_demo.evaluation.claims.lab.result import FAILS, HOLDS, PARTLY, UNDECIDED, Point, Quantity
from rnnformer_demo.evaluation.claims.lab.studies import paired
from rnnformer_demo.evaluation.claims.lab.tasks import FIRST, TASKS

LENGTH = 12


def drawn(name: str) -> tuple[list[list[int]], list[int]]:
    ids, labels = TASKS[name].draw(64, LENGTH, torch.Generator().manual_seed(0))
    return (ids - FIRST).tolist(), labels.tolist()


def innermost(row: list[int]) -> int:
    opened = []
    for token in row:
        if token < 2:
            opened.append(token)
        else:
            assert opened.pop() == token - 2, "a bracket closes another kind"
    return opened[-1]


def polarity(row: list[int]) -> int:
    (place,) = [step for step, token in enumerate(row) if token < 8]
    return row[place] % 2 ^ (8 in row[:place])


def value_asked(row: list[int]) -> int:
    (place,) = [step for step, token in enumerate(row[:-1]) if token == row[-1] and step % 2 == 0]
    return row[place + 1] - 8


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("brackets", innermost),
        ("copying", lambda row: row[0]),
        ("majority", lambda row: int(sum(row) > LENGTH / 2)),
        ("negation", polarity),
        ("recall", value_asked),
    ],
)
def test_labels_follow_the_rule_of_the_task(name, rule):
    rows, labels = drawn(name)
    assert [rule(row) for row in rows] == labels
    assert len(set(labels)) == TASKS[name].labels
    assert drawn(name) == (rows, labels)


@pytest.mark.parametrize("kind", networks.NETWORKS)
def test_networks_have_as_many_weights_as_an_attention_block(kind):
    expected = networks.weights_of(networks.AttentionLayer(networks.WIDTH))
    network = networks.network(kind)
    assert networks.weights_of(network) == pytest.approx(expected, rel=0.02)
    x = torch.randn(2, 5, networks.WIDTH)
    assert network(x).shape == x.shape


def test_small_models_have_about_as_many_weights_too():
    counts = [
        networks.weights_of(learning.build("text", learning.config_of(shape, "brackets")).core)
        for shape in learning.SHAPES
    ]
    assert max(counts) < 1.1 * min(counts)


def test_the_scan_of_the_min_gru_is_its_recurrence():
    torch.manual_seed(0)
    network, x = networks.MinGRU(6, 3), torch.randn(2, 40, 6)
    gate, candidate = network.gate(x).sigmoid(), network.candidate(x)
    candidate = torch.where(candidate >= 0, candidate + 0.5, candidate.sigmoid())
    state = torch.zeros(2, 3)
    for step in range(40):
        state = (1 - gate[:, step]) * state + gate[:, step] * candidate[:, step]
    torch.testing.assert_close(network(x)[0][:, -1], state)


def test_fused_attention_is_the_attention_written_out():
    written, fused = networks.AttentionLayer(16), networks.AttentionLayer(16, fused=True)
    fused.load_state_dict(written.state_dict(), strict=True)
    x = torch.randn(2, 7, 16)
    torch.testing.assert_close(fused(x), written(x))


def test_gradients_grow_by_the_spectral_radius_at_zero_states():
    torch.manual_seed(0)
    layer = networks.RecurrentLayer(networks.TANH, 8, 8)
    gradients.set_spectral_radius(layer.rnn, 2.0)
    layer.norm = torch.nn.Identity()
    norms = gradients.gradient_norms(layer, torch.zeros(2, 400, 8))
    assert math.log2(gradients.reach(norms)) == pytest.approx(398, abs=8)  # beyond 32 bits


def test_a_forget_bias_is_set_once():
    lstm = torch.nn.LSTM(3, 4)
    gradients.set_forget_bias(lstm, 3.0)
    assert (lstm.bias_ih_l0 + lstm.bias_hh_l0)[4:8].tolist() == [3.0] * 4


def test_learning_is_decided_by_its_seed_and_leaves_other_draws_alone():
    torch.manual_seed(5)
    expected = torch.rand(1)
    torch.manual_seed(5)
    course, config = learning.Course(updates=3, rows=40, noise=0.5), learning.config_of("hybrid", "majority")
    first, again, other = (learning.learn(config, "majority", course, seed, lambda share: None) for seed in (0, 0, 1))
    assert first.losses == again.losses != other.losses
    assert torch.rand(1) == expected
    assert len(first.trained_on[0]) == 40
    assert first.share_clipped(0.0) == 1.0


def test_memory_is_counted_at_its_highest():
    x = torch.zeros(1000)

    def work() -> None:
        for _ in range(3):
            (x + 1) * 2  # two of 4,000 bytes at once

    assert timing.peak_bytes(work) == pytest.approx(8000, rel=0.1)


def test_intervals_and_slopes():
    assert statistics.mean_interval([1.0, 2.0, 3.0]) == pytest.approx((2.0, -0.484, 4.484), abs=1e-3)
    assert statistics.mean_interval([1.0]) == (1.0, -math.inf, math.inf)
    assert statistics.ratio_interval([0.5, 2.0])[0] == pytest.approx(1.0)
    assert statistics.crossing([1, 2, 4, 8], [0.25, 0.5, 2.0, 4.0]) == pytest.approx(math.sqrt(8))
    assert statistics.crossing([1, 2], [0.25, 0.5]) is None


def test_a_paired_difference_has_its_interval():
    found = paired({"test": "t"}, 1000, 60, 40)
    assert (found.value, found.low, found.high) == pytest.approx((2.0, 0.044, 3.956), abs=1e-3)


def gain(low: float, high: float) -> Quantity:
    return Quantity("gain", {"task": "t", "length": 8, "against": "other"}, (low + high) / 2, low, high, "points", 3)


def test_rules_read_intervals():
    assert [rules.is_above(gain(*ends), 0, 1) for ends in ((1, 2), (-2, 0.9), (-1, 3))] == [HOLDS, FAILS, UNDECIDED]
    assert [rules.is_below(gain(*ends), 0) for ends in ((-2, -1), (0, 2), (-1, 3))] == [HOLDS, FAILS, UNDECIDED]
    assert rules.together([HOLDS, HOLDS]) == HOLDS
    assert rules.together([HOLDS, FAILS]) == PARTLY
    assert rules.together([UNDECIDED, FAILS, FAILS]) == FAILS
    assert rules.together([UNDECIDED, FAILS]) == UNDECIDED
    assert rules.together([]) == UNDECIDED
    assert rules.sentence(gain(1, 2), 1) == "t, length 8 against other: gain 1.5 points (1.0 to 2.0)"


@pytest.fixture
def brief(monkeypatch):
    """A live training of two epochs."""
    monkeypatch.setattr(live_training, "EPOCHS", 2)
    monkeypatch.setattr(live_training, "_UPDATES", 3)


def test_a_small_hybrid_is_shown_after_every_epoch(brief):
    said = []
    frames = list(live_training.LiveTraining(0).frames(said.append))
    assert [frame.epoch for frame in frames] == [0, 1, 2]
    assert said[-1] == 1.0
    assert list(live_training.LiveTraining(0).frames(said.append)) == frames
    length = len(frames[0].words)
    for frame in frames:
        assert [sum(row) for row in frame.attention] == pytest.approx([1.0] * length)
        assert {name: len(shares) for name, shares in frame.kept.items()} == {"LSTM": length, "GRU": length}
    assert frames[1].loss != frames[2].loss


def test_built_in_sentences_are_judged_by_a_word_and_turned_by_a_negation_before_it():
    words = sentences.WORDS
    judging = dict.fromkeys(words[2:12], True) | dict.fromkeys(words[12:22], False)
    turning = set(words[22:27])
    seen = set()
    for seed in range(4):
        ids, labels = sentences.draw(64, torch.Generator().manual_seed(seed))
        for row, label in zip(ids.tolist(), labels.tolist(), strict=True):
            named = [words[token] for token in row]
            (place,) = [step for step, word in enumerate(named) if word in judging]
            turned = bool(turning.intersection(named[:place]))
            assert sentences.LABELS[label] == ("positive" if judging[named[place]] != turned else "negative")
            seen |= set(named)
    assert seen == set(words) - {"[PAD]"}
    assert sentences.tokenizer().encode("It isn't GOOD, Xyzzy").tokens == ["it", "is", "n't", "good", ",", "[UNK]"]


def test_a_model_of_ones_own_is_the_one_that_was_trained(brief, tmp_path):
    training = live_training.LiveTraining(3)
    *_, last = training.frames(lambda share: None)
    own = own_model.keep(training.model, last.accuracy, training.tested, 3)
    assert len(own.weights) < 100_000
    assert own.entry["metrics"]["built-in sentences"]["n"] == training.tested
    restored = own_model.restore(own.weights)
    ids = sentences.ids_of(sentences.WATCHED)
    mask = torch.ones_like(ids, dtype=torch.bool)
    torch.testing.assert_close(restored.model(ids, mask), training.model(ids, mask), atol=0.02, rtol=0.01)  # 16 bits
    with zipfile.ZipFile(io.BytesIO(base64.b64decode(own.archive))) as archive:
        archive.extractall(tmp_path)
    unpacked = store.load("own", tmp_path / "own")
    assert torch.equal(unpacked.model(ids, mask), restored.model(ids, mask))
    assert unpacked.sha256 == restored.sha256
    assert unpacked.card["metrics"] == own.entry["metrics"]


def weights_of_own(kind: str = "") -> str:
    """The weights of an untrained model as the browser keeps them, damaged in a way."""
    weights = base64.b64decode(own_model.keep(live_training.LiveTraining(0).model, 0.5, 10, 0).weights)
    if kind == "cut":
        weights = weights[:-10]
    if kind == "infinite":
        tensors = safetensors_of(weights)
        next(tensor for tensor in tensors.values() if tensor.is_floating_point()).fill_(math.inf)
        weights = save(tensors)
    if kind == "another model's":
        weights = save({"weight": torch.zeros(2)})
    return base64.b64encode(weights).decode()


@pytest.mark.parametrize("kind", ["cut", "infinite", "another model's"])
def test_weights_that_are_none_of_a_model_of_ones_own_are_refused(kind):
    with pytest.raises(InputError, match="These are not the weights of a model that was trained here"):
        own_model.restore(weights_of_own(kind))


def test_what_is_no_base64_is_refused():
    with pytest.raises(InputError, match="These are not the weights"):
        own_model.restore("no base64 at all!")


def test_a_checkpoint_is_lent_within_a_block_alone():
    checkpoint = own_model.restore(weights_of_own())
    with lent(checkpoint):
        assert get("own") is checkpoint
        with lent(None), pytest.raises(InputError, match="There is no model 'own'"):
            get("own")
    with pytest.raises(InputError, match="There is no model 'own'"):
        get("own")


def test_a_journal_keeps_what_was_made(tmp_path):
    path, made = tmp_path / "kept.jsonl", []

    def make() -> list[float]:
        made.append(1)
        return [0.5, 1.0]

    for _ in range(2):
        with journal.journal(path):
            assert journal.kept({"seed": 0}, make) == [0.5, 1.0]
            assert journal.kept({"seed": 1}, make) == [0.5, 1.0]
        assert journal.spared() == 0.0
    assert len(made) == 2
    entries = [json.loads(line) | {"seconds": 3.0} for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(entry) + "\n" for entry in entries))
    with journal.journal(path):
        for _ in range(2):
            journal.kept({"seed": 0}, make)
        assert journal.spared() == 3.0  # once
    path.write_text(path.read_text()[:-5])  # as if it had been killed while it wrote
    with journal.journal(path):
        assert journal.kept({"seed": 0}, make) == journal.kept({"seed": 1}, make) == [0.5, 1.0]
    assert len(made) == 3
    journal.kept({"seed": 0}, make)  # without a journal nothing is kept
    assert len(made) == 4


def test_trainings_that_a_journal_holds_are_not_made_again(tmp_path, monkeypatch):
    variants = {"hybrid": sweep.Variant()}
    with journal.journal(tmp_path / "kept.jsonl"):
        first = sweep.sweep(variants, "majority", 2, 2, lambda share: None, rows=20)
    monkeypatch.setattr(learning, "learn", None)
    with journal.journal(tmp_path / "kept.jsonl"):
        assert sweep.sweep(variants, "majority", 2, 2, lambda share: None, rows=20) == first


def test_the_pareto_front_joins_what_nothing_beats_in_both():
    spots = [Point(3.0, 80.0), Point(1.0, 60.0), Point(2.0, 90.0), Point(2.0, 70.0), Point(4.0, 91.0)]
    assert [(spot.x, spot.y) for spot in sweep.front(spots)] == [(1.0, 60.0), (2.0, 90.0), (4.0, 91.0)]
    trials = {"a": [sweep.Trial(1, 0.6, 1.0)] * 2, "b": [sweep.Trial(1, 0.5, 2.0)] * 2}
    assert [series.name for series in sweep.pareto(trials, "t").series] == ["a", "b", sweep.FRONT]


def test_a_smaller_share_of_sentences_lies_within_a_larger_one():
    drawn = (torch.arange(100)[:, None], torch.arange(100))
    small, large = (set(reviews.share_of(drawn, share, 5)[1].tolist()) for share in (0.1, 0.3))
    assert (len(small), len(large)) == (10, 30)
    assert small < large


def test_gradients_are_watched_along_a_training():
    found = gradients.watch_training(networks.GRU, (0, 3), lambda share: None)
    assert list(found) == [0, 3]
    assert len(found[0]) == len(found[3]) == 32
    assert found[0] != found[3]


def test_a_profile_is_given_up_at_once(monkeypatch):
    profiles, events = [], []
    enter = torch.profiler.profile.__enter__

    def remembered(profile):
        profiles.append(enter(profile))
        events.append(weakref.ref(profile.profiler))
        return profile

    monkeypatch.setattr(torch.profiler.profile, "__enter__", remembered)
    gc.disable()
    try:
        timing.peak_bytes(lambda: torch.zeros(10) + 1)
        assert len(profiles) == 1
        assert events[0]() is None  # a gigabyte for 4,096 steps, which would wait for the collector
    finally:
        gc.enable()
