"""The crowd's answers are compared but for rounding, and wrong calls are the same for the same seed."""

import copy
import importlib
import os
import random
import time
from pathlib import Path

import pytest

from rnnformer_demo import bench, cli
from rnnformer_demo.bench.page import processor_seconds
from rnnformer_demo.document import Array

crowd, fuzz = (importlib.import_module(f"rnnformer_demo.bench.{name}") for name in ("crowd", "fuzz"))


def array(*values: float) -> dict:
    kept = Array.of(list(values), "float32")
    return {"dtype": kept.dtype, "shape": list(kept.shape), "data": kept.data}


ANSWER = {
    "prediction": {"label": "positive", "confidence": 0.9, "latency_ms": 3.0},
    "attention": {"pooling": array(0.25, 0.75)},
    "provenance": {"seconds": {"attention": 0.1}},
}


def test_answers_that_differ_by_rounding_and_time_are_alike():
    other = copy.deepcopy(ANSWER)
    other["prediction"] |= {"confidence": 0.9000001, "latency_ms": 9.0}
    other["attention"]["pooling"] = array(0.2500001, 0.7499999)
    del other["provenance"]
    assert crowd._alike(ANSWER, other)


@pytest.mark.parametrize(
    ("section", "change"),
    [
        ("prediction", {"label": "negative"}),
        ("prediction", {"confidence": 0.8}),
        ("prediction", {"more": 1}),
        ("attention", {"pooling": array(0.75, 0.25)}),
        ("attention", {"pooling": array(0.25, 0.5, 0.25)}),
        ("attention", {"pooling": None}),
    ],
)
def test_answers_that_say_something_else_are_not(section, change):
    other = copy.deepcopy(ANSWER)
    other[section] |= change
    assert not crowd._alike(ANSWER, other)
    assert not crowd._alike(other, ANSWER)


def test_the_same_seed_makes_the_same_wrong_calls():
    def made(seed: int) -> list:
        draws = random.Random(seed)
        return [fuzz._made(draws, ["analyse", "page_extend", "predict_image"], {"path": "x"}) for _ in range(50)]

    assert repr(made(0)) == repr(made(0)) != repr(made(1))
    assert {name for name, _ in made(0)} > {"analyse", "page_extend", "predict_image"}  # and paths


def test_the_course_of_memory_is_told_by_medians():
    samples = [float(number) for number in range(100)]
    assert crowd._course(samples) == {"after_a_tenth": 14.5, "middle": 54.5, "end": 94.5}
    assert set(crowd._course([7.0]).values()) == {7.0}


def test_a_spread_is_median_95th_percentile_and_longest():
    assert crowd._spread([float(number) for number in range(1, 101)]) == (51.0, 96.0, 100.0)
    assert crowd._spread([]) == (0.0, 0.0, 0.0)


def test_the_tables_hold_every_figure():
    figures = {
        "machine": "any",
        "visitors": 2,
        "seconds": 1.0,
        "pause_s": 8.0,
        "answers": {"right": 7, "wrong": 0, "lost": 0, "refused": 1},
        "until_prediction_s": {"Photo": (0.1, 0.2, 0.3)},
        "until_all_s": {"Photo": (1.1, 1.2, 1.3)},
        "memory_mb": {"before": 1.0, "after_a_tenth": 1.5, "middle": 2.0, "end": 3.0, "peak": 4.0},
    }
    table = bench.crowd_table(figures)
    assert all(
        part in table for part in ("7; 0; 0; 1", "0.1; 0.2; 0.3", "1.1; 1.2; 1.3", "2; 1; 8", "1.0; 1.5; 2.0; 3.0; 4.0")
    )
    counted = {"machine": "any", "calls": 9, "seed": 1, "outcomes": {"null": 5}, "tracebacks": 6, "slowest_s": 0.5}
    assert all(row in bench.fuzz_table(counted) for row in ("| Null | 5 |", "| Tracebacks in the log | 6 |"))


@pytest.mark.parametrize(
    "arguments", [["crowd", "--visitors", "0"], ["crowd", "--seconds", "1e9"], ["fuzz", "--calls", "-1"]]
)
def test_a_measurement_without_bounds_is_refused(arguments, capsys):
    assert cli.main(["bench", *arguments]) == 2
    assert "must be above 0 and at most" in capsys.readouterr().err


def test_a_table_of_live_claims_has_a_row_for_each():
    claim = {"seconds": 4.5, "processor_seconds": 3.0, "beside_s": (0.1, 0.7), "agrees": False}
    figures = {
        "machine": "a machine",
        "load": 0.5,
        "alone_s": (0.02, 0.03),
        "claims": {"adam": claim, "training": claim | {"agrees": None}},
        "slowest_beside_s": 0.7,
        "after_stopping_s": 0.2,
    }
    table = bench.live_claims_table(figures)
    assert "| nothing |  |  | 0.02 | 0.03 |  |" in table
    assert "| adam | 4.5 | 3.0 | 0.1 | 0.7 | no |" in table
    assert "| training | 4.5 | 3.0 | 0.1 | 0.7 |  |" in table
    assert "a machine, load 0.5 a core before." in table


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the system has no /proc")
def test_the_processor_time_of_a_process_is_read():
    before = processor_seconds(os.getpid())
    started = time.process_time()
    while time.process_time() - started < 0.2:
        pass
    assert processor_seconds(os.getpid()) - before == pytest.approx(0.2, abs=0.1)
