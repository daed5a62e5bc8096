"""Out-of-distribution detectors: their scores, their fitting, and the command that does it."""

import io
import json
import random
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import load_file

from rnnformer_demo.analysis.service import predict
from rnnformer_demo.checkpoints.cards import read_card
from rnnformer_demo.checkpoints.store import Checkpoint, about_of, load, save
from rnnformer_demo.cli import main
from rnnformer_demo.confidence.ood import (
    FEATURES,
    EnergyDetector,
    ExposedDetector,
    KNNDetector,
    Thresholds,
    features_of,
    mean_of_steps,
    restore,
)
from rnnformer_demo.data import InputError
from rnnformer_demo.data.photo_sets import PhotoSet
from rnnformer_demo.evaluation.reporting.model_tables import ood_table
from rnnformer_demo.interpret.trace import capture
from rnnformer_demo.training.config import OODConfig
from rnnformer_demo.training.ood.distances import examples_of, fit
from rnnformer_demo.training.ood.fit import fit_ood
from rnnformer_demo.training.ood.limits import PLANES, RECALL, fit_plane, thresholds, with_plane, with_threshold
from rnnformer_demo.training.ood.measuring import Measured, Measurement, measure
from rnnformer_demo.training.ood.photos import photo_batches
from rnnformer_demo.training.ood.pieces import LONGEST, OPENING, opening, pieces, with_final_sign
from rnnformer_demo.training.ood.reading import read_sets
from rnnformer_demo.training.ood.scoring import auroc
from rnnformer_demo.training.ood.sets import InputSet, OODSets
from rnnformer_demo.training.ood.synthetic import KINDS, SyntheticImages

every_feature = pytest.mark.parametrize(("modality", "feature"), tiny.FEATURES_OF)


def batches_of(checkpoint: Checkpoint, count: int, seed: int, inside: bool = True) -> InputSet:
    """Random inputs of several lengths; those from outside are of unknown words, or glaring."""
    lengths = [1 + index % 9 for index in range(count)]
    inputs, mask = tiny.inputs(checkpoint.model, lengths, seed)
    if not inside:
        inputs = mask.long() if checkpoint.model.modality == "text" else 4 * inputs
    name = f"{'inside' if inside else 'outside'} {seed}"
    return InputSet(name, lambda: zip(inputs.split(16), mask.split(16), strict=True))


@pytest.fixture(autouse=True)
def _few_tries(monkeypatch):
    """Small sets have few different pieces, for which there is no need to look long."""
    monkeypatch.setattr("rnnformer_demo.training.ood.pieces._TRIES", 1)


@pytest.fixture(scope="module")
def plain(saved, tmp_path_factory) -> dict[str, Checkpoint]:
    """For each modality a checkpoint without a signal. The backbone is drawn anew: as it is made, all photos look alike
    to it."""
    image = tiny.model("image", patches=False, image_size=64)
    for weights in image.backbone.parameters():
        if weights.dim() > 1:
            torch.nn.init.kaiming_normal_(weights)
    about = about_of(load("image", saved).card)
    folder = tmp_path_factory.mktemp("plain")
    return {
        "image": save("image", image, tiny.image_reader(64), about, folder=folder),
        "text": load("text", saved),
    }


@pytest.fixture(scope="module")
def fitted(plain, tmp_path_factory) -> dict[str, tuple[Checkpoint, OODSets]]:
    """For each modality a checkpoint with a signal, and the sets that it was fitted to."""
    folder = tmp_path_factory.mktemp("fitted")
    made = {}
    for modality, checkpoint in plain.items():
        sets = OODSets(
            training=batches_of(checkpoint, 60, 1),
            held_out=[batches_of(checkpoint, 41, 2)],
            in_distribution=[batches_of(checkpoint, 20, 3)],
            selection=[batches_of(checkpoint, 20, 4, inside=False)],
            far=[batches_of(checkpoint, 20, 5, inside=False)],
            near=[batches_of(checkpoint, 20, 6)],
        )
        made[modality] = fit_ood(checkpoint, sets, {"task": "ood"}, folder), sets
    return made


def scores(checkpoint: Checkpoint, inputs: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    with capture(checkpoint.model) as seen, torch.no_grad():
        checkpoint.model(inputs, mask)
    return torch.from_numpy(checkpoint.ood.scores(tiny.as_arrays(seen), mask.numpy()))


def scores_of(checkpoint: Checkpoint, some: InputSet) -> torch.Tensor:
    return torch.cat([scores(checkpoint, *batch) for batch in some.batches()])


@pytest.mark.parametrize(
    ("inside", "outside", "area"),
    [
        ([1, 2, 3], [4, 5], 1),
        ([4, 5], [1, 2, 3], 0),
        ([1, 3], [2, 4], 3 / 4),
        ([1, 1, 1], [1, 1], 1 / 2),
        ([1, 2], [2, 3], 7 / 8),
        ([0], [0, 1], 3 / 4),
    ],
)
def test_auroc_by_hand(inside, outside, area):
    assert auroc(torch.tensor(inside), torch.tensor(outside)) == area


few_scores = st.lists(st.integers(0, 6), min_size=1, max_size=9).map(torch.tensor)


@given(few_scores, few_scores)
def test_auroc_is_the_share_of_pairs_in_order(inside, outside):
    pairs = [(a > b) + (a == b) / 2 for a in outside.tolist() for b in inside.tolist()]
    assert auroc(inside, outside) == pytest.approx(sum(pairs) / len(pairs))
    assert auroc(inside.exp(), outside.exp()) == auroc(inside, outside)


def sources(count: int, steps: int, seed: int, shift: float = 0.0) -> Measured:
    """Inputs of two classes by the two-covariance model: between has variance 0.25, within 1."""
    generator = torch.Generator().manual_seed(seed)
    centres = torch.tensor([[0.0, 0.0, 0.0], [8.0, 0.0, 0.0]])[torch.arange(count) % 2] + shift
    of_source = centres + 0.5 * torch.randn(count, 3, generator=generator)
    vectors = of_source[:, None] + torch.randn(count, steps, 3, generator=generator)
    means = vectors.mean(1)
    deviations = (vectors - means[:, None]).flatten(0, 1).double()
    return Measured(means, torch.full((count,), steps), deviations.T @ deviations)


def measured(part: Measured, feature: str = "tokens") -> Measurement:
    """What was measured of inputs that have one feature alone."""
    nothing = torch.zeros(0)
    return Measurement({feature: part}, nothing, nothing, nothing, part.steps)


def joined(*parts: Measured) -> Measured:
    return Measured(
        torch.cat([part.means for part in parts]),
        torch.cat([part.steps for part in parts]),
        sum(part.scatter for part in parts),
    )


def test_the_fit_recovers_both_variances_and_allows_for_length():
    signal = fit("tokens", joined(sources(2000, 5, 1), sources(2000, 40, 2)), torch.arange(4000) % 2)
    torch.testing.assert_close(signal.centres, torch.tensor([[0.0, 0, 0], [8.0, 0, 0]]), atol=0.05, rtol=0)
    torch.testing.assert_close(signal.between, torch.full((3,), 0.25), atol=0.05, rtol=0)
    torch.testing.assert_close(signal.whitening @ signal.whitening.T, torch.eye(3), atol=0.05, rtol=0)
    for steps in (1, 5, 40, 400):
        some = sources(1000, steps, 3)
        assert signal.distances(some.means, some.steps).mean() == pytest.approx(1, abs=0.1)
        foreign = sources(1000, steps, 4, shift=4.0)
        assert auroc(*(signal.distances(one.means, one.steps) for one in (some, foreign))) > 0.95


def test_inputs_of_one_step_are_told_by_their_spread():
    single = sources(3000, 1, 1)
    signal = fit("pooled", replace(single, scatter=torch.zeros(3, 3)), torch.arange(3000) % 2)
    assert signal.distances(single.means, single.steps).mean() == pytest.approx(1, abs=0.05)
    torch.testing.assert_close(signal.whitening @ signal.whitening.T, torch.eye(3) / 1.25, atol=0.05, rtol=0)


def test_classes_that_are_seldom_named_share_a_centre():
    some = sources(40, 5, 1)
    classes = torch.cat([torch.arange(20) % 2, torch.arange(2, 22)])  # two are named ten times, twenty once
    assert len(fit("tokens", some, classes).centres) == 3


def test_inputs_that_are_all_alike_fit_nothing():
    alike = Measured(torch.ones(5, 3), torch.ones(5), torch.zeros(3, 3))
    with pytest.raises(InputError, match=r"The training inputs are too few or too much alike \(5\): give more"):
        fit("pooled", alike, torch.zeros(5, dtype=torch.long))


@every_feature
def test_the_mean_of_steps_counts_real_steps_only(modality, model, feature):
    inputs, mask = tiny.inputs(model, [3, 7, 1])
    with capture(model) as seen:
        model(inputs, mask)
    vectors, real = FEATURES[feature].read(seen, mask)
    assert vectors.shape == (*real.shape, FEATURES[feature].width(model.config))
    means, steps = mean_of_steps(vectors, real)
    for index in range(3):
        torch.testing.assert_close(means[index], vectors[index, real[index]].mean(0))
        assert steps[index] == real[index].sum()


def test_texts_are_told_by_what_is_read_and_what_is_made_of_it():
    model, (inputs, mask) = tiny.model("text"), tiny.inputs(tiny.model("text"), [3, 7])
    with capture(model) as seen, torch.no_grad():
        model(inputs, mask)
    vectors, steps = features_of(model.config)["joint"].read(seen, mask)
    tokens = [model.embedding(ids[:length]).detach() for ids, length in zip(inputs, (3, 7), strict=True)]
    means = torch.stack([torch.cat([one.mean(0), one.norm(dim=-1).mean(0, keepdim=True)]) for one in tokens])
    assert vectors.shape == (2, 1, features_of(model.config)["joint"].width(model.config))
    torch.testing.assert_close(vectors[:, 0], torch.cat([seen["pooled"], means], -1))
    assert steps.tolist() == [[True], [True]]
    assert "joint" not in features_of(tiny.model("image").config)


@every_feature
def test_a_score_depends_on_the_input_alone(modality, fitted, feature):
    checkpoint, _ = fitted[modality]
    checkpoint = replace(checkpoint, ood=tiny.ood_signal(checkpoint.model, feature, 0.3))
    inputs, mask = tiny.inputs(checkpoint.model, [3, 9, 1, 6])
    together = scores(checkpoint, inputs, mask)
    assert len(together.unique()) == 4
    turned = scores(checkpoint, inputs.flip(0), mask.flip(0)).flip(0)
    torch.testing.assert_close(turned, together, atol=1e-5, rtol=1e-4)
    for index, steps in enumerate(mask.sum(1).tolist()):
        cut = steps if modality == "text" else inputs.shape[1]
        alone = scores(checkpoint, inputs[index : index + 1, :cut], mask[index : index + 1, :steps])
        torch.testing.assert_close(alone, together[index : index + 1], atol=1e-5, rtol=1e-4)


def test_the_threshold_lets_the_promised_share_pass(modality, fitted):
    checkpoint, sets = fitted[modality]
    record = checkpoint.card["ood"]
    passed = (scores_of(checkpoint, sets.held_out[0]) <= 1 + 1e-5).double().mean().item()
    assert RECALL <= passed <= RECALL + 1 / 41
    assert (record["threshold"], record["n"]) == (checkpoint.ood.threshold.entry(), 41)
    assert record["recall"] == pytest.approx(passed)


def test_the_threshold_lets_the_promised_share_of_each_source_pass():
    some, sharper = sources(100, 5, 1), sources(10, 5, 2, shift=1.0)
    signal = fit("tokens", some, torch.arange(100) % 2)
    told = [measured(part) for part in (some, sharper)]
    limits = with_threshold(signal, told).threshold
    assert limits.values == with_threshold(signal, told[1:]).threshold.values
    assert limits.values > with_threshold(signal, told[:1]).threshold.values


def test_the_card_says_what_was_measured(modality, fitted):
    checkpoint, sets = fitted[modality]
    record = checkpoint.card["ood"]
    neighbour = {"neighbour"} if modality == "text" else set()
    assert set(record["selection"]) == {*features_of(checkpoint.model.config), "energy", *neighbour}
    worst = {feature: min(areas.values()) for feature, areas in record["selection"].items()}
    assert record["feature"] == checkpoint.ood.feature == max(worst, key=worst.get)
    assert record["signal"] == checkpoint.ood.about
    assert (record["fitted_on"], record["recipe"]) == (60, {"task": "ood"})
    inside, outside = (scores_of(checkpoint, some) for some in (sets.in_distribution[0], sets.far[0]))
    far, near = record["auroc"]["outside 5"], record["auroc"]["inside 6"]
    assert (far["kind"], near["kind"]) == ("far", "near")
    assert far["auroc"] == pytest.approx(auroc(inside, outside), abs=0.01)
    assert far["flagged"] == pytest.approx((outside > 1).double().mean().item(), abs=0.06)
    assert far["auroc"] > max(0.7, near["auroc"])
    assert (far["n_in"], far["n_out"]) == (20, 20)
    assert record["inside"]["inside 3"]["recall"] == pytest.approx((inside <= 1).double().mean().item(), abs=0.06)
    assert 0 <= far["auroc_of_confidence"] <= 1


def test_energy_is_low_where_a_class_is_spoken_for(modality, fitted):
    checkpoint, sets = fitted[modality]
    told = replace(checkpoint, ood=EnergyDetector(Thresholds.constant(-1.5)))
    inputs, mask = next(sets.in_distribution[0].batches())
    with torch.no_grad():
        logits = checkpoint.model(inputs, mask)
    torch.testing.assert_close(scores(told, inputs, mask), 4.4816891 / logits.exp().sum(-1), atol=1e-4, rtol=1e-4)


def test_an_energy_is_kept_with_its_threshold(plain, tmp_path):
    checkpoint = plain["text"]
    about = about_of(checkpoint.card) | {"ood": {"feature": "energy", "threshold": -2.5}}
    arguments = (checkpoint.model, checkpoint.reader, about, checkpoint.temperature, "fun", tmp_path)
    detector = EnergyDetector(Thresholds.constant(-2.5))
    assert save("told", *arguments, detector).ood == detector
    with pytest.raises(ValueError, match=r"tensors of ood must be none for the energy, got \['ood.centres'\]"):
        restore(about["ood"], {"ood.centres": torch.ones(1)}, checkpoint.model.config)
    with pytest.raises(ValueError, match="threshold must be a number above -inf"):
        restore({"feature": "energy", "threshold": float("nan")}, {}, checkpoint.model.config)


def test_a_neighbour_is_near_where_it_points_the_same_way():
    signal = KNNDetector(torch.tensor([[2.0, 0.0], [0.0, 0.5]]), Thresholds.constant(0.25))
    pooled = torch.tensor([[0.1, 0.0], [0.0, 7.0], [1.0, 1.0], [-3.0, -3.0]])
    expected = torch.tensor([0.0, 0.0, 1 - 0.5**0.5, 1 + 0.5**0.5])
    torch.testing.assert_close(signal.distances(pooled), expected)
    torch.testing.assert_close(signal.scores({"pooled": pooled}, torch.ones(4, 1, dtype=torch.bool)), expected / 0.25)


def test_neighbours_are_kept_with_their_threshold(plain, fitted, tmp_path):
    checkpoint, (_, sets) = plain["text"], fitted["text"]
    card = {"feature": "neighbour", "threshold": 0.25}
    examples = torch.randn(5, checkpoint.model.core.width_pooled).half().float()
    arguments = (checkpoint.model, checkpoint.reader, about_of(checkpoint.card) | {"ood": card}, checkpoint.temperature)
    told = save("told", *arguments, "fun", tmp_path, KNNDetector(examples, Thresholds.constant(0.25)))
    assert np.array_equal(told.ood.examples, examples)
    assert told.ood.threshold == Thresholds.constant(0.25)
    inputs, mask = next(sets.in_distribution[0].batches())
    torch.testing.assert_close(scores(told, inputs[:1], mask[:1]), scores(told, inputs, mask)[:1], atol=1e-5, rtol=1e-4)
    for wrong in ({}, {"ood.examples": examples[:0]}, {"ood.examples": examples[:, 1:]}, {"ood.centres": examples}):
        with pytest.raises(ValueError, match=r"tensors of ood must be 'ood.examples' of shape \(N, \d+\), got"):
            restore(card, wrong, checkpoint.model.config)


def test_examples_are_spread_over_all_training_inputs():
    pooled = torch.arange(2000.0)[:, None]  # whole numbers that 16 bits hold
    chosen = examples_of(pooled)
    assert len(chosen) == len(chosen.unique(dim=0)) == 1000
    assert (chosen[0], chosen[-1]) == (pooled[0], pooled[-1])
    assert torch.equal(examples_of(pooled[:7]), pooled[:7])


def test_fitting_leaves_the_weights_and_the_rest_of_the_card_as_they_are(modality, fitted, plain):
    checkpoint, _ = fitted[modality]
    for name, tensor in plain[modality].model.state_dict().items():
        assert torch.equal(checkpoint.model.state_dict()[name], tensor), name
    assert {key: value for key, value in checkpoint.card.items() if key != "ood"} == plain[modality].card


def table(folder: Path, name: str, texts: list[str]) -> str:
    path = folder / f"{name}.tsv"
    rows = [f"{text}\t{index % 2}" for index, text in enumerate(texts)]
    path.write_text("\n".join(["text\tlabel", *rows]), encoding="utf-8")
    return str(path)


@pytest.fixture
def files(tmp_path) -> dict[str, str]:
    """Tables of made-up sentences; those from elsewhere are of letters that the model does not know."""
    words = " ".join(tiny.SENTENCES).split()
    chooser = random.Random(0)
    texts = {" ".join(chooser.choices(words, k=chooser.randint(4, 12))) for _ in range(140)}
    some = sorted(texts)
    return {
        "data": table(tmp_path, "data", some[:90]),
        "in_distribution": table(tmp_path, "inside", some[90:]),
        "selection_ood": table(tmp_path, "select", [f"good ☃ ☂ ☃ {index}" for index in range(20)]),
        "far_ood": table(tmp_path, "far", [f"☃ film ☂ ☃ {index}" for index in range(20)]),
    }


def read(batches: InputSet) -> set[tuple[int, ...]]:
    return {tuple(row[real].tolist()) for ids, mask in batches.batches() for row, real in zip(ids, mask, strict=True)}


def test_texts_are_split_as_in_training_and_drawn_once(files, saved):
    checkpoint = load("text", saved)
    given_files = {key: (file,) for key, file in files.items()}
    sets = read_sets(checkpoint, OODConfig(name="text", **given_files, shuffled=True))
    rows = Path(files["data"]).read_text(encoding="utf-8").splitlines()[1:]
    texts = {row.split("\t")[0] for row in rows}
    trained, held_out = (texts & set(one.texts) for one in (sets.training, sets.held_out[1]))
    assert not trained & held_out
    assert (len(trained), len(held_out)) == (81, 9)
    assert not set(sets.selection[0].texts) & set(sets.exposure[0].texts)
    assert [one.name for one in (*sets.in_distribution, *sets.selection, *sets.far, *sets.near)][3] == "shuffled words"
    words, shuffled = ({tuple(sorted(ids)) for ids in read(some)} for some in (sets.in_distribution[0], sets.near[0]))
    assert words == shuffled
    assert read(sets.in_distribution[0]) != read(sets.near[0])
    again = read_sets(checkpoint, OODConfig(name="text", **given_files))
    assert read(sets.in_distribution[0]) == read(again.in_distribution[0])


def count(some: InputSet) -> int:
    return sum(len(mask) for _, mask in some.batches())


@pytest.fixture
def few_pictures(monkeypatch):
    """Drawing hundreds takes seconds."""
    monkeypatch.setattr("rnnformer_demo.training.ood.synthetic.COUNT", 6)


def save_photos(folder: Path, *seeds: int) -> None:
    folder.mkdir(parents=True)
    for seed in seeds:
        tiny.photo((80, 70), seed).save(folder / f"{seed}.png")


@pytest.fixture
def zoo(tmp_path) -> str:
    """Photos of two classes and of one to leave out; a photo of the latter's test is one of its training, smaller."""
    for number, name in enumerate(("cat", "dog", "noise")):
        save_photos(tmp_path / "zoo" / "train" / name, *range(20 * number, 20 * number + 10))
        save_photos(tmp_path / "zoo" / "test" / name, *range(20 * number + 10, 20 * number + 14))
    tiny.photo((80, 70), 43).resize((64, 56)).save(tmp_path / "zoo" / "test" / "noise" / "again.jpg", quality=80)
    return str(tmp_path / "zoo")


def test_photos_are_split_as_in_training_and_dropped_classes_are_another_kind(plain, zoo):
    checkpoint = replace(plain["image"], card=plain["image"].card | {"recipe": {"seed": 3}})
    sets = read_sets(checkpoint, OODConfig(name="image", data=[zoo], in_distribution=[zoo], exclude_classes=("noise",)))
    assert (count(sets.training), count(sets.held_out[0])) == (18, 2)
    assert [(one.name, count(one)) for one in sets.in_distribution] == [("zoo test", 8)]
    assert [(one.name, count(one)) for one in sets.selection] == [("classes left out", 5)]
    assert [(one.name, count(one)) for one in sets.exposure] == [("classes left out, shown", 5)]
    assert [(one.name, count(one)) for one in sets.far] == [("zoo test, classes left out", 4)]
    inputs, mask = next(sets.training.batches())
    assert inputs.shape[1:] == (3, 64, 64)
    assert mask.all()
    shown, chosen_on = (torch.cat([batch for batch, _ in some.batches()]) for some in (*sets.exposure, *sets.selection))
    assert not any(torch.equal(one, other) for one in shown for other in chosen_on)


def test_a_distilled_model_is_shown_some_classes_that_it_has_no_name_for_and_tested_on_others(plain, zoo):
    checkpoint = replace(plain["image"], card=plain["image"].card | {"distillation": {}})
    classes = {"exclude_classes": ("noise", "dog"), "never_shown": ("dog",)}
    sets = read_sets(checkpoint, OODConfig(name="image", data=[zoo], in_distribution=[zoo], **classes))
    assert count(sets.training) + count(sets.held_out[0]) == 10  # cats
    assert [(one.name, count(one)) for one in sets.in_distribution] == [("zoo test", 4)]
    (exposed,), (chosen_on,) = sets.exposure, sets.selection
    assert (exposed.name, chosen_on.name) == ("classes left out, shown", "classes left out")
    assert 0 < count(exposed) + count(chosen_on) <= 10
    names = ["zoo test, classes left out", "zoo test, classes never shown"]
    assert [(one.name, count(one)) for one in sets.far] == [(names[0], 4), (names[1], 4)]
    with pytest.raises(InputError, match="No set of photos has a class 'bird' to leave out"):
        read_sets(checkpoint, OODConfig(name="image", data=[zoo], in_distribution=[zoo], exclude_classes=("bird",)))


def test_photos_elsewhere_are_foreign_where_no_name_of_theirs_is_known_and_nothing_like_them_was_seen(
    plain, zoo, tmp_path, few_pictures
):
    known = plain["image"].labels[0]
    for name, seeds in ((known.upper(), (70, 71)), ("tabby", (72, 73)), ("bus", (43, 74, 75, 76)), ("tram", (50,))):
        save_photos(tmp_path / "street" / name, *seeds)
    (tmp_path / "street" / "tram" / "damaged.png").write_bytes(b"no photo")
    (tmp_path / "index").mkdir()
    tiny.photo((80, 70), 90).save(tmp_path / "index" / "a.png")
    (tmp_path / "index" / "index.csv").write_text("path,photographer\na.png,nobody\n", encoding="utf-8")
    config = OODConfig(
        name="image",
        data=[zoo],
        in_distribution=[zoo],
        exclude_classes=("noise",),
        known_classes=("Tabby",),
        far_ood=(str(tmp_path / "street"), str(tmp_path / "index")),
        near_ood=("made:noise",),
    )
    sets = read_sets(plain["image"], config)
    assert [(one.name, count(one)) for one in sets.far[:2]] == [("street", 4), ("index", 1)]
    assert count(sets.near[0]) == 6


def test_a_set_to_choose_on_and_to_test_on_is_read_in_parts(plain, zoo, tmp_path, few_pictures):
    save_photos(tmp_path / "street" / "bus", *range(100, 124))
    street = str(tmp_path / "street")
    config = OODConfig(
        name="image",
        data=[zoo],
        in_distribution=[zoo],
        exclude_classes=("noise",),
        selection_ood=("made:patterns", street),
        far_ood=(street,),
    )
    sets = read_sets(plain["image"], config)
    names = ["patterns", "street", "classes left out"]
    assert [one.name for one in sets.selection] == names
    assert [one.name for one in sets.exposure] == [f"{name}, shown" for name in names]
    assert [one.name for one in sets.far] == ["street test", "zoo test, classes left out"]
    assert [count(one) for one in (sets.exposure[0], sets.selection[0])] == [3, 3]
    parts = [
        [photo.numpy().tobytes() for batch, _ in one.batches() for photo in batch]
        for one in (sets.exposure[1], sets.selection[1], sets.far[0])
    ]
    assert min(map(len, parts)) > 0
    assert sum(map(len, parts)) == len({photo for part in parts for photo in part}) == 24


def test_pictures_are_made_by_kind_and_number():
    for kind in KINDS:
        made, again = SyntheticImages(f"made:{kind}"), SyntheticImages(f"made:{kind}")
        files = [made.read(row.path) for row in made.rows[:8]]
        assert len(set(files)) == 8
        assert files[0] == again.read(again.rows[0].path)
        assert Image.open(io.BytesIO(files[0])).size == (256, 256)
    with pytest.raises(InputError, match="No pictures 'made:cats' can be made, only made:noise, "):
        SyntheticImages("made:cats")


def test_what_a_model_was_distilled_on_is_split_by_pools(plain, tmp_path):
    checkpoint = replace(plain["image"], card=plain["image"].card | {"distillation": {}})
    pools = []
    for name in ("zoo", "farm"):
        (tmp_path / name / "cat").mkdir(parents=True)
        for index in range(30):
            tiny.photo((80, 70), index).save(tmp_path / name / "cat" / f"{index}.png")
        pools.append(str(tmp_path / name))
    config = OODConfig(
        name="image", data=pools, in_distribution=pools, selection_ood=("made:noise",), far_ood=("made:drawings",)
    )
    sets = read_sets(checkpoint, config)
    parts = [
        sum(len(mask) for _, mask in one.batches()) for one in (sets.training, *sets.held_out, *sets.in_distribution)
    ]
    assert sum(parts) == 60
    assert min(parts) > 0
    assert len(sets.held_out) == 2
    assert [one.name for one in (*sets.in_distribution, *sets.selection, *sets.far)] == [
        *("zoo test", "farm test"),
        *("noise", "drawings"),
    ]


def test_a_photo_that_does_not_open_is_left_out_and_named(plain, tmp_path, capsys):
    (tmp_path / "zoo" / "cat").mkdir(parents=True)
    for index in range(3):
        tiny.photo((80, 70), index).save(tmp_path / "zoo" / "cat" / f"{index}.png")
    (tmp_path / "zoo" / "cat" / "3.png").write_bytes(b"")
    zoo = PhotoSet(tmp_path / "zoo")
    ((inputs, _),) = photo_batches(plain["image"], [(zoo, row) for row in zoo.rows])
    assert len(inputs) == 3
    assert "cat/3.png is left out: The file is empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("modality", "options", "sentence"),
    [
        ("text", {"far_ood": "select"}, "select is named twice: choose on one set and test on another"),
        (
            "text",
            {"selection_ood": ()},
            "Name inputs of other kinds: with --selection-ood and --far-ood",
        ),
        (
            "text",
            {"exclude_classes": ("cat",)},
            "--exclude-classes and --known-classes are for photos: leave texts out with --exclude-texts",
        ),
        ("text", {"known_classes": ("cat",)}, "--exclude-classes and --known-classes are for photos"),
        ("image", {"shuffled": True}, "--exclude-texts and --shuffled are for texts"),
        ("image", {"exclude_texts": ("a.tsv",)}, "--exclude-texts and --shuffled are for texts"),
        ("image", {"data": ("a", "b")}, "This model of photos is trained on one folder or zip, got 2"),
        ("image", {"never_shown": ("cat",)}, "--never-shown must name classes of --exclude-classes, got 'cat'"),
        ("image", {}, r"data\.tsv must be a folder or a zip"),
        ("text", {"far_ood": ("nosuch.tsv",)}, r"There is no file nosuch\.tsv"),
        ("text", {"touched": ("elsewhere",)}, "There is no test 'elsewhere' to be touched: there is"),
    ],
)
def test_sets_that_cannot_be_used_get_a_sentence(files, saved, modality, options, sentence):
    given_files = {key: (file,) for key, file in files.items()}
    if options.get("far_ood") == "select":
        options = {"far_ood": (files["selection_ood"],)}
    with pytest.raises(InputError, match=sentence):
        read_sets(load(modality, saved), OODConfig(name="text", **given_files | options))


def arguments(files: dict[str, str]) -> list[str]:
    return [part for key, file in files.items() for part in (f"--{key.replace('_', '-')}", file)]


def test_the_command_makes_a_checkpoint_that_knows_what_it_does_not_know(files, saved, tmp_path, capsys):
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    for path in saved.glob("text.*"):
        (folder / path.name).write_bytes(path.read_bytes())
    options = ["--shuffled", "--touched", "shuffled words", "--checkpoints", str(folder)]
    command = ["train", "ood", "--name", "text", *arguments(files), *options]
    assert main([*command, "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    checkpoint = load("text", folder)
    assert said == {"name": "text", "bytes": checkpoint.size, "ood": checkpoint.card["ood"]}
    stage = said["ood"]["recipe"]
    assert (stage["task"], stage["name"], stage["data"], stage["shuffled"]) == ("ood", "text", [files["data"]], True)
    assert said["ood"]["auroc"][f"{tmp_path.name} far"]["auroc"] > 0.9
    assert [name for name, test in said["ood"]["auroc"].items() if test.get("touched")] == ["shuffled words"]
    assert ood_table(folder).count("†") == 1
    before, after = (load_file(place / "text.safetensors") for place in (saved, folder))
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert {name.split(".")[0] for name in after.keys() - before.keys()} == {"ood"}
    assert predict(checkpoint, "film " + "☃ ☂ " * 9).prediction.ood.in_domain is False
    assert predict(checkpoint, "the actors are good but the plot is bad").prediction.ood.in_domain is True
    assert main(command) == 0
    assert "AUROC against" in capsys.readouterr().out


def test_the_command_answers_bad_input_with_a_sentence(files, saved, capsys):
    options = ["--checkpoints", str(saved), "--json"]
    assert main(["train", "ood", "--name", "nosuch", *arguments(files), *options]) == 2
    assert "There is no model 'nosuch'" in json.loads(capsys.readouterr().out)["error"]
    assert main(["train", "ood", "--name", "text", "--data", files["data"], *options]) == 2
    assert "--in-distribution" in json.loads(capsys.readouterr().out)["error"]


def test_thresholds_are_those_of_the_length():
    limits = Thresholds((2, 4, 8), (3.0, 2.0, 1.0))
    assert limits.at(torch.tensor([1, 2, 3, 4, 7, 8, 100]), torch.ones(1)).tolist() == [3, 3, 3, 2, 2, 1, 1]
    assert Thresholds.restore(limits.entry()) == limits
    assert Thresholds.restore(0.7) == Thresholds.constant(0.7)  # as older cards have it
    assert Thresholds.constant(0.7).entry() == 0.7


@pytest.mark.parametrize("entry", [0, "1", float("nan"), {"lengths": [1, 2], "values": [1.0, 0.0]}, {"lengths": [1]}])
def test_thresholds_that_are_none_are_refused(entry):
    with pytest.raises(ValueError, match="threshold must be a number above 0, got"):
        Thresholds.restore(entry, 0)


@pytest.mark.parametrize("entry", [{"lengths": [2, 1], "values": [1.0, 1.0]}, {"lengths": [1], "values": [1.0, 1.0]}])
def test_lengths_must_ascend_and_have_a_value_each(entry):
    with pytest.raises(ValueError, match="lengths must ascend and have a value each"):
        Thresholds.restore(entry)


def test_each_length_gets_the_smallest_threshold_that_lets_the_share_pass():
    lengths = torch.tensor([1] * 100 + [5] * 100 + [20] * 10)
    strangeness = torch.cat([torch.arange(100.0), 100 + torch.arange(100.0), torch.full((10,), 1e3)])
    limits = thresholds([(strangeness, lengths)], recall=0.9)
    assert limits == Thresholds((1, 4), (90.0, 190.0))  # of 20 tokens there are too few inputs
    sharper = (strangeness[:100] + 7, lengths[:100])
    assert thresholds([(strangeness, lengths), sharper], recall=0.9) == Thresholds((1, 4), (97.0, 190.0))


def kinds_apart(shift: float, seed: int) -> Measurement:
    """Inputs of 3 features, those of another kind shifted along the first alone."""
    generator = torch.Generator().manual_seed(seed)
    means = torch.randn(400, 3, generator=generator) + torch.tensor([shift, 0.0, 0.0])
    part = Measured(means, torch.ones(400, dtype=torch.long), torch.zeros(3, 3, dtype=torch.double))
    return measured(part, "joint")


def test_a_plane_lies_between_what_was_trained_on_and_what_was_shown():
    training, held_out, shown = kinds_apart(0, 1), kinds_apart(0, 2), kinds_apart(2, 3)
    plane = fit_plane(PLANES["text"], training, [shown])
    assert plane[0] > 5 * plane[1:3].abs().max()
    assert -plane[3] / plane[0] == pytest.approx(1, abs=0.15)  # halfway
    distance = fit("joint", training.features["joint"], torch.zeros(400, dtype=torch.long))
    detector = with_plane(distance, PLANES["text"], plane, [held_out])
    alone = with_threshold(distance, [held_out])
    other, far = kinds_apart(2, 4).features["joint"], kinds_apart(-8, 5).features["joint"]

    def flagged(part: Measured) -> float:
        by_plane = detector.scores_beyond(part.means, part.steps)
        by_distance = detector.distance.distances(part.means, part.steps) / detector.threshold.at(
            part.steps, part.means
        )
        return (torch.maximum(by_plane, by_distance) > 1).double().mean().item()

    of_distance = (
        (alone.distances(other.means, other.steps) > alone.threshold.at(other.steps, other.means))
        .double()
        .mean()
        .item()
    )
    assert flagged(held_out.features["joint"]) <= 1 - RECALL + 1e-6
    assert flagged(other) > of_distance
    assert flagged(far) == 1  # on the near side of the plane, but far away


def test_a_plane_is_kept_beside_its_distance(plain, tmp_path):
    checkpoint = plain["text"]
    distance = tiny.ood_signal(checkpoint.model, "tokens", 0.5)
    width = features_of(checkpoint.model.config)["joint"].width(checkpoint.model.config)
    plane = torch.linspace(-1, 1, width + 1).half().float()
    beyond, reach = Thresholds((1, 4), (0.5, 0.25)), Thresholds((1, 4), (2.0, 4.0))
    detector = ExposedDetector(distance, "joint", plane, beyond, reach)
    entry = {"feature": "joint", "threshold": beyond.entry(), "reach": reach.entry()}
    card = {"feature": "tokens", "threshold": 0.5, "plane": entry}
    about = about_of(checkpoint.card) | {"ood": card}
    told = save("told", checkpoint.model, checkpoint.reader, about, checkpoint.temperature, "fun", tmp_path, detector)
    assert np.array_equal(told.ood.plane, plane)
    assert (told.ood.beyond, told.ood.reach, told.ood.threshold) == (beyond, reach, Thresholds.constant(0.5))
    assert told.sha256 == checkpoint.sha256
    inputs, mask = tiny.inputs(checkpoint.model, [3, 9, 1, 6])
    with capture(checkpoint.model) as seen, torch.no_grad():
        checkpoint.model(inputs, mask)
    means, _ = mean_of_steps(*FEATURES["joint"].read(seen, mask))
    values = means @ plane[:-1] + plane[-1]
    by_plane = 1 + (values - torch.tensor([0.5, 0.25, 0.5, 0.25])) / torch.tensor([2.0, 4.0, 2.0, 4.0])
    by_distance = torch.from_numpy(distance.scores(tiny.as_arrays(seen), mask.numpy()))
    expected = torch.maximum(by_plane, by_distance)
    torch.testing.assert_close(scores(told, inputs, mask), expected, atol=1e-5, rtol=1e-4)
    for other, tensor, sentence in (
        (entry, plane[1:], r"the tensor 'ood.plane' must have shape \(\d+,\)"),
        (entry | {"feature": "texture"}, plane, "the feature of plane must be one of .*, got 'texture'"),
        ({"feature": "joint"}, plane, "plane must have feature, threshold and reach, got"),
    ):
        with pytest.raises(ValueError, match=sentence):
            restore(card | {"plane": other}, distance.tensors() | {"ood.plane": tensor}, checkpoint.model.config)


def test_pieces_are_parts_of_their_texts_of_all_lengths(monkeypatch):
    monkeypatch.setattr("rnnformer_demo.training.ood.pieces._TRIES", 20)
    reader = tiny.text_reader()
    texts = [" ".join(tiny.SENTENCES), "fun , good ! bad"]
    some = pieces(texts, 60, reader, "a")
    assert len(some) == len(set(some)) == 60
    assert all(any(piece in text for text in texts) for piece in some)
    lengths = {len(reader.words(piece)) for piece in some}
    assert {1, 2, 3} < lengths
    assert max(lengths) <= LONGEST
    assert not any(piece[-1] in ".,!?" for piece in some)
    assert pieces(texts, 60, reader, "a") == some != pieces(texts, 60, reader, "b")
    assert pieces(["fun"], 5, reader, "a") == ["fun"]
    assert pieces([], 5, reader, "a") == []


def test_a_final_sign_is_of_the_script_of_its_piece():
    assert all(text[-1] in ".!?" for text in with_final_sign(["good"] * 20, "a"))
    assert {text[-1] for text in with_final_sign(["不错"] * 20, "a")} == {"。", "！", "？"}


def test_an_opening_is_the_first_words_of_a_text():
    reader = tiny.text_reader()
    assert opening("good film", reader) == "good film"
    assert opening("bad " * 50, reader) == " ".join(["bad"] * OPENING)


def test_a_flag_is_worth_what_was_measured_elsewhere(plain, fitted, tmp_path):
    checkpoint, (_, sets) = plain["text"], fitted["text"]
    some = batches_of(checkpoint, 30, 7), batches_of(checkpoint, 30, 8, inside=False)
    told = fit_ood(checkpoint, replace(sets, elsewhere={"towns": dict(enumerate(some))}), {"task": "ood"}, tmp_path)
    worth = told.card["ood"]["elsewhere"]["towns"]
    flagged = torch.cat([scores_of(told, one) > 1 for one in some])
    right = torch.cat([(measure(told, one).classes == index) for index, one in enumerate(some)])
    assert (worth["flagged"]["n"], worth["passed"]["n"]) == (int(flagged.sum()), int((~flagged).sum()))
    assert worth["flagged"]["right"] == int((right & flagged).sum())
    assert worth["passed"]["right"] == int((right & ~flagged).sum())


@pytest.mark.parametrize(
    "name", ["caltech101", *(f"caltech101-{kind}" for kind in ("lstm", "gru", "transformer", "cnn"))]
)
def test_shipped_models_of_objects_tell_foreign_photos_from_their_own(name):
    record = read_card(name, tiny.ROOT / "checkpoints")["ood"]
    foreign = ("imagenet-sample-500 test", "pets-partial test", "caltech101 test, classes left out")
    assert min(record["auroc"][other]["auroc"] for other in foreign) >= 0.9
    assert record["inside"]["caltech101 test"]["recall"] >= 0.94
    assert set(record["recipe"]["touched"]) == record["auroc"].keys()
