"""Tests on everyday texts, and near-duplicates between tests and training files."""

import json
import lzma

import pytest
import tiny

from rnnformer_demo.checkpoints.cards import weights_digest
from rnnformer_demo.cli import main
from rnnformer_demo.evaluation import near_duplicates_table
from rnnformer_demo.evaluation.intervals import holm
from rnnformer_demo.evaluation.shift import store
from rnnformer_demo.evaluation.shift.sets import SETS, read_rows, whole_pairs

MODELS = ["sentiment-en", "sentiment-en-gru"]
GOOD, BAD = "A wonderful, moving film.", "A dull and stupid film."


def write_set(path, rows):
    """Write rows (text, label) as a packed table, with pairs where the set has them."""
    path.parent.mkdir(exist_ok=True)
    if ".jsonl" in path.name:
        lines = [json.dumps({"text": text, "label": label}) for text, label in rows]
    elif "counterfactual" in str(path):
        lines = ["text\tlabel\tpair", *(f"{text}\t{label}\t{place // 2}" for place, (text, label) in enumerate(rows))]
    else:
        lines = ["text\tlabel", *(f"{text}\t{label}" for text, label in rows)]
    path.write_bytes(lzma.compress("\n".join([*lines, ""]).encode()))


@pytest.fixture
def data(tmp_path):
    """A folder of all sets, small ones: praise and blame, a repeat, a neutral tweet, and a row without a label."""
    rows = [(f"{GOOD} Yes.", 1), (f"{BAD} Yes.", 0), (f"{GOOD}  yes.", 1), (GOOD, 1), (BAD, "")]
    for each in SETS:
        write_set(tmp_path / each.path, [*rows, *([("A film.", 2)] if each.drop else [])])
    return tmp_path


def test_repeats_and_neutral_rows_are_left_out_but_pairs_stay_whole(data):
    alexa, tweets, pairs = (read_rows(SETS[place], data) for place in (1, 2, 3))
    assert [(len(read.rows), read.repeats) for read in (alexa, tweets, pairs)] == [(3, 1), (3, 1), (4, 0)]
    assert [*whole_pairs(pairs.pairs)] == [(0, 1), (2, 3)]
    assert [*whole_pairs(["a", "b", "a", "c", "c", "c"])] == [(0, 2)]


def test_models_are_tested_on_every_set_and_compared(data, capsys):
    assert main(["evaluate-shift", *MODELS, "--data", str(data), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert [(each["data"], each["model"]) for each in result["results"]] == [
        (one.name, model) for one in SETS for model in MODELS
    ]
    tweets = result["results"][4]
    assert (tweets["n"], tweets["accuracy"], tweets["repeats"]) == (3, 1, 1)
    assert result["results"][6]["both"]["n"] == 2
    assert all(("paired" in each) == (each["model"] == MODELS[1]) for each in result["results"])
    table = store.markdown(result).splitlines()
    assert table[6].startswith(
        "| everyday-en airline-tweets; without neutral tweets; evaluated only; 1 repeats left out |"
    )


def test_a_language_without_sets_is_named(data, capsys):
    assert main(["evaluate-shift", "sentiment-zh", "--data", str(data)]) == 0
    assert "There is no such set in the language of sentiment-zh." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["evaluate-shift", "news-en"], "news-en does not tell negative from positive texts"),
        (["evaluate-shift", "sentiment-en", "--write"], "--write keeps the figures of every model"),
        (["evaluate-shift", "sentiment-en"], "There is no everyday-en/customer-reviews.tsv.xz in "),
        (["near-duplicates", "caltech101"], "caltech101 reads photos"),
        (["near-duplicates", "--likeness", "0.2"], "--likeness must be from 0.5 to 1, got 0.2."),
        (["near-duplicates", "sentiment-en"], "There is no file "),
    ],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(arguments, sentence, tmp_path, capsys):
    assert main([*arguments, "--data", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(sentence)


def test_what_is_kept_is_of_the_weights_of_today_and_corrected_for_all_comparisons():
    results = store.load_result()["results"]
    assert {each["data"] for each in results} == {one.name for one in SETS}
    pairs = {f"{each['data']} {each['model']}": each["paired"] for each in results if "paired" in each}
    assert len(pairs) == 12
    assert holm({name: pair["p"] for name, pair in pairs.items()}) == {
        name: pair["p_holm"] for name, pair in pairs.items()
    }
    for each in (*results, *near_duplicates_table.load_result()["results"]):
        assert each["model_sha256"] == weights_digest(each["model"], tiny.ROOT / "checkpoints")


def test_near_duplicates_of_a_test_are_counted_and_scored(data, capsys):
    long = " ".join([GOOD, BAD, GOOD, "And more of it."])
    write_set(data / "sst2/train.tsv.xz", [(f"{GOOD} yes!", 0), (long, 1)])
    write_set(data / "imdb/train.jsonl.xz", [("Nothing of the kind.", 0)])
    write_set(data / "sst2/dev.tsv.xz", [(BAD, 0), (long.replace("of it", "of them"), 1)])
    for test in ("sst2/test.tsv.xz", "imdb/test.jsonl.xz"):
        write_set(data / test, [(BAD, 0), ("I loved every minute.", 1)])
    assert main(["near-duplicates", "sentiment-en", "--data", str(data), "--json"]) == 0
    results = {each["data"]: each for each in json.loads(capsys.readouterr().out)["results"]}
    counts = ("n", "same", "similar", "other_label")
    assert [results["sst2 dev"][key] for key in counts] == [2, 0, 1, 0]
    assert [results["sst2 dev"]["pairs"][0][place] for place in (0, 1)] == [1, 1]
    alexa = results["everyday-en alexa-reviews"]
    assert [alexa[key] for key in counts] == [3, 1, 1, 2]
    assert alexa["right_among"] == {"n": 2, "accuracy": 1, "interval": pytest.approx([0.3424, 1], abs=1e-4)}
    assert results["imdb test"]["right_among"] == {"n": 0}
    table = near_duplicates_table.markdown({"results": [alexa]}).splitlines()
    assert table[2].startswith("| `sentiment-en` | everyday-en alexa-reviews | 3 | 1 | 1 | 2 | 100.0 (34.2 to 100.0) |")
