"""Tables that the page sends: scored piece by piece, and refused in a sentence."""

import base64
import csv
import io

import pytest

from rnnformer_demo.analysis.service import predict
from rnnformer_demo.api import tables
from rnnformer_demo.api.requests import ScoreTable, read
from rnnformer_demo.data import InputError

TEXTS = ["a good film", "", "a bad, bad film", "☃", *(f"a film {'and a plot ' * number}" for number in range(40))]


@pytest.fixture(autouse=True)
def _models(saved, monkeypatch):
    monkeypatch.setenv("RNNFORMER_CHECKPOINTS", str(saved))


def sent(content: str | bytes, name: str = "rows.csv", model: str = "text") -> dict:
    data = content if isinstance(content, bytes) else content.encode()
    return {"model": model, "name": name, "data": base64.b64encode(data).decode()}


def test_pieces_make_one_table():
    file = io.StringIO()
    csv.writer(file).writerows([("n", "text"), *enumerate(TEXTS)])
    pieces = list(tables.scored_pieces(read(ScoreTable, sent(file.getvalue()))))
    assert [share for share, _ in pieces] == [32 / 44, 1.0]
    assert [(piece["done"], piece["total"]) for _, piece in pieces] == [(32, 44), (44, 44)]
    rows = list(csv.DictReader(io.StringIO("".join(piece["csv"] for _, piece in pieces))))
    assert [row["text"] for row in rows] == [text.strip() for text in TEXTS if text not in ("", "☃")]
    for row in rows:
        answer = predict("text", row["text"]).prediction
        assert float(row[f"p_{answer.label}"]) == pytest.approx(answer.confidence, abs=2e-6)
    rejected = [each for _, piece in pieces for each in piece["rejected"]]
    assert [(each["place"], each["reason"][:10]) for each in rejected] == [(3, "no text"), (5, "This model")]


GOOD = "text\ngood\n"
REFUSED = {
    "photos": (sent(GOOD, model="image"), "Tables hold texts: choose a model of texts."),
    "model": (sent(GOOD, model="none"), "There is no model"),
    "name": (sent(GOOD, "rows.parquet"), "A table must be a .csv, .tsv or .jsonl file: save it as one of them."),
    "base64": ({**sent(GOOD), "data": "%%%"}, "The table must be sent in base64."),
    "no data": ({"model": "text", "name": "rows.csv"}, "rows.csv must have a column text"),
    "type": ({**sent(GOOD), "data": 5}, "data must be a file in base64, got 5."),
    "empty": (sent("text\n"), "The table holds no rows."),
    "long": (sent("text\n" + "good\n" * 1001), "The table has more than 1,000 rows: split it, or use the command"),
    "large": (sent(b"a" * (tables.MOST_BYTES + 9)), "The table is larger than 5 MB: split it, or use the command"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_small_table_is_refused(name):
    request, sentence = REFUSED[name]
    with pytest.raises(InputError) as error:
        list(tables.scored_pieces(read(ScoreTable, request)))
    assert str(error.value).startswith(sentence)
