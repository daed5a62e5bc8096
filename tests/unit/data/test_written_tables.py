"""Tables as people write them, mixed at random: every row is read as it was written, or reported with its line."""

import bz2
import csv
import gzip
import io
import lzma
from contextlib import suppress
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnnformer_demo.data import InputError
from rnnformer_demo.data.tables import TableOptions, read_texts

TEXTS = {
    "latin": [
        "a good film",
        "so, so; well",
        'he said "fine"',
        "“très bon” – café",
        "Größe: null",
        "NA",
        "1",
        "it's | odd",
    ],
    "simplified": ["房间非常干净，服务也很好", "早餐很差，下次不会再来了", "不好", "an English text"],
    "traditional": ["房間非常乾淨，服務也很好", "早餐很差，下次不會再來了", "不好", "an English text"],
}
ENCODINGS = {
    "latin": ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"],
    "simplified": ["utf-8", "utf-16", "utf-16-le", "gb18030"],
    "traditional": ["utf-8", "utf-16-be", "big5"],
}
SEVERAL_LINES = ["Two\nlines, here", 'One\n\n"two"\nthree', "a;b\tc|d\n, and so on", "Well,\nand 1"]
LABELS = [("0", "1"), ("1.0", "2.0"), ("pos", "neg"), ("LABEL_0", "LABEL_1"), ("a class", "another, with a comma")]
PACK = {".csv": bytes, ".csv.gz": gzip.compress, ".csv.xz": lzma.compress, ".csv.bz2": bz2.compress}
DAMAGES = ["opened", "within", "too few", "too many", "no label", "no text"]


@dataclass(frozen=True)
class Written:
    """A table, with the rows that are good and the lines on which damaged ones begin."""

    text: str
    good: list[tuple[int, str, str]]
    damaged: list[int]


@st.composite
def tables(draw, texts: list[str], separator: str) -> Written:
    """Draw a table; those with tabs hold quotation marks as plain text."""
    quotes = separator != "\t"
    labels = draw(st.sampled_from(LABELS))
    order = draw(st.permutations(["text", "label", *(["id"] if draw(st.booleans()) else [])]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL])) if quotes else csv.QUOTE_NONE
    lines, good, damaged = [], [], []

    def written(cells: dict[str, str]) -> str:
        if not quotes:
            return separator.join(cells[name] for name in order)
        stream = io.StringIO()
        writer = csv.writer(stream, delimiter=separator, quoting=quoting, lineterminator="\n")
        writer.writerow(cells[name] for name in order)
        return stream.getvalue()[:-1].replace("\n", end)

    def add(row: str) -> int:
        number = sum(line.count("\n") for line in lines) + 1
        lines.append(row + end)
        return number

    add(separator.join(order))
    # Both labels occur twice in sound rows, as in any set that is worth reading.
    kinds = ["good"] * 4 + draw(st.lists(st.sampled_from(["good", "good", *DAMAGES]), max_size=12))
    for number, kind in enumerate(kinds):
        text = draw(st.sampled_from(texts + (SEVERAL_LINES if quotes else [])))
        cells = {"text": text, "label": labels[number % 2], "id": str(number)}
        if kind == "good":
            line = add(written(cells))
            good.append((line, " ".join(text.split()), cells["label"]))
        elif kind in ("no label", "no text"):
            damaged.append(add(written(cells | {kind.removeprefix("no "): ""})))
        elif kind in ("too few", "too many"):
            plain = [*"abc"[: len(order)]]
            damaged.append(add(separator.join(plain[:-1] if kind == "too few" else [*plain, "d"])))
        elif quotes:
            odd = '"An opening mark' if kind == "opened" else '"He said "fine" to me"'
            safe = {name: f'"{cell}"' if separator in cell else cell for name, cell in cells.items()}
            damaged.append(add(separator.join((safe | {"text": odd})[name] for name in order)))
        if draw(st.integers(0, 9)) == 0:
            add("")
    return Written("".join(lines), good, damaged)


@st.composite
def files(draw) -> tuple[Written, str, str, str, bool]:
    """Draw a table with its separator, its encoding, the suffix of its file, and whether its encoding is named."""
    kind = draw(st.sampled_from(sorted(TEXTS)))
    separator = draw(st.sampled_from(",;\t|"))
    encoding = draw(st.sampled_from(ENCODINGS[kind]))
    return (
        draw(tables(TEXTS[kind], separator)),
        separator,
        encoding,
        draw(st.sampled_from(sorted(PACK))),
        draw(st.booleans()),
    )


@given(files())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_every_row_is_read_or_reported_with_its_line(tmp_path, file):
    table, _, encoding, suffix, named = file
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(PACK[suffix](table.text.encode(encoding)))
    read = read_texts(path, TableOptions(encoding=encoding if named else None))
    assert len(read.rows) + len(read.rejected) == len(table.good) + len(table.damaged)
    assert [row.line for row in read.rejected] == table.damaged
    assert [(row.line, row.label) for row in read.rows] == [(line, label) for line, _, label in table.good]
    if named or encoding != "cp1252":  # a few letters with accents may be those of a neighbour
        assert [" ".join(row.text.split()) for row in read.rows] == [text for _, text, _ in table.good]


@given(files(), st.data())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_file_that_is_damaged_anywhere_is_read_or_refused(tmp_path, file, data):
    table, separator, encoding, suffix, _ = file
    written = bytearray(PACK[suffix](table.text.encode(encoding)))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(written) - 1))
        written[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(written)
    for options in (TableOptions(), TableOptions(sep=separator, encoding=encoding, text_column="1", label_column="2")):
        with suppress(InputError):
            assert all(row.text.strip() and row.label.strip() for row in read_texts(path, options).rows)
