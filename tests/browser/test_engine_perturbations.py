"""Photos of which something is removed in the browser: blurred or in one colour as torch makes them."""

import numpy as np
import pytest
import torch
from modules import modules

from rnnformer_demo.models.perturbation import blur_pixels, mean_pixels

PYTHON = {"blurred": blur_pixels, "meanColour": mean_pixels}
REMOVE = """async ([name, photo, side]) => {
  const perturbations = await import("/web/engine/photo/perturbations.js");
  return Array.from(perturbations[name](Float32Array.from(photo), side));
}"""


@pytest.fixture(scope="module")
def engine(browser):
    with modules(browser, {}) as engine:
        yield engine


def photo(side: int, kind: str) -> torch.Tensor:
    """A normalised photo (1, 3, S, S): noise, one bright pixel in a corner, or one colour."""
    values = torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(side))
    if kind == "corner":
        values = torch.full_like(values, -1.0)
        values[0, 1, 0, -1] = 2.5
    if kind == "plain":
        values = values.mean((-2, -1), keepdim=True).expand_as(values)
    return values


@pytest.mark.parametrize("name", PYTHON)
@pytest.mark.parametrize(
    ("side", "kind"), [(8, "noise"), (15, "corner"), (28, "plain"), (63, "noise"), (112, "corner")]
)
def test_what_is_removed_is_what_python_removes(engine, name, side, kind):
    values = photo(side, kind)
    apply = PYTHON[name](values, torch.ones(1, 1, dtype=torch.bool))
    expected = apply(torch.ones(1, 1, side, side, dtype=torch.bool))[0][0]
    found = np.reshape(engine.call(REMOVE, [name, values.flatten().tolist(), side]), (3, side, side))
    np.testing.assert_allclose(found, expected.numpy(), rtol=0, atol=1e-5)
    if kind != "plain":
        assert np.abs(found - values[0].numpy()).max() > 0.5
