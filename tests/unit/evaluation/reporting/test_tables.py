"""Tables of models: a row for each model and test, seeds, detectors."""

import pytest
from family import SEEDS, results, write, write_family

from rnnformer_demo.checkpoints import cards
from rnnformer_demo.evaluation.reporting import figures, model_tables
from rnnformer_demo.evaluation.reporting import readme as readme_files


@pytest.fixture
def family(tmp_path, monkeypatch):
    """A folder of cards; see `write_family`."""
    folder = tmp_path / "checkpoints"
    folder.mkdir()
    write_family(folder)
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(folder))
    return folder


def test_the_table_has_a_row_for_each_model_and_test(family):
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in model_tables.model_table().splitlines()]
    assert len(rows) == 2 + 2 * len(cards.names())
    assert {len(row) for row in rows} == {9}
    tea = next(index for index, row in enumerate(rows) if row[0] == "`tea`")
    held_out = ["held out", "1,000", "90.0 (88.0 to 91.0)", "91.0 ± 1.0 (3)", "50.0", "3.4 → 1.2"]
    assert rows[tea] == ["`tea`", "1,234,567", "1.0", *held_out]
    assert rows[tea + 1] == ["", "", "", "sst2 dev", "1,000", "87.0 (85.0 to 88.0)", "87.0 ± 1.0 (3)", *held_out[-2:]]
    assert rows[tea + 2][6] == "one seed"


def test_a_card_of_an_older_version_has_its_one_calibration_error(family):
    older = results(0.8)
    del older["ece_before_scaling"]
    write(family, "older", metrics={"held_out": older})
    (row,) = (line for line in model_tables.model_table().splitlines() if "`older`" in line)
    assert row.endswith("| 50.0 | 1.2 |")


def test_seeds_are_summed_up_by_mean_and_sample_deviation(family):
    card = cards.read_card("tea")
    assert figures.seeds_summary(card) == "3 seeds: held out 91.0 ± 1.0, sst2 dev 87.0 ± 1.0; seed 2 is shipped"
    assert figures.seeds_summary(cards.read_card("many")) == "one seed"
    assert figures.seeds_summary(card | {"seeds": SEEDS[:1]}) == "one seed"


def test_a_test_that_only_the_shipped_model_took_is_of_one_seed(family):
    card = cards.read_card("tea")
    card["metrics"]["imdb test"] = results(0.88)
    assert figures.over_seeds(card, "imdb test") == "one seed"
    assert "imdb" not in figures.seeds_summary(card)


def test_tasks_and_limits_stand_once_for_a_hybrid_and_its_baselines(family):
    parts = readme_files.readme_parts()
    assert "| `tea` | Taste | 2 | a/b.tsv | 1,800 of 2,000 |" in parts["tasks"]
    assert parts["limits"] == "- `tea`: It knows two tastes."
    for baseline in ("tea-lstm", "tea-gru", "tea-transformer"):
        assert baseline not in parts["tasks"] + parts["limits"]
        assert baseline in parts["models"]
        assert f"--name {baseline}" in parts["training"]


def test_far_and_near_inputs_stand_apart(family):
    row = readme_files.readme_parts()["ood"].splitlines()[-1]
    expected = (
        "| `tea` | energy | 1.23 (95.0 % of 800) | 1.0 to 5.5 | news 0.980, Chinese 0.990 | reviews of phones 0.750 |"
    )
    assert row == expected


def test_where_no_card_says_it_a_sentence_does(tmp_path):
    write(tmp_path, "plain")
    parts = readme_files.readme_parts(tmp_path)
    assert parts["ood"] == "No card has an out-of-distribution detector yet."
    assert parts["limits"] == "No card names limits of its own model yet."
