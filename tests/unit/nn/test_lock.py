"""The lock of all models: nobody keeps it for long, what has had it least goes first. A test moves the clock itself."""

import threading
import time
from itertools import count

import pytest

from rnnformer_demo.nn.lock import QUANTUM, Ended, Errand, ModelLock

PASS = 0.08  # seconds that a pass of the models takes by the clock of these tests


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lock(clock) -> ModelLock:
    return ModelLock(clock)


def waits(lock: ModelLock, errand: Errand, work) -> threading.Thread:
    """A thread that waits for the lock already."""
    before = sum(map(len, lock.waiting))

    def run() -> None:
        with lock.on(errand), lock:
            work()

    thread = threading.Thread(target=run)
    thread.start()
    while sum(map(len, lock.waiting)) == before:
        time.sleep(0.001)
    return thread


def test_a_line_of_text_waits_for_one_pass_of_any_long_work(lock, clock):
    """However many passes a comparison of photos or KernelSHAP takes: 216 s at a time once."""
    passes, found = count(1), []
    text = None
    with lock.on(Errand()), lock:
        for done in passes:
            clock.now += PASS
            if done == 10:
                text = waits(lock, Errand(urgent=True), lambda: found.append(clock.now))
            lock.give_way()
            if done == 1000:
                break
    text.join()
    assert found == [pytest.approx(10 * PASS)]  # at the end of the pass during which it came


def test_long_work_takes_turns_with_other_long_work(lock, clock):
    order: list[str] = []
    with lock.on(Errand()), lock:
        thread = waits(lock, Errand(), lambda: order.append("the other"))
        lock.give_way()
        order.append("first")
        clock.now += QUANTUM
        lock.give_way()
        order.append("second")
    thread.join()
    assert order == ["first", "the other", "second"]


def test_what_has_had_much_gives_way_at_once_to_what_has_had_little(lock):
    order: list[str] = []
    with lock.on(Errand(seconds=2 * QUANTUM)), lock:
        thread = waits(lock, Errand(seconds=QUANTUM), lambda: order.append("little"))
        lock.give_way()
        order.append("much")
    thread.join()
    assert order == ["little", "much"]


def test_whoever_has_had_the_lock_least_goes_first(lock):
    order: list[str] = []
    with lock:
        threads = [
            waits(lock, Errand(seconds=seconds), lambda seconds=seconds: order.append(str(seconds)))
            for seconds in (3.0, 0.0, 1.0)
        ]
    for thread in threads:
        thread.join()
    assert order == ["0.0", "1.0", "3.0"]


def test_an_errand_knows_how_long_it_has_held_the_lock_but_not_how_long_it_waited(lock, clock):
    errand = Errand()
    with lock.on(errand):
        with lock:
            clock.now += 1
            lock.give_way()
            clock.now += 2
        clock.now += 10
    assert errand.seconds == pytest.approx(3)


def test_work_that_nobody_waits_for_ends_between_two_passes(lock):
    def left() -> None:
        raise Ended

    errand = Errand()
    with lock.on(errand), lock:
        errand.check = left
        with pytest.raises(Ended):
            lock.give_way()
    with lock.on(errand), pytest.raises(Ended):
        lock.__enter__()
    with lock.on(Errand()), lock:  # it is free for others
        assert not any(lock.waiting)
