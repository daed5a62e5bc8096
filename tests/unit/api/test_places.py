"""Places for long work: few at a time, one for each visitor, in the order of coming."""

import threading
from contextlib import ExitStack

import pytest

from rnnformer_demo.api.places import Places, Visitor
from rnnformer_demo.data import InputError
from rnnformer_demo.nn.lock import Ended

ANN, BEN = Visitor("10.0.0.1", "ann"), Visitor("10.0.0.2", "ben")
CLASSMATE = Visitor("10.0.0.1", "classmate")


def nothing(*_of: object) -> None:
    """Stand for a check that finds nothing, and for whoever is told nothing."""


class Waiting(threading.Thread):
    """A job on a thread of its own, that holds its place until it is told to end."""

    def __init__(self, places: Places, visitor: Visitor, order: list[str], seconds: float = 1.0) -> None:
        super().__init__(daemon=True)
        self.places, self.visitor, self.order, self.seconds = places, visitor, order, seconds
        self.told: list[tuple[int, float]] = []
        self.waits, self.runs, self.may_end = threading.Event(), threading.Event(), threading.Event()

    def run(self) -> None:
        with self.places.taken(self.visitor, self.seconds, nothing, self.tell):
            self.order.append(self.visitor.session)
            self.runs.set()
            self.may_end.wait(60)

    def tell(self, place: int, seconds: float) -> None:
        self.told.append((place, seconds))
        self.waits.set()


def waiting(places: Places, visitor: Visitor, order: list[str], seconds: float = 1.0) -> Waiting:
    job = Waiting(places, visitor, order, seconds)
    job.start()
    assert job.waits.wait(60)
    return job


def test_a_visitor_has_one_long_job_at_a_time():
    places, order = Places(2), []
    with places.taken(ANN, 5.0, nothing, nothing):
        second = waiting(places, ANN, order)
        with places.taken(BEN, 1.0, nothing, nothing):  # another passes by
            assert not second.runs.is_set()
    assert second.runs.wait(60)
    second.may_end.set()
    second.join()
    assert (places.running, places.waiting) == ([], [])


def test_whoever_waits_is_told_the_place_and_the_seconds():
    places, order = Places(1), []
    with places.taken(ANN, 5.0, nothing, nothing):
        first, second = waiting(places, BEN, order, 3.0), waiting(places, Visitor("10.0.0.3", "cem"), order)
        assert first.told == [(1, 5.0)]
        assert second.told == [(2, 8.0)]
    assert first.runs.wait(60)
    first.may_end.set()
    assert second.runs.wait(60)
    second.may_end.set()
    assert order == ["ben", "cem"]


def test_an_address_with_fewer_running_goes_first():
    places, order = Places(2), []
    with ExitStack() as held, places.taken(ANN, 1.0, nothing, nothing):
        other = held.enter_context(ExitStack())
        other.enter_context(places.taken(Visitor("10.0.0.9", "dot"), 1.0, nothing, nothing))
        jobs = [waiting(places, CLASSMATE, order), waiting(places, BEN, order)]
        other.close()
        assert jobs[1].runs.wait(60)
        jobs[1].may_end.set()
        assert jobs[0].runs.wait(60)
        jobs[0].may_end.set()
    assert order == ["ben", "classmate"]


def test_too_many_get_a_sentence():
    places, order = Places(1, most_waiting=1), []
    with places.taken(ANN, 1.0, nothing, nothing):
        job = waiting(places, BEN, order)
        with (
            pytest.raises(InputError, match="1 long computations are waiting here"),
            places.taken(CLASSMATE, 1.0, nothing, nothing),
        ):
            pass
    job.may_end.set()
    job.join()


def test_whoever_leaves_waits_no_more():
    places = Places(1)

    def left() -> None:
        raise Ended

    with places.taken(ANN, 1.0, nothing, nothing):
        with pytest.raises(Ended), places.taken(BEN, 1.0, left, nothing):
            pass
        assert places.waiting == []
