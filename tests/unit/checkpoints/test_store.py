"""Checkpoints: what is saved comes back, what does not fit is refused, and what is shipped does what it records."""

import copy
import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from safetensors.torch import load_file, save_file

from rnnformer_demo.checkpoints import cards
from rnnformer_demo.checkpoints.cards import names, read_card
from rnnformer_demo.checkpoints.migration import migrate_card
from rnnformer_demo.checkpoints.naming import check_name
from rnnformer_demo.checkpoints.quantisation import dequantise, quantise
from rnnformer_demo.checkpoints.store import MAX_BYTES, about_of, load, recorded_logits, save
from rnnformer_demo.confidence.calibration import NO_SCALING, Temperature
from rnnformer_demo.confidence.ood import Thresholds
from rnnformer_demo.data import InputError
from rnnformer_demo.models import MODELS

SHIPPED = names(tiny.ROOT / "checkpoints")
shipped = pytest.mark.parametrize("name", SHIPPED)


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of the saved checkpoints that a test may damage."""
    return shutil.copytree(saved, tmp_path / "checkpoints")


def test_what_is_saved_comes_back(modality, saved):
    loaded = load(modality, saved)
    config = {"vocabulary": loaded.model.config.vocabulary} if modality == "text" else {"image_size": 64}
    original = tiny.model(modality, patches=False, **config)
    assert loaded.model.config == original.config
    assert loaded.labels == original.config.labels
    assert loaded.temperature == (Temperature(1.5, -0.25) if modality == "text" else NO_SCALING)
    assert loaded.reader.preprocessing() == cards.preprocessing_of(modality, saved)
    assert "tokenizer" not in loaded.card["preprocessing"]
    assert not loaded.model.training
    assert not any(weight.requires_grad for weight in loaded.model.parameters())
    for name, tensor in original.state_dict().items():
        eight_bits = name in original.eight_bit_weights
        stored = dequantise(*quantise(tensor)) if eight_bits else tensor.half().float()
        assert torch.equal(loaded.model.state_dict()[name], stored), name
    assert loaded.card["parameters"] == original.parameters_count
    assert loaded.card["recorded"]["logits"] == recorded_logits(loaded).tolist()


def test_saving_again_changes_nothing(modality, saved, tmp_path):
    first = load(modality, saved)
    about = about_of(first.card)
    assert set(about) == {"metrics", "data", "command"}
    recorded = first.card["recorded"]["input"]
    again = save(modality, first.model, first.reader, about, first.temperature, recorded, tmp_path)
    assert again.sha256 == first.sha256
    assert again.card == first.card
    assert again.size == first.size == sum(path.stat().st_size for path in saved.glob(f"{modality}.*"))


every_feature = pytest.mark.parametrize(("modality", "feature"), tiny.FEATURES_OF)


@pytest.fixture
def judging(feature, modality, folder):
    """A checkpoint with an out-of-distribution detector."""
    plain = load(modality, folder)
    signal = tiny.ood_signal(plain.model, feature, threshold=0.7)
    about = about_of(plain.card) | {"ood": {"feature": feature, "threshold": 0.7}}
    recorded = plain.card["recorded"]["input"]
    return save(modality, plain.model, plain.reader, about, plain.temperature, recorded, folder, signal)


@every_feature
def test_a_signal_is_saved_beside_the_weights_and_changes_none(judging, modality, saved):
    plain = load(modality, saved)
    assert plain.ood is None
    expected = tiny.ood_signal(plain.model, judging.ood.feature, threshold=0.7)
    assert (judging.ood.feature, judging.ood.threshold) == (expected.feature, Thresholds.constant(0.7))
    for name, array in expected.tensors().items():
        assert np.array_equal(judging.ood.tensors()[name], array), name
    for name, tensor in plain.model.state_dict().items():
        assert torch.equal(judging.model.state_dict()[name], tensor), name
    assert {key: value for key, value in judging.card.items() if key != "ood"} == plain.card
    assert judging.sha256 == plain.sha256  # which a detector's tensors are no part of


def _no_card(card):
    card.pop("ood")


OOD_DAMAGE = {
    "missing": (_no_card, None, r"Unexpected key\(s\) in state_dict: \"ood\.between\""),
    "no object": (lambda card: card.update(ood={}), None, "ood must have feature and threshold, got {}"),
    "no threshold": (lambda card: card["ood"].pop("threshold"), None, "ood must have feature and threshold"),
    "feature": (lambda card: card["ood"].update(feature="logits"), None, "feature must be one of .*, got 'logits'"),
    "zero": (lambda card: card["ood"].update(threshold=0), None, "threshold must be a number above 0, got 0"),
    "infinite": (lambda card: card["ood"].update(threshold=float("inf")), None, "threshold must be .*, got inf"),
    "word": (lambda card: card["ood"].update(threshold="1"), None, "threshold must be a number above 0, got '1'"),
    "tensor": (None, lambda tensors: tensors.pop("ood.centres"), "tensors of ood must be"),
    "more": (None, lambda tensors: tensors.update({"ood.more": torch.zeros(1)}), "tensors of ood must be"),
    "shape": (None, lambda tensors: tensors.update({"ood.between": torch.zeros(3)}), "tensors of ood must be"),
    "classes": (None, lambda tensors: tensors.update({"ood.centres": torch.zeros(4, 16)}), "for 3 classes or fewer"),
    "no class": (None, lambda tensors: tensors.update({"ood.centres": torch.zeros(0, 16)}), "for 3 classes or fewer"),
}


@pytest.mark.parametrize("damage", sorted(OOD_DAMAGE))
@every_feature
@pytest.mark.usefixtures("judging")
def test_a_signal_that_does_not_fit_is_refused_with_a_sentence(modality, folder, damage):
    change_card, change_weights, sentence = OOD_DAMAGE[damage]
    if change_card:
        _change_card(folder, modality, change_card)
    if change_weights:
        _change_weights(folder, modality, change_weights)
    with pytest.raises(InputError, match=rf"{modality}\.safetensors does not fit {modality}\.json: (?s:.*){sentence}"):
        load(modality, folder)


def test_a_card_that_promises_a_signal_is_not_saved_without_it(modality, saved, tmp_path):
    plain = load(modality, saved)
    about = about_of(plain.card)
    judging = about | {"ood": {"feature": "pooled", "threshold": 1.0}}
    for said, signal in ((judging, None), (about, tiny.ood_signal(plain.model))):
        with pytest.raises(InputError, match="does not fit"):
            save(modality, plain.model, plain.reader, said, folder=tmp_path, ood=signal)
    assert list(tmp_path.iterdir()) == []


def test_probabilities_are_cooled_by_the_temperature(saved):
    logits = torch.tensor([3.0, 0.0, -1.5])
    at_four_steps = 1.5 * (4 / 64) ** -0.25
    probabilities = load("text", saved).probabilities(logits, torch.tensor(4))
    torch.testing.assert_close(probabilities, (logits / at_four_steps).softmax(-1))


def test_a_card_without_an_exponent_has_one_temperature_for_all_lengths(saved, tmp_path):
    first = load("text", saved)
    save("text", first.model, first.reader, about_of(first.card), first.temperature, "a good film", tmp_path)
    card = json.loads((tmp_path / "text.json").read_text(encoding="utf-8"))
    del card["temperature_exponent"]
    (tmp_path / "text.json").write_text(json.dumps(card), encoding="utf-8")
    assert load("text", tmp_path).temperature == Temperature(1.5, 0.0)


def test_weights_are_in_eight_or_sixteen_bits_readable_by_all(modality, saved):
    path, eight_bits = saved / f"{modality}.safetensors", load(modality, saved).model.eight_bit_weights
    for name, tensor in load_file(path).items():
        assert tensor.dtype == (torch.int8 if name in eight_bits else torch.float16), name
    assert path.stat().st_mode & 0o444 == 0o444


def _change_weights(folder, name, change):
    path = folder / f"{name}.safetensors"
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path)


def _change_card(folder, name, change):
    path = folder / f"{name}.json"
    card = json.loads(path.read_text(encoding="utf-8"))
    change(card)
    path.write_text(json.dumps(card), encoding="utf-8")


DAMAGE = {
    "missing": lambda tensors: tensors.pop("core.norm.weight"),
    "extra": lambda tensors: tensors.update(extra=torch.zeros(1)),
    "shape": lambda tensors: tensors.update({"core.norm.weight": torch.ones(17)}),
}


@pytest.mark.parametrize("damage", sorted(DAMAGE))
def test_weights_that_do_not_fit_are_refused_with_a_sentence(modality, folder, damage):
    _change_weights(folder, modality, DAMAGE[damage])
    with pytest.raises(InputError, match=rf"{modality}\.safetensors does not fit {modality}\.json: .*"):
        load(modality, folder)


def test_a_card_of_another_model_is_refused(folder):
    shutil.copy(folder / "text.json", folder / "image.json")
    with pytest.raises(InputError, match=r"image\.safetensors does not fit image\.json"):
        load("image", folder)


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"not weights at all"])
def test_damaged_weights_are_refused(folder, content):
    (folder / "text.safetensors").write_bytes(content)  # the second is a pickle
    with pytest.raises(InputError, match=r"text\.safetensors does not fit"):
        load("text", folder)


@pytest.mark.parametrize("content", [b"", b'{"format": 1,', b"[1, 2]", b"\xff\xfe"])
def test_a_damaged_card_is_refused(folder, content):
    (folder / "text.json").write_bytes(content)
    with pytest.raises(InputError, match=r"text\.json"):
        load("text", folder)


@pytest.mark.parametrize("key", ["modality", "config", "preprocessing", "temperature"])
def test_a_card_without_what_loading_needs_is_refused(folder, key):
    _change_card(folder, "text", lambda card: card.pop(key))
    with pytest.raises(InputError, match=r"text\.json"):
        load("text", folder)


def test_an_unknown_field_of_the_config_is_refused(folder):
    _change_card(folder, "text", lambda card: card["config"].update(depth=3))
    with pytest.raises(ValueError, match=r"fields must be those of TextConfig, got \['depth'\]"):
        load("text", folder)


@pytest.mark.parametrize("number", [0, 3, None])
def test_another_format_is_refused(folder, number):
    _change_card(folder, "text", lambda card: card.update(format=number))
    with pytest.raises(InputError, match=f"text.json has format {number}, this version reads 1 and 2: train it again"):
        load("text", folder)


@pytest.fixture
def format_1(folder):
    """The folder with its text model as format 1 had it: the tokenizer within the card."""
    tokenizer = folder / "text.tokenizer.json"
    inside = {"tokenizer": json.loads(tokenizer.read_text(encoding="utf-8"))}
    tokenizer.unlink()

    def older(card):
        card.update(format=1, rival_of="image", preprocessing=inside | card["preprocessing"])

    _change_card(folder, "text", older)
    return folder


def test_a_card_of_format_1_is_read_as_one_of_today(format_1, saved):
    today, migrated = load("text", saved), load("text", format_1)
    assert migrated.card["format"] == cards.FORMAT == 2
    assert migrated.card["baseline_of"] == "image"
    assert "rival_of" not in migrated.card
    assert migrated.sha256 == today.sha256
    assert migrated.reader.preprocessing() == today.reader.preprocessing()
    assert torch.equal(recorded_logits(migrated), recorded_logits(today))


def test_an_upgrade_moves_the_tokenizer_aside_and_leaves_the_weights(format_1, saved):
    weights = (format_1 / "text.safetensors").read_bytes()
    assert cards.upgrade("text", format_1)
    assert sorted(path.name for path in format_1.glob("text.*")) == [
        "text.json",
        "text.safetensors",
        "text.tokenizer.json",
    ]
    assert (format_1 / "text.safetensors").read_bytes() == weights
    for suffix in (cards.CARD, cards.TOKENIZER):
        new, old = (json.loads((folder / f"text{suffix}").read_text(encoding="utf-8")) for folder in (format_1, saved))
        assert {key: value for key, value in new.items() if key != "baseline_of"} == old
    assert not cards.upgrade("text", format_1), "nothing is left to do"


def test_migration_keeps_what_it_does_not_know():
    config = {"width": 3, "blocks": ["recurrent"]}
    card = {"format": 1, "config": config | {"readout": "evidence"}, "rival_of": "tea", "more": [1]}
    expected = {"format": 2, "config": config | {"readout": "cnn_head"}, "baseline_of": "tea", "more": [1]}
    assert migrate_card(card) == expected == migrate_card(expected)
    assert card["format"] == 1


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"{}"])
def test_a_tokenizer_that_is_missing_or_damaged_is_refused(folder, content):
    path = folder / "text.tokenizer.json"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(InputError, match=r"text\.tokenizer\.json"):
        load("text", folder)


def test_a_card_is_parsed_once_until_it_changes(folder, monkeypatch):
    first = read_card("text", folder)
    loads = Counter()
    monkeypatch.setattr(cards.json, "loads", lambda text: loads.update(["read"]) or json.JSONDecoder().decode(text))
    assert read_card("text", folder) == first
    first["metrics"] = None
    assert read_card("text", folder)["metrics"] is not None, "a caller's own keys are no one else's"
    assert loads["read"] == 0
    card = read_card("text", folder) | {"task": "Taste"}
    cards.write_card(folder / "text.json", card)
    assert read_card("text", folder) == card
    assert loads["read"] == 1


def test_an_image_model_leaves_no_tokenizer_of_an_older_text_model(folder):
    image = load("image", folder)
    saved = save("text", image.model, image.reader, about_of(image.card), folder=folder)
    assert sorted(path.name for path in folder.glob("text.*")) == ["text.json", "text.safetensors"]
    assert saved.size == sum(path.stat().st_size for path in folder.glob("text.*"))


@pytest.mark.parametrize(
    "name", ["", "../evil", "a/b", "a\\b", "Upper", ".hidden", "a b", "ü", "x" * 65, "a\n", "a.tokenizer"]
)
def test_a_name_that_is_no_plain_file_name_is_refused(saved, tmp_path, name):
    loaded = load("text", saved)
    with pytest.raises(InputError, match="A model's name must"):
        save(name, loaded.model, loaded.reader, {}, folder=tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["", "nosuch", "../checkpoints/text", "text.json", "TEXT", "x" * 5000])
def test_an_unknown_name_is_refused_with_the_known_ones(saved, name):
    with pytest.raises(InputError, match="there is image, text") as refused:
        load(name, saved)
    assert len(str(refused.value)) < 200


def test_an_empty_folder_has_no_names(tmp_path):
    assert names(tmp_path) == []
    with pytest.raises(InputError, match="there is none at all"):
        read_card("text", tmp_path)


def test_a_card_without_weights_is_no_checkpoint(folder):
    (folder / "text.safetensors").unlink()
    assert names(folder) == ["image"]


def test_the_environment_names_the_folder(saved, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(saved))
    assert names() == ["image", "text"]
    monkeypatch.delenv("RNNFORMER_CHECKPOINTS")
    assert cards.default_folder() == tiny.ROOT / "checkpoints"


def test_one_text_and_one_image_checkpoint_are_shipped():
    assert {read_card(name, tiny.ROOT / "checkpoints")["modality"] for name in SHIPPED} == set(MODELS)


@shipped
def test_shipped_checkpoint_is_small_complete_and_no_pickle(name):
    folder = tiny.ROOT / "checkpoints"
    assert cards.size_on_disk(name, folder) <= MAX_BYTES == 10_000_000
    assert (folder / f"{name}.json").stat().st_size < 75_000
    assert (folder / f"{name}.tokenizer.json").exists() == (read_card(name, folder)["modality"] == "text")
    weights = (folder / f"{name}.safetensors").read_bytes()
    header = json.loads(weights[8 : 8 + int.from_bytes(weights[:8], "little")])
    eight_bits = set(load(name, folder).model.eight_bit_weights)
    for key, entry in header.items():  # an embedding that was saved before embeddings took 8 bits has 16
        if key != "__metadata__":
            assert entry["dtype"] in (("I8", "F16") if key in eight_bits else ("F16",)), key


@shipped
def test_shipped_checkpoint_says_what_it_is(name):
    card = read_card(name, tiny.ROOT / "checkpoints")
    assert card["name"] == name
    assert card["command"].startswith("python -m rnnformer_demo train ")
    assert f"--name {card.get('baseline_of', name)} " in card["command"]
    assert card["data"]["file"]
    assert card["temperature"] > 0
    assert card["metrics"]
    for figures in card["metrics"].values():
        low, high = figures["interval"]
        assert figures["n"] > 0
        assert 0 <= low <= figures["accuracy"] <= high <= 1
        if "confusion" in figures:
            assert sum(map(sum, figures["confusion"])) == figures["n"]
        else:  # of 1,000 classes only the entries that are not zero are kept
            assert sum(count for _true, _answer, count in figures["confusion_entries"]) == figures["n"]


@shipped
def test_shipped_checkpoint_reproduces_its_recorded_output(name):
    loaded = load(name, tiny.ROOT / "checkpoints")
    recorded = torch.tensor(loaded.card["recorded"]["logits"])
    assert recorded.shape == (len(loaded.labels),)
    torch.testing.assert_close(recorded_logits(loaded), recorded, atol=1e-3, rtol=0)
    assert loaded.card["parameters"] == loaded.model.parameters_count


def test_nothing_else_lies_in_checkpoints():
    files = {path.name for path in (tiny.ROOT / "checkpoints").iterdir()}
    texts = {name for name in SHIPPED if read_card(name, tiny.ROOT / "checkpoints")["modality"] == "text"}
    assert files == {
        "README.md",
        *(f"{name}{suffix}" for name in SHIPPED for suffix in (".json", ".safetensors", ".md")),
        *(f"{name}.tokenizer.json" for name in texts),
    }


@shipped
def test_shipped_card_is_of_the_format_of_today(name):
    written = json.loads((tiny.ROOT / "checkpoints" / f"{name}.json").read_text(encoding="utf-8"))
    assert written == read_card(name, tiny.ROOT / "checkpoints"), "run: python -m rnnformer_demo models --upgrade"
    signed = cards.signed(name, written, tiny.ROOT / "checkpoints")
    assert written == signed, "run: python -m rnnformer_demo models --upgrade"


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("My Model", "my-model"),
        ("../evil", "evil"),
        ("Ünïcode!", "unicode"),
        ("/abs/path", "abs-path"),
        ("", "my-model"),
        ("模型", "my-model"),
        ("a.tokenizer", "a"),
        ("x" * 80, "x" * 64),
    ],
)
def test_a_refused_name_comes_with_one_that_is_allowed(name, suggestion):
    with pytest.raises(InputError, match=rf"try '{suggestion}'\.$"):
        check_name(name)
    check_name(suggestion)


def test_a_flipped_byte_is_found(modality, folder):
    path = folder / f"{modality}.safetensors"
    content = path.read_bytes()
    for place in (8 + int.from_bytes(content[:8], "little"), len(content) // 2, len(content) - 1):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(InputError, match=rf"{modality}\.safetensors is damaged, or not the file that"):
            load(modality, folder)
    path.write_bytes(content)
    load(modality, folder)


@every_feature
def test_a_flipped_byte_of_a_detector_is_found(judging, modality, folder):
    path = folder / f"{modality}.safetensors"
    tensors = load_file(path)
    tensors["ood.between"] = tensors["ood.between"] + 1
    save_file(tensors, path)
    assert cards.weights_digest(modality, folder) == judging.sha256
    with pytest.raises(InputError, match=r"is damaged, or not the file that"):
        load(modality, folder)


@pytest.mark.parametrize("moved", range(4))
def test_a_saving_that_is_killed_leaves_the_old_model_or_a_sentence(modality, folder, moved, monkeypatch):
    old = load(modality, folder)
    about = about_of(old.card) | {"task": "new"}
    other = copy.deepcopy(old.model)
    for weights in other.parameters():
        weights.data += 0.1
    replace, done = Path.replace, []

    def killed(self, target):
        if Path(target).parent == folder:
            if len(done) == moved:
                raise KeyboardInterrupt
            done.append(target)
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", killed)
    complete = moved >= (3 if modality == "text" else 2)
    try:
        save(modality, other, old.reader, about, folder=folder, recorded_text=old.card["recorded"]["input"])
    except KeyboardInterrupt:
        assert not complete
    if complete:
        assert load(modality, folder).card["task"] == "new"
    elif moved == 0:
        assert load(modality, folder).sha256 == old.sha256
    else:
        with pytest.raises(InputError, match=r"not the file that|does not fit"):
            load(modality, folder)
