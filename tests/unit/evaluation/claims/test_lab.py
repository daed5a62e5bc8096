"""What claims are measured with: networks, tasks, gradients, intervals and rules."""

import math

import pytest
import torch

from rnnformer_demo.evaluation.claims.lab import gradients, learning, live_training, networks, rules, statistics, timing
from rnnformer_demo.evaluation.claims.lab.result import FAILS, HOLDS, PARTLY, UNDECIDED, Quantity
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


def test_a_small_hybrid_is_shown_after_every_epoch(monkeypatch):
    monkeypatch.setattr(live_training, "EPOCHS", 2)
    monkeypatch.setattr(live_training, "_UPDATES", 3)
    said = []
    frames = list(live_training.train_live(0, said.append))
    assert [frame.epoch for frame in frames] == [0, 1, 2]
    assert said[-1] == 1.0
    assert list(live_training.train_live(0, said.append)) == frames
    length = len(frames[0].words)
    for frame in frames:
        assert [sum(row) for row in frame.attention] == pytest.approx([1.0] * length)
        assert {name: len(shares) for name, shares in frame.kept.items()} == {"LSTM": length, "GRU": length}
    assert frames[1].loss != frames[2].loss
