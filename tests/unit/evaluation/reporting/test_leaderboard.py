"""The leaderboard of attribution methods: its order, its cells, and what is kept out of it."""

import pytest

from rnnformer_demo.checkpoints.cards import weights_digest
from rnnformer_demo.evaluation.explanations import leaderboards, load_results
from rnnformer_demo.evaluation.reporting.leaderboard import leaderboard, markdown


def result(kind: str, data: str, values: dict[str, float | None], **more: dict[str, float]) -> dict:
    """A result with one measure, and with those of `more`."""
    measures = {name: {"title": name.title(), "about": "Counts.", "unit": "%"} for name in ("hit", *more)}

    def figures(method: str) -> dict:
        shares = {"hit": values[method]} | {name: each[method] for name, each in more.items() if method in each}
        return {
            "measures": {
                name: {"value": share, "interval": None if share is None else [share - 0.1, share + 0.1]}
                for name, share in shares.items()
            }
        }

    return {
        "kind": kind,
        "modality": "text",
        "model": "tea",
        "data": data,
        "inputs": "texts",
        "n": 10,
        "measures": measures,
        "methods": {method: figures(method) for method in values},
    }


SHIPPED = weights_digest("sentiment-en")
FIRST = result("phrases", "one", {"a": 0.9, "b": 0.5, "random": 0.5, "c": None}, smoothed={"a": 0.4})
SECOND = result("rationales", "two", {"b": 0.7, "a": 0.6, "random": 0.1})


def test_methods_stand_by_their_mean_rank_with_smoothed_scores_below_them():
    board = leaderboard([FIRST, SECOND], "text")
    assert [(row["method"], row["smoothed"]) for row in board["rows"]] == [
        ("a", False),
        ("a", True),
        ("b", False),
        ("random", False),
        ("c", False),
    ]
    ranks = {row["method"]: row["rank"] for row in board["rows"] if not row["smoothed"]}
    assert ranks == {"a": 0.25, "b": 0.375, "random": 0.875, "c": 1.0}
    values = [[cell and cell["value"] for cell in row["cells"]] for row in board["rows"]]
    assert values == [[0.9, 0.6], [0.4, None], [0.5, 0.7], [0.5, 0.1], [None, None]]
    assert [(column["benchmark"], column["data"], column["title"]) for column in board["columns"]] == [
        ("phrases", "one", "Hit"),
        ("rationales", "two", "Hit"),
    ]


@pytest.mark.parametrize("kind", ["randomisation", "planted-maps", "stability"])
def test_what_ranks_no_attributions_is_left_out(kind):
    assert leaderboard([result(kind, "one", {"a": 1.0})], "text") == {"columns": [], "rows": []}
    assert leaderboard([FIRST], "image") == {"columns": [], "rows": []}


def test_the_table_has_intervals_and_empty_cells():
    lines = markdown([FIRST, SECOND]).splitlines()
    assert "Hit, %: phrases, `tea`, one (10)" in lines[0]
    assert lines[2] == "| `a` | 0.25 | 90.0 (80.0 to 100.0) | 60.0 (50.0 to 70.0) |"
    assert lines[3] == "| `a`, smoothed |  | 40.0 (30.0 to 50.0) |  |"


def test_the_weights_that_were_measured_are_named():
    shipped, old = (FIRST | {"model": "sentiment-en", "model_sha256": digest} for digest in (SHIPPED, "0" * 64))
    columns = leaderboard([shipped, old, FIRST], "text")["columns"]
    assert [column["weights"] for column in columns] == [
        {"digest": SHIPPED[:8], "replaced": False},
        {"digest": "00000000", "replaced": True},
        None,
    ]
    last = markdown([shipped, old, FIRST]).splitlines()[-1]
    assert last == f"Weights measured: `sentiment-en` `{SHIPPED[:8]}`, `sentiment-en` `00000000` (replaced since)."


def test_the_random_control_is_last_on_what_was_measured():
    boards = leaderboards()
    assert boards == {modality: leaderboard(load_results(), modality) for modality in ("text", "image")}
    for board in boards.values():
        assert board["rows"][-1]["method"] == "random" or board["rows"][-2]["method"] == "random"
