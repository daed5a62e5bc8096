"""Tables in Markdown: alignment, escaping, and rows that do not fit."""

import pytest

from rnnformer_demo.evaluation.reporting.markdown import table


def test_a_table_has_header_rule_and_rows():
    assert table(("model", "n"), [("a", 3), ("b", "")]) == "| model | n |\n|---|---|\n| a | 3 |\n| b |  |"


def test_columns_are_aligned_by_letters():
    assert table(("a", "b", "c", "d"), [], "lrc").splitlines()[1] == "|---|---:|:---:|---|"


def test_pipes_and_line_breaks_stay_within_their_cell():
    row = table(("a|b",), [("one|two\nthree",)]).splitlines()
    assert row == ["| a\\|b |", "|---|", "| one\\|two three |"]


@pytest.mark.parametrize("row", [(), ("a",), ("a", "b", "c")])
def test_a_row_of_another_width_is_refused(row):
    with pytest.raises(ValueError, match="a row must have 2 cells"):
        table(("a", "b"), [row])


@pytest.mark.parametrize("align", ["x", "lll"])
def test_another_alignment_is_refused(align):
    with pytest.raises(ValueError, match="align must be at most 2 letters of l, r, c"):
        table(("a", "b"), [], align)
