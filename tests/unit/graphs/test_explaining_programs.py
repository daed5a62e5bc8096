"""The programs that explanations take beside gradients: the inside of a pass, and recurrences that are faded in."""

import numpy as np
import pytest
import torch
from tiny import inputs, model

from rnnformer_demo.graphs.sessions import Sessions
from rnnformer_demo.interpret.attribution.recurrence_integrated_gradients import _fading
from rnnformer_demo.models import Hybrid
from rnnformer_demo.nn.hooks import capture, replace_outputs

KINDS = {
    "hybrid": {"modality": "text"},
    "interleaved": {"modality": "text", "blocks": ("attention", "recurrent", "attention", "recurrent")},
    "without a residual": {"modality": "text", "recurrence": ("gru",), "attention_layers": 0, "residual": False},
    "mean pooling": {"modality": "text", "pooling": "mean"},
    "transformer": {"modality": "text", "recurrence": (), "positions": True},
    "photos": {"modality": "image", "patches": False},
}


@pytest.fixture(scope="module", params=[pytest.param(KINDS[name], id=name) for name in KINDS])
def pair(request) -> tuple[Hybrid, Sessions, torch.Tensor]:
    """A small model of each kind, the sessions of its graphs, and tokens (2, T, W) without padding."""
    made = model(**request.param).requires_grad_(False)
    tensors = {name: tensor.numpy() for name, tensor in made.state_dict().items()}
    return made, Sessions(made.config, tensors), made.token_vectors(inputs(made, [7, 7])[0])


def test_the_inside_has_attention_pooling_and_what_each_step_adds(pair):
    made, sessions, tokens = pair
    mask = torch.ones(tokens.shape[:2], dtype=torch.bool)
    got = sessions.run("inside", {"tokens": tokens.numpy()})
    with capture(made) as outputs, torch.no_grad():
        made.classify_tokens(tokens, mask)
    names = [point.name for kind in ("attention", "pooling", "logits") for point in made.hook_points(kind)]
    wanted = {name: outputs[name] for name in names} | {
        "contributions": made.core.logit_contributions(tokens, mask, made.grid)
    }
    assert got.keys() == wanted.keys()
    for name, tensor in wanted.items():
        np.testing.assert_allclose(got[name], tensor.detach().numpy(), atol=2e-4 if made.grid else 1e-5, err_msg=name)


def test_a_head_with_hidden_layers_has_no_contributions():
    made = model("text", head_layers=(7,)).requires_grad_(False)
    sessions = Sessions(made.config, {name: tensor.numpy() for name, tensor in made.state_dict().items()})
    assert "contributions" not in sessions.run("inside", {"tokens": made.token_vectors(inputs(made, [3])[0]).numpy()})


def test_the_gradients_of_gates_are_those_of_autograd(pair):
    made, sessions, tokens = pair
    blocks, mask = len(made.core.recurrent_blocks), torch.ones(tokens.shape[:2], dtype=torch.bool)
    gates = torch.rand(2, blocks, tokens.shape[1], generator=torch.Generator().manual_seed(0)).requires_grad_()
    with replace_outputs(_fading(made, gates)):
        logits = made.classify_tokens(tokens, mask)
    feeds = {f"gate {number + 1}": gates[:, number].detach().numpy() for number in range(blocks)}
    got = sessions.run("fading", {"tokens": tokens.numpy(), "target": np.array([1]), **feeds})
    np.testing.assert_allclose(got["logits"], logits.detach().numpy(), atol=1e-5)
    if blocks:
        (wanted,) = torch.autograd.grad(logits[:, 1].sum(), gates)
        for number in range(blocks):
            np.testing.assert_allclose(got[f"gradient of gate {number + 1}"], wanted[:, number].numpy(), atol=2e-5)
