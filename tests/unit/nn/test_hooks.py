"""Hook points are captured and replaced under one lock, and nothing is left behind."""

import contextlib
import threading
import time

import pytest
import tiny
import torch
from torch import nn

from rnnformer_demo.nn.hooks import HookPoint, capture, give_way, locked, replace_outputs, run, with_gradients
from rnnformer_demo.nn.lock import IN_A_ROW, MODEL_LOCK


class Doubling(nn.Module):
    """Twice the input, by way of a hook point."""

    def __init__(self):
        super().__init__()
        self.inside = HookPoint("tokens", "inside")

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.inside(2 * x) + 1


def test_capture_gives_the_outputs_by_name_and_leaves_no_hook():
    model = Doubling()
    with capture(model) as outputs:
        assert outputs == {}
        assert run(model, torch.ones(2)).tolist() == [3, 3]
    assert {name: output.tolist() for name, output in outputs.items()} == {"inside": [2, 2]}
    assert tiny.hooks(model) == 0


def test_replaced_outputs_go_on_through_the_model():
    model = Doubling()
    with replace_outputs({model.inside: lambda module, inputs, output: inputs[0] * 0}):
        assert run(model, torch.ones(2)).tolist() == [1, 1]
    assert tiny.hooks(model) == 0
    assert run(model, torch.ones(2)).tolist() == [3, 3]


@pytest.mark.parametrize("context", [capture, lambda model: replace_outputs({model: lambda *_: None})])
def test_no_hook_outlives_an_error(context):
    model, hooks = Doubling(), []

    def fail() -> None:
        with context(model):
            hooks.append(tiny.hooks(model))
            raise ArithmeticError

    with pytest.raises(ArithmeticError):
        fail()
    assert (hooks, tiny.hooks(model)) == ([1], 0)


def test_run_asks_for_no_gradient_and_its_counterpart_does():
    model, x = Doubling(), torch.ones(2, requires_grad=True)
    assert not run(model, x).requires_grad
    with torch.no_grad(), with_gradients():
        assert model(x).requires_grad


@pytest.mark.parametrize("context", [locked, with_gradients, lambda: capture(nn.Identity())])
def test_whoever_runs_a_model_waits_for_its_observer(context):
    model, order = Doubling(), []
    thread = threading.Thread(target=lambda: (run(model, torch.ones(1)), order.append("the other")))
    with context():
        thread.start()
        thread.join(0.1)
        run(model, torch.ones(1))  # its holder may take the lock again
        order.append("the holder")
    thread.join()
    assert order == ["the holder", "the other"]


def test_the_lock_goes_in_turn_what_is_urgent_first():
    order: list[str] = []
    with locked():
        threads = [_queued("photo", order), _queued("trust", order), _queued("text", order, MODEL_LOCK.urgent)]
    for thread in threads:
        thread.join()
    assert order == ["text", "photo", "trust"]


def test_whoever_releases_the_lock_does_not_take_it_before_those_who_wait():
    order: list[str] = []
    with locked():
        thread = _queued("the other", order)
    with locked():
        order.append("the holder again")
    thread.join()
    assert order == ["the other", "the holder again"]


def test_the_holder_gives_way_to_urgent_threads_and_stays_the_holder():
    order: list[str] = []
    with locked(), locked():
        threads = [_queued("text", order, MODEL_LOCK.urgent)]
        give_way()
        order.append("the holder")
        threads.append(_queued("photo", order))
    with locked():
        order.append("the holder again")
    for thread in threads:
        thread.join()
    assert order == ["text", "the holder", "photo", "the holder again"]


def test_nobody_gives_way_while_hooks_are_registered():
    order: list[str] = []
    with capture(Doubling()):
        thread = _queued("text", order, MODEL_LOCK.urgent)
        give_way()
        order.append("the observer")
    thread.join()
    assert order == ["the observer", "text"]


def test_what_is_not_urgent_has_its_turn_after_some_that_are():
    order: list[str] = []
    with locked():
        threads = [_queued("photo", order), *(_queued("text", order, MODEL_LOCK.urgent) for _ in range(25))]
    for thread in threads:
        thread.join()
    # The turn after ten is that of the others and of the urgent by turns, whosever it was last.
    assert order.index("photo") in (IN_A_ROW, 2 * IN_A_ROW + 1)


def _queued(name: str, order: list[str], context=contextlib.nullcontext) -> threading.Thread:
    """Start a thread that appends its name as soon as it has the lock; return when it waits for it."""
    waiting = sum(map(len, MODEL_LOCK.waiting))

    def work() -> None:
        with context(), locked():
            order.append(name)

    thread = threading.Thread(target=work)
    thread.start()
    while sum(map(len, MODEL_LOCK.waiting)) == waiting:
        time.sleep(0.001)
    return thread
