"""Tables in blocks of lines: wherever a block ends, the rows are the same."""

import pytest

from rnnformer_demo.data import streaming
from rnnformer_demo.data.delimited import rows_of_blocks
from rnnformer_demo.data.streaming import LineBlocks

TABLE = 'text,n\n"a ""b"" c",1\n"two\r\nlines",2\n"stray,3\nfine,4\n"ok, too",5\nshort\n\n,6\né 电影,7\n"last open,8'
LINES = [
    (2, ['a "b" c', "1"]),
    (3, ["two\nlines", "2"]),
    (5, "a quotation mark in it does not pair"),
    (6, ["fine", "4"]),
    (7, ["ok, too", "5"]),
    (8, "1 columns where the header has 2"),
    (10, ["", "6"]),
    (11, ["é 电影", "7"]),
    (12, "a quotation mark in it does not pair"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("size", [17, 23, 40, 64, 2**20])
def test_the_end_of_a_block_changes_nothing(size, encoding, monkeypatch):
    monkeypatch.setattr(streaming, "_BLOCK", size)
    blocks = LineBlocks(TABLE.encode(encoding), "rows.csv", None if encoding == "utf-8-sig" else encoding)
    assert list(rows_of_blocks(blocks, ",", 0, 1, 2)) == LINES
    assert blocks.share == 1.0


def test_a_line_without_end_is_refused(monkeypatch):
    monkeypatch.setattr(streaming, "_LONGEST_LINE", 100)
    monkeypatch.setattr(streaming, "_BLOCK", 64)
    with pytest.raises(ValueError, match=r"rows.csv holds a line of more than 100 characters"):
        list(LineBlocks(b"text\n" + b"a" * 300, "rows.csv"))
