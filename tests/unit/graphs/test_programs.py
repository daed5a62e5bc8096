"""Graphs of models of every kind: ONNX's checker takes them, and they compute what torch computes."""

from types import SimpleNamespace

import numpy as np
import onnx
import pytest
import torch
from onnx.checker import check_model
from tiny import inputs, model

from rnnformer_demo.graphs.builder import Uncovered
from rnnformer_demo.graphs.programs import PROGRAMS, write
from rnnformer_demo.graphs.sessions import Sessions
from rnnformer_demo.graphs.wire import Stored, model_bytes
from rnnformer_demo.interpret.gates import gates_of
from rnnformer_demo.interpret.interventions import intervene
from rnnformer_demo.interpret.relevance.propagation import record, token_gradient
from rnnformer_demo.models import Hybrid
from rnnformer_demo.nn.hooks import capture

KINDS = {
    "hybrid": {"modality": "text"},
    "lstm": {"modality": "text", "recurrence": ("lstm",), "attention_layers": 0},
    "gru without a residual": {"modality": "text", "recurrence": ("gru",), "attention_layers": 0, "residual": False},
    "transformer": {"modality": "text", "recurrence": (), "attention_layers": 2, "positions": True},
    "odd width of positions": {"modality": "text", "recurrence": (), "width": 15, "heads": 3, "positions": True},
    "interleaved": {"modality": "text", "blocks": ("attention", "recurrent", "attention", "recurrent")},
    "no projection": {"modality": "text", "embedding": 16},
    "mean pooling": {"modality": "text", "pooling": "mean"},
    "fully connected head": {"modality": "text", "head_layers": (7, 9)},
    "bag of words": {"modality": "text", "recurrence": (), "attention_layers": 0, "pooling": "mean"},
    "photos": {"modality": "image", "patches": False},
    "photos with positions": {"modality": "image", "patches": False, "positions": True, "recurrence": ("gru",)},
    "photos, fine grid": {"modality": "image", "patches": False, "grid": "16", "scans": ("columns", "rows")},
    "photos, both grids": {"modality": "image", "patches": False, "grid": "both"},
    "photos, head of the CNN": {"modality": "image", "patches": False, "readout": "cnn_head"},
    "CNN": {
        "modality": "image",
        "patches": False,
        "recurrence": (),
        "attention_layers": 0,
        "pooling": "mean",
    },
}


@pytest.fixture(scope="module", params=[pytest.param(KINDS[name], id=name) for name in KINDS])
def pair(request) -> tuple[Hybrid, Sessions]:
    """A small model of each kind, with the sessions of its graphs."""
    made = model(**request.param).requires_grad_(False)
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if "up_proj" in name or "bias" in name:
                weight.normal_(std=0.3)  # zeros would hide errors
    return made, Sessions(made.config, {name: tensor.numpy() for name, tensor in made.state_dict().items()})


def batch(made: Hybrid) -> tuple[dict[str, np.ndarray], torch.Tensor, torch.Tensor]:
    """A batch for the programs, of different lengths, and the same for the model."""
    x, mask = inputs(made, [9, 1, 4] if made.grid is None else [0, 0])
    if made.grid is None:
        return {"ids": x.numpy(), "lengths": mask.sum(1).int().numpy()}, x, mask
    return {"photos": x.numpy()}, x, mask


def tokens_of(made: Hybrid, rows: int = 2) -> torch.Tensor:
    """Tokens (rows, T, W) without padding."""
    x, _ = inputs(made, [7] * rows)
    return made.token_vectors(x)


def ones(tokens: torch.Tensor) -> torch.Tensor:
    return torch.ones(tokens.shape[:2], dtype=torch.bool)


def largest(got: np.ndarray, wanted: torch.Tensor) -> float:
    """The largest difference, as a share of the largest value where that is above 1."""
    wanted = wanted.detach()
    return np.abs(got - wanted.numpy()).max() / max(1.0, wanted.abs().max().item())


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_checker_of_onnx_takes_every_program(pair, program):
    made, _ = pair
    stored = {name: Stored("float32", tuple(tensor.shape)) for name, tensor in made.state_dict().items()}
    found = onnx.load_model_from_string(model_bytes(write(program, made.config, stored)))
    for tensor in found.graph.initializer:  # the checker looks for the file
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            tensor.ClearField("external_data")
            tensor.data_location = onnx.TensorProto.DEFAULT
            tensor.raw_data = bytes(4 * int(np.prod(tensor.dims)))
    check_model(found, full_check=False)


def test_the_trace_has_every_hook_point(pair):
    made, sessions = pair
    feeds, x, mask = batch(made)
    got = sessions.run("trace", feeds)
    with capture(made) as wanted, torch.no_grad():
        made(x, mask)
    assert got.keys() == wanted.keys()
    for name, tensor in wanted.items():
        values, other = tensor.numpy(), got[name]
        if name.startswith("layer"):  # of padding nobody asks
            values, other = (each * mask.numpy()[:, None, :, None] for each in (values, other))
        elif values.shape[:2] == mask.shape:
            values, other = values[mask.numpy()], other[mask.numpy()]
        np.testing.assert_allclose(other, values, atol=2e-4 if made.grid else 5e-6, err_msg=name)


def test_logits_follow_from_inputs_and_from_tokens(pair):
    made, sessions = pair
    feeds, x, mask = batch(made)
    wanted = made(x, mask)
    got = sessions.run("logits", feeds)
    assert largest(got["logits"], wanted) < 1e-5
    again = {"tokens": got["tokens"]}
    again |= {"lengths": feeds["lengths"]} if made.grid is None else {"mask": mask.numpy()}
    assert largest(sessions.run("token_logits", again)["logits"], wanted) < 1e-5


def test_inputs_without_padding_are_read_alike_without_their_lengths(pair):
    made, sessions = pair
    x, mask = inputs(made, [7, 7] if made.grid is None else [0, 0])
    got = sessions.run("unpadded", sessions.feeds(x.numpy()))
    assert got.keys() == sessions.run("logits", batch(made)[0]).keys()
    assert largest(got["logits"], made(x, mask)) < 1e-5


def test_a_part_of_an_input_is_read_without_its_padding(pair):
    made, sessions = pair
    tokens = tokens_of(made)
    mask = torch.zeros(2, *(made.grid or (1, 7)), dtype=torch.bool)
    mask[0, :1], mask[1, :, :2] = True, True
    flat = mask.flatten(1)
    padding = {"mask": flat.numpy()} if made.grid else {"lengths": flat.sum(1).int().numpy()}
    got = sessions.run("token_logits", {"tokens": tokens.numpy(), **padding})
    assert largest(got["logits"], made.classify_tokens(tokens, flat)) < 1e-5


def test_the_states_below_attention_are_those_of_torch(pair):
    made, sessions = pair
    tokens = tokens_of(made)
    wanted = made.core.states_below_attention(tokens, ones(tokens), made.grid)
    assert largest(sessions.run("below_attention", {"tokens": tokens.numpy()})["states"], wanted) < 1e-4


def test_gates_are_those_that_lead_to_the_states(pair):
    made, sessions = pair
    x, mask = inputs(made, [7])
    with capture(made) as outputs:
        made(x, mask)
    got = sessions.run("gates", {"tokens": made.token_vectors(x).numpy()})
    names = {"logits"}
    for name, gates in gates_of(made, outputs, mask).items():
        for gate, wanted in (gates.gates | ({} if gates.cells is None else {"cells": gates.cells})).items():
            assert largest(got[f"{name} {gate}"][0], wanted) < 2e-5, (name, gate)
            names.add(f"{name} {gate}")
    assert got.keys() == names


def test_gradients_are_those_of_autograd(pair):
    made, sessions = pair
    tokens = tokens_of(made).requires_grad_()
    with capture(made) as outputs:
        logits = made.classify_tokens(tokens, ones(tokens))
    names = [point.name for kind in ("attention", "pooling") for point in made.hook_points(kind)]
    weights = [outputs[name] for name in names if outputs[name].grad_fn]
    wanted, *of_weights = torch.autograd.grad(logits[:, 1].sum(), [tokens, *weights])
    got = sessions.run("gradient", {"tokens": tokens.detach().numpy(), "target": np.array([1])})
    assert largest(got["logits"], logits) < 1e-5
    assert largest(got["gradient"], wanted) < 2e-5
    shown = [name for name in names if outputs[name].grad_fn]
    assert {f"gradient of {name}" for name in shown} == got.keys() - {"logits", "gradient"}
    for name, gradient in zip(shown, of_weights, strict=True):
        assert largest(got[f"gradient of {name}"], gradient) < 2e-5


@pytest.mark.parametrize("rule", ["cp-lrp", "attn-lrp"])
def test_relevance_is_that_of_the_backward_pass_written_by_hand(pair, rule):
    made, sessions = pair
    x, mask = inputs(made, [7])
    wanted, logit = token_gradient(made, record(made, x, mask, rule), 2)
    got = sessions.run(rule, {"tokens": made.token_vectors(x).numpy(), "target": np.array([2])})
    assert got["logits"][0, 2] == pytest.approx(logit, abs=1e-5)
    assert largest(got["gradient"][0], wanted) < 1e-4


def test_interventions_are_those_of_hooks(pair):
    made, sessions = pair
    tokens = tokens_of(made, 1)
    x, mask = inputs(made, [7])
    wanted = intervene(made, SimpleNamespace(inputs=x, mask=mask), permutations=1, seed=3)
    steps = tokens.shape[1]

    def run(**changed: float) -> np.ndarray:
        feeds = {"tokens": tokens.numpy()}
        for each in sessions.session("interventions").get_inputs()[1:]:
            kind = each.name.rsplit(" ", 1)[0] if each.name != "own pooling" else each.name
            if each.name.startswith("order"):
                sizes = [{"B": 1, "T": steps}.get(size, size) for size in each.shape]
                feeds[each.name] = np.broadcast_to(np.arange(steps), sizes).copy()
            else:
                feeds[each.name] = np.array(changed.get(kind, 1.0), np.float32)
        return sessions.run("interventions", feeds)["logits"][0]

    assert largest(run(), wanted.original) < 1e-5
    if wanted.uniform_attention is not None:
        assert largest(run(**{"own layer": 0.0}), wanted.uniform_attention) < 1e-5
    if wanted.uniform_pooling is not None:
        assert largest(run(**{"own pooling": 0.0}), wanted.uniform_pooling) < 1e-5
    if wanted.without_recurrence is not None:
        assert largest(run(recurrence=0.0), wanted.without_recurrence) < 1e-5


def test_what_no_graph_covers_is_refused():
    made = model("text")
    stored = {name: Stored("float32", tuple(tensor.shape)) for name, tensor in made.state_dict().items()}
    with pytest.raises(Uncovered, match=r"the graph leaves out core\.extra"):
        write("trace", made.config, stored | {"core.extra": Stored("float32", (3,))})
    photos = model("image", patches=False, backbone="mobilenet_v2", grid="32")
    with pytest.raises(Uncovered, match="there is no graph of the backbone mobilenet_v2"):
        write("trace", photos.config, {})
    with pytest.raises(ValueError, match="program must be one of"):
        write("backwards", made.config, stored)


def test_an_empty_batch_is_refused_before_the_runtime_sees_it(pair):
    made, sessions = pair
    steps = 0 if made.grid is None else made.grid[0] * made.grid[1]
    tokens = np.zeros((0 if made.grid else 1, steps, made.core.width_in), np.float32)
    with pytest.raises(ValueError, match="a batch must have rows and steps"):
        sessions.run("below_attention", {"tokens": tokens})
