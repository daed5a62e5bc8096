"""Matrices in 8 bits: how close they come back, and what is refused."""

import pytest
import tiny
import torch
from corrected import corrected_cnn
from safetensors.torch import load_file, save_file

from rnnformer_demo.checkpoints.quantisation import SCALE, dequantise, pack, quantise, unpack
from rnnformer_demo.checkpoints.store import load, recorded_logits, save
from rnnformer_demo.data import InputError

ABOUT = {"metrics": {"held_out": {"n": 1, "accuracy": 1.0}}, "data": {"file": "none"}, "command": "none"}


def test_each_weight_comes_back_within_half_a_step_of_its_row():
    matrix = torch.randn(7, 50) * torch.logspace(-3, 2, 7)[:, None]
    quantised, scales = quantise(matrix)
    assert (quantised.dtype, scales.dtype, scales.shape) == (torch.int8, torch.float16, (7, 1))
    assert int(quantised.abs().max()) == 127
    error = (dequantise(quantised, scales) - matrix).abs()
    assert (error <= 0.51 * scales.float() + 127 * scales.float() * 2**-11).all()


def test_what_comes_back_is_quantised_to_the_same_again():
    first = quantise(torch.randn(20, 33))
    again = quantise(dequantise(*first))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_a_row_of_zeros_stays_one():
    matrix = torch.randn(3, 4)
    matrix[1] = 0.0
    back = dequantise(*quantise(matrix))
    assert not back[1].any()
    assert back[0].any()


@pytest.mark.parametrize("odd", [torch.ones(3), torch.ones(2, 2, 2), torch.tensor([[1.0, float("nan")]])])
def test_what_is_no_matrix_of_numbers_is_refused(odd):
    with pytest.raises(ValueError, match="matrix must be two-dimensional and finite"):
        quantise(odd)


def test_only_what_is_packed_is_changed():
    other = torch.randn(2, 3)
    tensors = pack("large", torch.randn(4, 5)) | {"other": other}
    assert set(tensors) == {"large", "large" + SCALE, "other"}
    unpacked = unpack(tensors)
    assert set(unpacked) == {"large", "other"}
    assert torch.equal(unpacked["other"], other)
    assert torch.equal(unpacked["large"], dequantise(tensors["large"], tensors["large" + SCALE]))


@pytest.fixture
def evidence():
    """A model with a large classifier, and the CNN itself, as a checkpoint rebuilds it."""
    return corrected_cnn(patches=False, image_size=64)


@pytest.fixture
def stored(evidence, tmp_path):
    """A checkpoint whose classifier lies in 8 bits."""
    return save("seen", evidence, tiny.image_reader(64), ABOUT, folder=tmp_path)


def test_a_checkpoint_holds_its_classifier_in_8_bits_and_nobody_else_knows(stored, evidence, tmp_path):
    (name,) = evidence.eight_bit_weights
    types = {key: tensor.dtype for key, tensor in load_file(tmp_path / "seen.safetensors").items()}
    assert {key for key, dtype in types.items() if dtype == torch.int8} == {name}
    assert {dtype for key, dtype in types.items() if key != name} == {torch.float16}
    weights = stored.model.state_dict()
    assert set(weights) == set(evidence.state_dict())
    assert {tensor.dtype for tensor in weights.values()} == {torch.float32}
    assert torch.equal(weights[name], dequantise(*quantise(evidence.state_dict()[name])))
    assert stored.card["recorded"]["logits"] == recorded_logits(load("seen", tmp_path)).tolist()
    again = save("seen", stored.model, tiny.image_reader(64), ABOUT, folder=tmp_path)
    assert again.sha256 == stored.sha256
    assert again.eight_bit_weights == (name,)


def test_weights_that_lie_in_16_bits_can_stay_there(stored, evidence, tmp_path):
    (name,) = evidence.eight_bit_weights
    wide = save("wide", evidence, tiny.image_reader(64), ABOUT, folder=tmp_path, eight_bit_weights=())
    assert wide.eight_bit_weights == ()
    assert torch.equal(wide.model.state_dict()[name], evidence.state_dict()[name].half().float())
    again = save("wide", wide.model, wide.reader, ABOUT, folder=tmp_path, eight_bit_weights=wide.eight_bit_weights)
    assert again.sha256 == wide.sha256 != stored.sha256


@pytest.mark.parametrize("damage", ["missing", "shape"])
@pytest.mark.usefixtures("stored")
def test_scales_that_do_not_fit_are_refused_with_a_sentence(evidence, tmp_path, damage):
    tensors = load_file(tmp_path / "seen.safetensors")
    scales = tensors.pop(evidence.eight_bit_weights[0] + SCALE)
    if damage == "shape":
        tensors[evidence.eight_bit_weights[0] + SCALE] = scales[:2].contiguous()
    save_file(tensors, tmp_path / "seen.safetensors")
    with pytest.raises(InputError, match=r"seen\.safetensors does not fit seen\.json: .*with a scale for each row"):
        load("seen", tmp_path)
