"""Arrays in JSON: exact to their resolution."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from rnnformer_demo.document import Array

VALUES = st.floats(-1e4, 1e4, width=32)
ANY = arrays(np.float32, array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5), elements=VALUES)


@given(ANY)
def test_single_precision_is_exact(values):
    assert np.array_equal(Array.of(values, "float32").numpy(), values)


@given(ANY)
def test_half_precision_rounds_to_its_nearest_number(values):
    array = Array.of(values)
    assert array.shape == values.shape
    assert np.array_equal(array.numpy(), values.astype(np.float16).astype(np.float32))


@given(ANY)
def test_bytes_are_right_to_half_a_step(values):
    array = Array.of(values, "uint8")
    rounding = 1e-5 * float(np.abs(values).max(initial=0))
    assert np.abs(array.numpy() - values).max(initial=0) <= array.scale / 2 + rounding


@given(ANY)
def test_symmetric_bytes_are_right_to_half_a_step_and_keep_zero(values):
    array = Array.symmetric(values)
    rounding = 1e-5 * float(np.abs(values).max(initial=0))
    assert np.abs(array.numpy() - values).max(initial=0) <= array.scale / 2 + rounding
    assert (array.numpy()[values == 0] == 0).all()


@given(arrays(np.float32, (3, 4), elements=st.floats(0, 1, width=32)))
def test_weights_keep_zero_and_one(values):
    values[0, 0], values[1, 1] = 0, 1
    decoded = Array.of(values, "uint8", low=0, high=1).numpy()
    assert decoded[0, 0] == 0
    assert decoded[1, 1] == pytest.approx(1, abs=1e-6)


def test_numbers_beyond_half_precision_end_at_its_largest():
    assert Array.of([1e6, -1e6]).numpy().tolist() == [65504.0, -65504.0]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", ["float32", "float16", "uint8"])
def test_what_is_not_finite_is_refused(value, dtype):
    with pytest.raises(ValueError, match="values must be finite"):
        Array.of([0.0, value], dtype)


def test_values_outside_their_range_are_refused():
    with pytest.raises(ValueError, match=r"values must lie in 0\.0 to 1\.0, got 0\.5 to 1\.5"):
        Array.of([0.5, 1.5], "uint8", low=0, high=1)


@pytest.mark.parametrize(
    ("shape", "data", "sentence"),
    [
        ((2,), "AAAA", "data must be 4 bytes for float16 of shape \\(2,\\), got 3"),
        ((2,), "AAA", "data must be base64"),
        ((2,), "AAAA\n", "data must be base64"),
        ((-1, -2), "AAAAAA==", "data must be 4 bytes"),
    ],
)
def test_stored_bytes_must_fit_the_shape(shape, data, sentence):
    with pytest.raises(ValueError, match=sentence):
        Array("float16", shape, data)
