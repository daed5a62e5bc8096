"""Tables of the explanation benchmarks, in Markdown. Made without torch."""

from collections.abc import Iterator
from typing import Any

from ...checkpoints.cards import names, weights_digest
from .markdown import table

NOTHING = "No explanation has been measured against ground truth yet."


def markdown(results: list[dict[str, Any]]) -> str:
    """Return for each result a line about the measurement, and a row for each method and reference."""
    return "\n\n".join(f"{_caption(result)}\n\n{_table(result)}" for result in results) or NOTHING


def weights_of(result: dict[str, Any]) -> dict[str, Any] | None:
    """Return the `digest` of the weights that were measured, in short, and whether the shipped model has `replaced`
    them since; None of small models that were made for the measurement."""
    sha256 = result.get("model_sha256")
    if not sha256:
        return None
    name = result["model"]
    return {"digest": sha256[:8], "replaced": name in names() and weights_digest(name) != sha256}


def format_value(value: float | None, unit: str) -> str:
    """Return a figure as tables and sentences show it: shares in per cent, correlations with two digits."""
    if value is None:
        return "undefined"
    return f"{100 * value:.1f} %" if unit == "%" else f"{value:.2f}"


def _table(result: dict[str, Any]) -> str:
    measures = result["measures"]
    timed = any("seconds" in figures for figures in result["methods"].values())
    judged = any("verdict" in figures for figures in result["methods"].values())
    titles = [f"{about['title']}{', %' if about['unit'] == '%' else ''}" for about in measures.values()]
    rows: list[list[str]] = []
    for name, figures in result["methods"].items():
        values = [_cell(figures["measures"][measure], about["unit"]) for measure, about in measures.items()]
        seconds = [f"{figures['seconds']:.2f}"] if timed else []
        rows.append([f"`{name}`", *values, *seconds, *([figures["verdict"]] if judged else [])])
    for name, figures in result["references"].items():
        values = [bare(figures["measures"][measure]["value"], about["unit"]) for measure, about in measures.items()]
        rows.append([name, *values, *([""] if timed else []), *([""] if judged else [])])
    header = ["method", *titles, *(["seconds an input"] if timed else []), *(["test"] if judged else [])]
    return table(header, rows, "l" + "r" * (len(titles) + timed))


def _caption(result: dict[str, Any]) -> str:
    left_out = [f"{count} skipped ({reason})" for reason, count in result["skipped"].items()]
    left_out += [f"{result['rejected_rows']} rejected"] if result["rejected_rows"] else []
    left_out += [f"without `{method}` ({reason.rstrip('.')})" for method, reason in result["left_out"].items()]
    parts = [
        f"`{result['model']}`, {result['kind']}, {result['data']}",
        f"{result['n']:,} {result['inputs']}",
        *left_out,
        f"explained: {result['explained']}",
        f"seed {result['seed']}",
        *_measured(result),
    ]
    return "; ".join(parts) + ":"


def _measured(result: dict[str, Any]) -> Iterator[str]:
    """Yield what was measured, and where, as far as the result tells."""
    if weights := weights_of(result):
        yield f"weights `{weights['digest']}`{', replaced since' if weights['replaced'] else ''}"
    if "machine" in result:
        yield result["machine"]


def _cell(figure: dict[str, Any], unit: str) -> str:
    """Return a value with its interval, the number of inputs without one, and the range over models."""
    if figure["value"] is None:
        return "undefined"
    value, low, high = (bare(each, unit) for each in (figure["value"], *figure["interval"]))
    more = f", {figure['undefined']} undefined" if figure["undefined"] else ""
    by_group = [each for each in figure.get("by_group", ()) if each is not None]
    if by_group and min(by_group) < max(by_group):
        more += f"; from model to model {bare(min(by_group), unit)} to {bare(max(by_group), unit)}"
    return f"{value} ({low} to {high}{more})"


def bare(value: float | None, unit: str) -> str:
    """Return a figure without its sign of per cent, which stands in the title of its column."""
    return format_value(value, unit).removesuffix(" %")
