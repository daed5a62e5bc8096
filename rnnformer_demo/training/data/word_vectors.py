"""Pretrained vectors to start a token embedding from."""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor
from tqdm import tqdm

from ...data import InputError
from ...data.text import SPECIAL_TOKENS, pad
from ...nn.devices import accelerator, to_device_of
from ..pretrained import ENCODERS

_BATCH = 256
_STD = 0.1  # of the vectors that come out, as an embedding is initialised


def word_vectors(source: str, tokenizer: Tokenizer, width: int) -> Tensor:
    """Return vectors (vocabulary, width) for every token, from one of `ENCODERS` or a folder.

    See `encoded_vectors` and `stored_vectors`.

    Raises:
        InputError: see there.
    """
    if source in ENCODERS:
        return encoded_vectors(source, tokenizer, width)
    return stored_vectors(Path(source), tokenizer, width)


def stored_vectors(folder: Path, tokenizer: Tokenizer, width: int) -> Tensor:
    """Return vectors (vocabulary, width) from a folder.

    It holds vectors.npz, one array (N, any width), and vocabulary.json, each entry's row in it. A token that is not
    there gets the mean of its characters that are, or else the mean of all.

    Raises:
        InputError: for a folder without these two files, or where they do not fit each other.
    """
    try:
        rows = json.loads((folder / "vocabulary.json").read_text(encoding="utf-8"))
        with np.load(folder / "vectors.npz") as arrays:
            (array,) = arrays.values()
        table = torch.from_numpy(array).float()
        known = {entry: table[row] for entry, row in rows.items()}
    except (OSError, ValueError, IndexError, AttributeError) as error:
        raise InputError(f"{folder} must hold vectors.npz and a vocabulary.json that fits it: {error}.") from error
    vectors = table.mean(0).repeat(tokenizer.get_vocab_size(), 1)
    for index in range(len(SPECIAL_TOKENS), len(vectors)):
        token = tokenizer.id_to_token(index).removeprefix("##")
        found = [known[part] for part in ([token] if token in known else token) if part in known]
        if found:
            vectors[index] = torch.stack(found).mean(0)
    return _reduced(vectors, width)


def encoded_vectors(name: str, tokenizer: Tokenizer, width: int) -> Tensor:
    """Return vectors (vocabulary, width) for every token, by a pretrained encoder.

    It reads each token on its own, and the principal components of the mean of its states are kept. Special tokens
    get zeros.

    Args:
        name: one of `ENCODERS`.

    Raises:
        InputError: where the packages that carry the encoder are not installed.
    """
    encoder, pieces = ENCODERS[name]()
    encoder.eval().to(accelerator())
    tokens = [tokenizer.id_to_token(index).removeprefix("##") for index in range(tokenizer.get_vocab_size())]
    ids = pieces(tokens, truncation=False, max_length=None)["input_ids"]
    vectors = []
    with torch.no_grad():
        for start in tqdm(range(0, len(ids), _BATCH), desc="word vectors", mininterval=2):
            batch, mask = to_device_of(encoder, *pad(ids[start : start + _BATCH]))
            states = encoder(input_ids=batch, attention_mask=mask.long()).last_hidden_state  # (B, T, 384)
            vectors.append(((states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)).cpu())
    return _reduced(torch.cat(vectors), width)


def _reduced(vectors: Tensor, width: int) -> Tensor:
    """Return the principal components (N, width) of vectors (N, any width), scaled as an embedding is initialised."""
    vectors = vectors - vectors.mean(0)
    torch.manual_seed(0)  # pca_lowrank draws
    _, _, components = torch.pca_lowrank(vectors, q=min(width, *vectors.shape), center=False)
    reduced = vectors @ components  # (N, width) or less where there is less to keep
    reduced = F.pad(reduced / reduced.std() * _STD, (0, width - reduced.shape[1]))
    reduced[: len(SPECIAL_TOKENS)] = 0.0
    return reduced
