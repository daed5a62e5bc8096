"""The tables of a README file that results make, in Markdown. Made without torch."""

from collections.abc import Iterator
from typing import Any

NOTHING = "No explanation has been measured against ground truth yet."


def markdown(results: list[dict[str, Any]]) -> str:
    """For each result a line that says what was measured, and a table: a row for each method and reference."""
    return "\n\n".join("\n".join(_table(result)) for result in results) or NOTHING


def format_value(value: float | None, unit: str) -> str:
    """A figure as tables and sentences show it: shares in per cent, correlations with two digits."""
    if value is None:
        return "undefined"
    return f"{100 * value:.1f} %" if unit == "%" else f"{value:.2f}"


def _table(result: dict[str, Any]) -> Iterator[str]:
    measures = result["measures"]
    timed = any("seconds" in figures for figures in result["methods"].values())
    judged = any("verdict" in figures for figures in result["methods"].values())
    yield _caption(result)
    yield ""
    titles = [f"{about['title']}{', %' if about['unit'] == '%' else ''}" for about in measures.values()]
    head = ["method", *titles, *(["seconds an input"] if timed else []), *(["test"] if judged else [])]
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for name, figures in result["methods"].items():
        cells = [f"`{name}`", *(_cell(figures["measures"][measure], measures[measure]["unit"]) for measure in measures)]
        cells += [f"{figures['seconds']:.2f}"] if timed else []
        cells += [figures["verdict"]] if judged else []
        yield f"| {' | '.join(cells)} |"
    for name, figures in result["references"].items():
        values = [
            format_value(figures["measures"][measure]["value"], about["unit"]) for measure, about in measures.items()
        ]
        cells = [
            name,
            *(value.removesuffix(" %") for value in values),
            *([""] if timed else []),
            *([""] if judged else []),
        ]
        yield f"| {' | '.join(cells)} |"


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
    ]
    return "; ".join(parts) + ":"


def _cell(figure: dict[str, Any], unit: str) -> str:
    """The value with its interval, how many inputs had none, and how far models differ."""
    if figure["value"] is None:
        return "undefined"
    value, low, high = (format_value(each, unit).removesuffix(" %") for each in (figure["value"], *figure["interval"]))
    more = f", {figure['undefined']} undefined" if figure["undefined"] else ""
    by_group = [each for each in figure.get("by_group", ()) if each is not None]
    if by_group and min(by_group) < max(by_group):
        least, most = (format_value(each, unit).removesuffix(" %") for each in (min(by_group), max(by_group)))
        more += f"; from model to model {least} to {most}"
    return f"{value} ({low} to {high}{more})"
