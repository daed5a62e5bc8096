"""Decoding of typed bytes: what is certain is read, anything else gets a sentence with the option that reads it."""

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnformer_demo.data import InputError
from rnnformer_demo.data.decoding import decode_text, typed_argument

CHINESE, ENGLISH = "很好，房间干净，服务也不错", "The café isn’t good"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "gbk", "gb18030"])
def test_chinese_is_read_in_the_encodings_that_it_comes_in(encoding):
    assert decode_text(CHINESE.encode(encoding))[0] == CHINESE


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-8", "utf-16", "utf-32"])
def test_english_is_read_in_every_encoding_of_unicode(encoding):
    assert decode_text(ENGLISH.encode(encoding))[0] == ENGLISH


def test_short_chinese_is_read_where_its_characters_are_common():
    assert decode_text("酒店不错".encode("gbk")) == ("酒店不错", "gb18030")
    for text in ("差", "蒙牛洗发水"):
        with pytest.raises(InputError, match="add --encoding gb18030"):
            decode_text(text.encode("gbk"))


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (ENGLISH, "cp1252"),
        ("The café was bad", "cp1252"),
        ("房間很差，服務也不好。", "big5"),
        ("とても良い映画でした", "shift_jis"),
        ("とても良い映画でした", "euc-jp"),
        ("정말 좋은 영화였다", "euc-kr"),
        ("Очень плохой фильм", "cp1251"),
        ("Очень плохой фильм", "koi8-r"),
    ],
)
def test_what_is_not_certain_is_refused_with_the_encoding_that_it_looks_like(text, encoding):
    data = text.encode(encoding)
    with pytest.raises(InputError, match=f"This text is not in UTF-8; it looks like {encoding} .*: add --encoding"):
        decode_text(data)
    assert decode_text(data, encoding) == (text, encoding)


def test_bytes_that_look_like_nothing_are_refused():
    with pytest.raises(InputError, match="its encoding cannot be told: save it as UTF-8, or name it with --encoding"):
        decode_text("Очень плохой фильм".encode("cp866"))


@pytest.mark.parametrize(
    ("encoding", "sentence"), [("nope", "There is no"), ("base64", "There is no"), ("ascii", "not in")]
)
def test_a_wrong_encoding_gets_a_sentence(encoding, sentence):
    with pytest.raises(InputError, match=sentence):
        decode_text("é".encode(), encoding)


def test_an_argument_that_the_terminal_did_not_decode_is_read_the_same_way():
    argument = os.fsdecode(CHINESE.encode("gbk"))
    assert typed_argument(argument) == (CHINESE, "gb18030")
    assert typed_argument("plain é \ud83d") == ("plain é \ud83d", "utf-8")


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data):
    try:
        text, encoding = decode_text(data)
    except InputError:
        return
    assert isinstance(text, str)
    assert encoding.startswith("utf") or encoding == "gb18030"
