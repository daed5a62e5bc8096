"""The registry of claims: every claim of the article, recorded verdicts that follow from numbers, and a toy claim that
is found everywhere."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from rnnformer_demo.cli import main
from rnnformer_demo.data import InputError
from rnnformer_demo.evaluation import claims
from rnnformer_demo.evaluation.claims import CLAIMS, Claim, claim_named, efficiency, in_order
from rnnformer_demo.evaluation.claims.lab import files, machine
from rnnformer_demo.evaluation.claims.lab.result import (
    FAILS,
    HOLDS,
    Measured,
    Plot,
    Point,
    Quantity,
    Series,
    Verdict,
    steps,
)

ARTICLE = (
    "efficiency",
    "generalisation",
    "vanishing_gradients",
    "dropout_gradients",
    "adam",
    "dropout",
    "dense_head",
    "size",
    "text_hybrid",
    "image_hybrid",
    "test_set",
)
every_claim = pytest.mark.parametrize("name", ARTICLE)


class Stopped(Exception):
    """The visitor has said stop."""


def toy_measure(value: float, report) -> Measured:
    for _ in steps(report, 3):
        pass
    plot = Plot("A plot <of a toy>", "step", "value", (Series("toy", (Point(1, value), Point(2, value, 0.0, 9.0))),))
    return Measured(
        (plot,), (Quantity("value", {"toy": 1}, value, value - 1, float("inf"), "", 1),), (0,), ("A note.",)
    )


def toy_rule(quantities) -> Verdict:
    return Verdict(HOLDS if quantities[0].low > 0 else FAILS, ("under all conditions",))


@pytest.fixture
def toy(monkeypatch) -> Claim:
    for name, claim in CLAIMS.items():
        monkeypatch.setitem(CLAIMS, name, claim)  # what is registered goes with the test
    toy = Claim("toy", 99, "Toys are < real.", "The toy.", "By playing.", 0.5, 7.123456789, toy_measure, toy_rule)
    monkeypatch.setitem(CLAIMS, "toy", toy)
    return toy


def test_every_claim_of_the_article_has_a_file_and_stands_in_its_order():
    assert tuple(claim.name for claim in in_order()) == ARTICLE
    folder = Path(claims.__file__).parent
    assert {path.stem for path in folder.glob("*.py")} - {"__init__"} == set(ARTICLE)
    assert [claim.place for claim in in_order()] == list(range(1, len(ARTICLE) + 1))


@every_claim
def test_the_recorded_verdict_follows_from_the_recorded_numbers(name):
    result = files.recorded(name)
    assert (result.claim, result.size) == (name, "full")
    assert CLAIMS[name].rule(result.measured.quantities) == result.verdict
    assert result.measured.plots
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", result.provenance.date)
    assert result.provenance.command == f"python -m rnnformer_demo claims {name} --full"


@every_claim
def test_a_measurement_ends_when_its_visitor_stops_it(name):
    said = []

    def report(share: float) -> None:
        said.append(share)
        raise Stopped

    with pytest.raises(Stopped):
        CLAIMS[name].measure(CLAIMS[name].quick, report)
    assert said == [0.0]


def test_a_result_is_the_same_on_disk(toy, tmp_path):
    result = machine.run(toy, "full", lambda share: None)
    assert result.measured.quantities[0].value == 7.12346  # as on disk, so that the rule reads the same number
    assert result.measured.quantities[0].high == float("inf")
    path = files.record(result, tmp_path)
    assert json.loads(path.read_text(encoding="utf-8"))["measured"]["quantities"][0]["high"] is None
    assert files.recorded("toy", tmp_path) == result
    assert files.recorded("other", tmp_path) is None


@pytest.mark.parametrize(
    ("size", "value", "said"),
    [
        ("quick", 9.0, "The same verdict"),
        ("quick", 0.5, "Another verdict than the recorded one, which is: holds."),
        ("full", 9.0, ""),
    ],
)
def test_a_live_verdict_is_compared_with_the_recorded_one(size, value, said, toy, tmp_path, monkeypatch):
    monkeypatch.setattr(files, "recorded", lambda name: machine.run(toy, "full", lambda share: None))
    sized = replace(toy, quick=value)
    assert files.agreement(machine.run(sized, size, lambda share: None)).startswith(said)


def test_there_is_nothing_to_compare_without_a_record(toy):
    assert files.agreement(machine.run(toy, "quick", lambda share: None)) == ""


@pytest.mark.parametrize("threads", [1, 2])
def test_networks_are_timed_by_threads_and_without_a_gpu_that_is_said(threads, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    sizes = efficiency.Sizes(lengths=(4, 8), batches=(1,), threads=(threads,), rounds=2, gpu=True)
    measured = efficiency.measure(sizes, lambda share: None)
    assert {quantity.where["threads"] for quantity in measured.quantities} == {threads}
    assert "PyTorch sees no GPU on this machine: none was timed." in measured.notes
    assert len(measured.plots) == 4  # time and memory of inference and of a training step


def test_what_holds_attention_weights_is_left_out_where_they_are_too_many(monkeypatch):
    monkeypatch.setattr(efficiency, "_MOST_BYTES", 4 * 4 * 8**2)
    sizes = efficiency.Sizes(lengths=(8, 16), batches=(1,), threads=(1,), rounds=2)
    time, *_ = efficiency.measure(sizes, lambda share: None).plots
    lengths = {series.name: [point.x for point in series.points] for series in time.series}
    assert lengths["Transformer, written out"] == lengths["hybrid"] == [8]
    assert lengths["Transformer, fused attention"] == lengths["LSTM"] == [8, 16]


def test_a_gpu_is_a_condition_of_its_own():
    where = {"work": "inference", "batch": 1, "device": "GPU", "network": "N", "against": "LSTM", "length": 16}
    verdict = efficiency.rule([Quantity("time ratio", where, 0.5, 0.4, 0.6, "", 3)])
    assert verdict == Verdict(HOLDS, ("N and LSTM, inference, batch 1, GPU: cheaper at 16",))


def test_progress_is_reported_from_nothing_to_all(toy):
    said = []
    machine.run(toy, "quick", said.append)
    assert said == [0.0, 1 / 3, 2 / 3, 1.0]


def test_the_command_finds_a_new_claim_and_measures_it(toy, capsys, tmp_path):
    assert main(["claims", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["claims"]
    assert [claim["name"] for claim in found] == [*ARTICLE, "toy"]
    assert found[-1]["result"] is None
    page = tmp_path / "page.html"
    assert main(["claims", "toy", "--quick", "--json", "--out", str(page)]) == 0
    (measured,) = json.loads(capsys.readouterr().out)["claims"]
    assert measured["result"]["verdict"] == {"answer": FAILS, "conditions": ["under all conditions"]}
    html = page.read_text(encoding="utf-8")
    assert "Toys are &lt; real." in html
    assert "does not hold" in html
    assert html.count("data:image/svg+xml") == 1
    assert 'alt="A plot &lt;of a toy&gt;; value by step. toy: 0.5 at 1, 0.5 at 2."' in html


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["claims", "nothing"], "There is no claim 'nothing'."),
        (["claims", "dropout", "--record"], "Recorded are full measurements alone: add --full."),
        (["claims", "--quick", "--full"], "not allowed with argument"),
        (["claims", "--resume", "kept.jsonl"], "Only measurements can be resumed: add --quick or --full."),
        (["claims", "dropout", "--quick", "--resume", "/nowhere/kept.jsonl"], "/nowhere/kept.jsonl cannot be written"),
        (["claims", "dropout", "--quick", "--resume", __file__], "is no journal of trainings"),
        (["claims", "dropout", "--out", "/nowhere/page.html"], "/nowhere/page.html cannot be written"),
    ],
)
def test_bad_input_gets_a_sentence(arguments, sentence, capsys):
    assert main(arguments) == 2
    assert sentence in capsys.readouterr().err


def test_names_and_places_are_taken_once(toy):
    with pytest.raises(ValueError, match="name must be new"):
        claims.register(toy)
    with pytest.raises(ValueError, match="place must be new"):
        claims.register(Claim("toy2", 99, "", "", "", 1, 1, toy_measure, toy_rule))
    with pytest.raises(InputError, match="There is no claim"):
        claim_named("other")
