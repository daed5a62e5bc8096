"""The work of a request: cheap work goes first, long work waits for a place, and what takes too long ends."""

import pytest

from rnnformer_demo.api.places import Places, Visitor
from rnnformer_demo.api.work import CHEAP, Work, begin, working
from rnnformer_demo.data import InputError
from rnnformer_demo.interpret.cost import Cost, Size
from rnnformer_demo.nn.lock import MODEL_LOCK, Ended

SIZE = Size("sequence", 10, 10)


def costing(seconds: float):
    """The cost of a request by any method."""

    def of(_method: str) -> Cost:
        return lambda _size: 1000 * seconds

    return of


@pytest.fixture
def places() -> Places:
    return Places(1)


@pytest.fixture
def work(places, monkeypatch) -> Work:
    monkeypatch.setenv("RNNFORMER_BUDGET_SECONDS", "20")
    return Work(places, Visitor("10.0.0.1", "ann"), lambda: None)


def test_short_work_needs_no_place_and_goes_first(work, places):
    with working(work):
        begin(SIZE, costing(CHEAP), "occlusion")
        assert work.urgent
        assert places.running == []


def test_long_work_holds_one_place_until_it_ends(work, places):
    with working(work):
        begin(SIZE, costing(5), "occlusion")
        begin(SIZE, costing(5), "occlusion")  # a further step of the same request
        assert not work.urgent
        assert len(places.running) == 1
    assert places.running == []


def test_what_exceeds_the_budget_holds_no_place(work, places):
    with pytest.raises(InputError, match="the budget of a request is 20 s"), working(work):
        begin(SIZE, costing(21), "occlusion")
    assert places.running == []


def test_work_that_takes_longer_than_was_thought_is_urgent_no_more_and_ends(work):
    with working(work):
        work.seconds = 10 * CHEAP + 1
        MODEL_LOCK.errand().check()
        assert not work.urgent
        work.seconds = 41
        with pytest.raises(InputError, match="longer than the 40 s after which computing ends"):
            MODEL_LOCK.errand().check()


def test_work_ends_when_its_visitor_has_left(places):
    def left() -> None:
        raise Ended

    with pytest.raises(Ended), working(Work(places, Visitor("", ""), left)), MODEL_LOCK:
        pass


def test_what_is_no_request_has_no_budget():
    begin(SIZE, costing(1e6), "occlusion")
    assert not isinstance(MODEL_LOCK.errand(), Work)
