"""The leaderboard of attribution methods: one figure of each benchmark, on every model that it was measured on."""

from collections.abc import Iterator
from typing import Any

from .explanation_tables import NOTHING, bare, weights_of
from .markdown import table

# Benchmarks whose first measure ranks attribution methods: the higher, the better. Weights drawn anew are a test that a
# method passes or fails, maps are no attributions, and seeds ask about the verdict.
RANKED = ("faithfulness", "planted", "rationales", "phrases", "counterfactuals", "masks")
SMOOTHED = "smoothed"  # the measure of scores that went through a moving average first


def leaderboard(results: list[dict[str, Any]], modality: str) -> dict[str, list]:
    """Return the figures of all methods for one modality.

    Returns:
        `columns`, one for each result: `benchmark`, `model`, `data`, `inputs`, `n`, `title` and `about` of its measure,
        and `weights`, see `weights_of`.
        `rows`: `method`, `smoothed`, `cells` (value and interval by column, None where it was not measured) and `rank`,
        the mean over the columns of its rank there as a share of the methods, 0 the best and 1 the last; None for
        smoothed scores. The best rank comes first, smoothed scores follow their method.
    """
    ranked = [result for result in results if result["modality"] == modality and result["kind"] in RANKED]
    names = dict.fromkeys(name for result in ranked for name in result["methods"])
    ranks = {name: _mean_rank(ranked, name) for name in names}
    rows = []
    for name in sorted(names, key=lambda name: ranks[name]):
        rows.append(_row(ranked, name, smoothed=False) | {"rank": round(ranks[name], 3)})
        smoothed = _row(ranked, name, smoothed=True)
        if any(smoothed["cells"]):
            rows.append(smoothed)
    return {"columns": [_column(result) for result in ranked], "rows": rows}


def markdown(results: list[dict[str, Any]]) -> str:
    """Return a table for each modality."""
    boards = (leaderboard(results, modality) for modality in ("text", "image"))
    return "\n\n".join(_markdown(board) for board in boards if board["rows"]) or NOTHING


def _column(result: dict[str, Any]) -> dict[str, Any]:
    _, measure = _first(result)
    kept = {key: result[key] for key in ("model", "data", "inputs", "n")}
    about = {"title": measure["title"], "about": measure["about"], "weights": weights_of(result)}
    return {"benchmark": result["kind"], **kept, **about}


def _first(result: dict[str, Any]) -> tuple[str, dict[str, str]]:
    return next(iter(result["measures"].items()))


def _row(results: list[dict[str, Any]], method: str, smoothed: bool) -> dict[str, Any]:
    cells = [_cell(result, method, SMOOTHED if smoothed else _first(result)[0]) for result in results]
    return {"method": method, "smoothed": smoothed, "cells": cells, "rank": None}


def _cell(result: dict[str, Any], method: str, measure: str) -> dict[str, Any] | None:
    figure = result["methods"].get(method, {}).get("measures", {}).get(measure)
    if figure is None or figure["value"] is None:
        return None
    return {"value": figure["value"], "interval": figure["interval"]}


def _mean_rank(results: list[dict[str, Any]], method: str) -> float:
    ranks = [*_ranks(results, method)]
    return sum(ranks) / len(ranks) if ranks else 1.0


def _ranks(results: list[dict[str, Any]], method: str) -> Iterator[float]:
    """Yield the rank of a method in each result that has it; equal values share the mean of their ranks."""
    for result in results:
        measure = _first(result)[0]
        cells = {name: cell for name in result["methods"] if (cell := _cell(result, name, measure))}
        if method in cells and len(cells) > 1:
            own = cells[method]["value"]
            better = sum(cell["value"] > own for cell in cells.values())
            equal = sum(cell["value"] == own for cell in cells.values()) - 1
            yield (better + equal / 2) / (len(cells) - 1)


def _markdown(board: dict[str, list]) -> str:
    titles = [
        f"{column['title']}, %: {column['benchmark']}, `{column['model']}`, {column['data']} ({column['n']:,})"
        for column in board["columns"]
    ]
    rows = [
        [
            f"`{row['method']}`{', smoothed' if row['smoothed'] else ''}",
            "" if row["rank"] is None else f"{row['rank']:.2f}",
            *("" if cell is None else _figure(cell) for cell in row["cells"]),
        ]
        for row in board["rows"]
    ]
    board_table = table(["method", "mean rank", *titles], rows, "l" + "r" * (1 + len(titles)))
    weights = dict.fromkeys(_weights(column) for column in board["columns"] if column["weights"])
    return f"{board_table}\n\nWeights measured: {', '.join(weights)}." if weights else board_table


def _weights(column: dict[str, Any]) -> str:
    weights = column["weights"]
    return f"`{column['model']}` `{weights['digest']}`{' (replaced since)' if weights['replaced'] else ''}"


def _figure(cell: dict[str, Any]) -> str:
    value, low, high = (bare(each, "%") for each in (cell["value"], *cell["interval"]))
    return f"{value} ({low} to {high})"
