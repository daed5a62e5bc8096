"""A traced model answers for the input that it is given, not for the one that it was traced with."""

import pytest
import tiny
import torch

from rnnformer_demo.models import freeze
from rnnformer_demo.nn.export import is_exporting


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("recurrence", tiny.PATTERNS, ids=lambda pattern: "+".join(pattern) or "none")
def test_a_traced_model_is_the_model(modality, recurrence):
    model = freeze(tiny.model(modality, recurrence=recurrence))
    traced_with, mask = tiny.inputs(model, [7])
    with torch.no_grad():
        traced = torch.jit.trace(model, (traced_with, mask), check_trace=False)
        other, _ = tiny.inputs(model, [7], seed=1)
        assert not torch.allclose(model(other, mask), model(traced_with, mask), atol=1e-4)
        torch.testing.assert_close(traced(other, mask), model(other, mask), atol=1e-5, rtol=0)


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning", "ignore::DeprecationWarning")
def test_a_model_traced_without_padding_takes_padding():
    model = freeze(tiny.model("text"))
    with torch.no_grad():
        traced = torch.jit.trace(model, tiny.inputs(model, [7, 7]), check_trace=False)
        ids, mask = tiny.inputs(model, [7, 3], seed=1)
        torch.testing.assert_close(traced(ids, mask), model(ids, mask), atol=1e-5, rtol=0)


def test_running_is_not_exporting():
    assert not is_exporting()
