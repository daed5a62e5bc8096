"""The packed multilingual encoder: what is read out of its file, and how it cuts texts."""

import struct
import sys

import numpy as np
import pytest
import torch

from rnnformer_demo.data import InputError
from rnnformer_demo.training.pretrained import e5

PIECES = ("<s>", "<pad>", "</s>", "<unk>", "▁query", ":", "▁", "酒店", "酒", "店", "好", "2")


def packed(tensors: dict[str, tuple[int, bytes]]) -> bytes:
    """A file as the package holds it, of a model of width 32."""
    normalised_text = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)])
    scores = [0.0, 0.0, 0.0, 0.0, *(-1.0 - index for index in range(len(PIECES) - 4))]
    head = b"E5S1" + struct.pack("<I7ifi", 1, 32, 1, 2, 64, len(PIECES), 16, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(normalised_text))
    head += struct.pack(f"<{len(ends)}I", *ends) + struct.pack(f"<{len(scores)}f", *scores) + normalised_text
    head += struct.pack("<iI", 1, 5) + b"\0" * 5 + struct.pack("<i", len(tensors))
    start = len(head) + sum(2 + len(name) + 21 for name in tensors)
    directory, body = b"", b""
    for name, (kind, data) in tensors.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", kind, len(data), start + len(body), len(data))
        body += data
    return head + directory + body


@pytest.fixture
def file(tmp_path):
    pairs = bytes(low | high << 4 for low, high in zip(range(16), reversed(range(16)), strict=True))
    block = np.float16(0.5).tobytes() + pairs
    path = tmp_path / "packed.bin"
    path.write_bytes(packed({"l0.q.w": (1, block * 2), "l0.q.b": (0, np.arange(3, dtype="<f4").tobytes())}))
    return path


def test_four_bits_become_numbers(file):
    sizes, pieces, tensors = e5.read_packed(file)
    assert (sizes["width"], sizes["layers"], sizes["heads"], sizes["positions"]) == (32, 1, 2, 16)
    assert [piece for piece, _ in pieces] == list(PIECES)
    expected = [0.5 * (value - 8) for value in (*range(16), *reversed(range(16)))]
    assert tensors["l0.q.w"].tolist() == expected * 2
    assert tensors["l0.q.b"].tolist() == [0.0, 1.0, 2.0]


def test_texts_are_cut_by_the_likeliest_pieces(file):
    sizes, pieces, _ = e5.read_packed(file)
    cut = e5._Pieces(pieces, sizes)
    whole = cut([" 酒店好２ ", "鑫"], truncation=False, max_length=None)["input_ids"]
    assert whole == [[0, 4, 5, 6, 7, 10, 11, 2], [0, 4, 5, 6, 3, 2]]
    assert cut(["酒店好"], truncation=True, max_length=6)["input_ids"] == [[0, 4, 5, 6, 7, 2]]


def test_vectors_of_the_pieces_are_neither_trained_nor_stored():
    frozen = e5._Frozen(torch.arange(6.0).view(3, 2))
    assert frozen(torch.tensor([[2, 0]])).tolist() == [[[4.0, 5.0], [0.0, 1.0]]]
    assert not list(frozen.parameters())
    assert frozen.state_dict() == {}


@pytest.mark.parametrize(
    ("packed_name", "name"),
    [
        ("emb.pos", "embeddings.position_embeddings.weight"),
        ("emb.ln.b", "embeddings.LayerNorm.bias"),
        ("l11.ao.w", "encoder.layer.11.attention.output.dense.weight"),
        ("l0.oln.b", "encoder.layer.0.output.LayerNorm.bias"),
    ],
)
def test_names_are_those_of_a_bert_model(packed_name, name):
    assert e5._name(packed_name) == name


def test_what_cannot_be_read_gets_a_sentence(tmp_path, monkeypatch):
    other = tmp_path / "other.bin"
    other.write_bytes(b"GGUF" + b"\0" * 99)
    with pytest.raises(InputError, match="is no packed encoder"):
        e5.read_packed(other)
    with pytest.raises(InputError, match=r"unknown tensor 'l0\.q'"):
        e5._name("l0.q")
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(InputError, match=r"pip install -r rnnformer_demo/training/requirements\.txt"):
        e5.load_e5()
