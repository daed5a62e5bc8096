"""Tracing changes nothing, leaves nothing behind, and shows what really went through."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from functools import partial

import pytest
import tiny
import torch

from rnnformer_demo.interpret.gates import TOLERANCE
from rnnformer_demo.interpret.trace import Trace, trace
from rnnformer_demo.models import freeze
from rnnformer_demo.nn.hooks import HookPoint, capture


def tensors_of(internals: Trace) -> dict[str, torch.Tensor]:
    gates = {
        f"{name} {part}": tensor
        for name, found in internals.gates.items()
        for part, tensor in {**found.gates, "cells": found.cells, "order": found.order, "mask": found.mask}.items()
        if tensor is not None
    }
    return {
        "logits": internals.logits,
        "pooling": internals.pooling,
        **internals.attention,
        **internals.states,
        **gates,
    }


@pytest.mark.parametrize("recurrence", tiny.PATTERNS, ids=lambda pattern: "+".join(pattern) or "none")
@pytest.mark.parametrize("attention_layers", [0, 2])
def test_tracing_leaves_the_logits_bit_equal(modality, recurrence, attention_layers, samples):
    model = freeze(tiny.model(modality, recurrence=recurrence, attention_layers=attention_layers))
    sample = samples[modality]
    with torch.no_grad():
        untraced = model(sample.inputs, sample.mask)[0]
        internals = trace(model, sample)
        assert torch.equal(internals.logits, untraced)
        assert torch.equal(model(sample.inputs, sample.mask)[0], untraced)
    # With gradients enabled torch takes another kernel for the LSTM.
    torch.testing.assert_close(model(sample.inputs, sample.mask)[0], untraced, atol=1e-6, rtol=0)


def test_shapes_and_sums(model, sample):
    internals = trace(model, sample)
    steps, config = sample.mask.shape[1], model.config
    assert internals.logits.shape == (3,)
    assert internals.pooling.shape == (steps,)
    assert internals.pooling.sum().item() == pytest.approx(1, abs=1e-6)
    assert list(internals.attention) == ["layer 1", "layer 2"]
    for weights in internals.attention.values():
        assert weights.shape == (config.heads, steps, steps)
        torch.testing.assert_close(weights.sum(-1), torch.ones(config.heads, steps), atol=1e-6, rtol=0)
    assert len(internals.states) == len(config.recurrence) == 2
    for states in internals.states.values():
        assert states.shape == (steps, 2, config.units)
        assert states.abs().max() <= 1


@pytest.mark.parametrize("recurrence", tiny.PATTERNS, ids=lambda pattern: "+".join(pattern) or "none")
@pytest.mark.parametrize("recurrent_layers", [1, 2])
def test_the_gates_of_every_recurrence_are_recorded(modality, recurrence, recurrent_layers, samples):
    model = freeze(tiny.model(modality, recurrence=recurrence, recurrent_layers=recurrent_layers))
    internals = trace(model, samples[modality])
    assert list(internals.gates) == list(internals.states)
    assert len(internals.gates) == len(recurrence) * recurrent_layers
    for name, gates in internals.gates.items():
        assert name.startswith(gates.kind)
        assert all(gate.shape == internals.states[name].shape for gate in gates.gates.values())
        assert gates.error <= TOLERANCE


def test_gates_that_miss_the_hidden_states_are_not_shown(model, sample):
    for recurrence in model.core.recurrent_blocks[0].recurrences.values():
        handle = recurrence.states.register_forward_hook(lambda point, inputs, output: output + 1e-3)
        with pytest.raises(RuntimeError, match=f"{recurrence.states.name}: recomputed gates miss the hidden states"):
            trace(model, sample)
        handle.remove()
        assert tiny.hooks(model) == 0
    assert all(gates.error <= TOLERANCE for gates in trace(model, sample).gates.values())


def test_recorded_states_are_those_of_the_recurrences(model, sample):
    outputs = {}
    block = model.core.recurrent_blocks[0]
    handles = [
        recurrence.register_forward_hook(lambda module, inputs, output: outputs.update({module.states.name: output[0]}))
        for recurrence in block.recurrences.values()
    ]
    with torch.no_grad():
        model(sample.inputs, sample.mask)
    for handle in handles:
        handle.remove()
    internals = trace(model, sample)
    assert list(internals.states) == list(outputs)
    for name, states in internals.states.items():
        ahead, back = outputs[name].chunk(2, dim=-1)  # (T, U) each
        assert torch.equal(states[:, 0], ahead)
        assert torch.equal(states[:, 1], back)


def test_a_trace_is_detached_on_the_cpu_and_holds_no_model(model, sample):
    internals = trace(model.requires_grad_(True), sample)
    assert {field.name for field in fields(internals)} == {"logits", "attention", "states", "pooling", "gates"}
    for name, tensor in tensors_of(internals).items():
        assert isinstance(tensor, torch.Tensor), name
        assert not tensor.requires_grad, name
        assert tensor.grad_fn is None, name
        assert tensor.device.type == "cpu", name


def test_no_hook_is_left_after_success(model, sample):
    trace(model, sample)
    assert tiny.hooks(model) == 0


@pytest.mark.parametrize("place", ["norm", "head"])
def test_no_hook_is_left_after_an_error_inside_the_model(model, sample, place, monkeypatch):
    def fail(*arguments):
        raise ArithmeticError("inside")

    monkeypatch.setattr(getattr(model.core, place), "forward", fail)
    with pytest.raises(ArithmeticError, match="inside"):
        trace(model, sample)
    assert tiny.hooks(model) == 0
    monkeypatch.undo()
    assert torch.isfinite(trace(model, sample).logits).all()  # the lock is free, too


def test_no_hook_is_left_after_an_error_of_the_caller(model):
    def use() -> None:
        with capture(model) as seen:
            assert tiny.hooks(model) == sum(isinstance(module, HookPoint) for module in model.modules()) > 0
            seen["nothing ran yet"]

    with pytest.raises(KeyError, match="nothing ran yet"):
        use()
    assert tiny.hooks(model) == 0


def test_eight_threads_get_what_one_gets(model, sample):
    readings = [sample, *(_shifted(sample, by) for by in range(1, 8))]
    read = partial(trace, model)
    with ThreadPoolExecutor(1) as pool:
        alone = [tensors_of(internals) for internals in pool.map(read, readings)]
    with ThreadPoolExecutor(8) as pool:
        together = [
            tensors_of(internals) for internals in pool.map(lambda reading: trace(model, reading), readings * 4)
        ]
    for number, internals in enumerate(together):
        expected = alone[number % 8]
        assert all(torch.equal(internals[name], expected[name]) for name in expected)
    assert not torch.equal(alone[0]["logits"], alone[1]["logits"])
    assert tiny.hooks(model) == 0


def _shifted(sample, by: int):
    return replace(sample, inputs=sample.inputs.roll(by, -1))
