"""Word vectors from a pretrained sentence encoder, to start a token embedding from."""

import torch
import torch.nn.functional as F
from tokenizers import Tokenizer
from torch import Tensor
from tqdm import tqdm

from ..data.text import SPECIAL_TOKENS
from .minilm import load_minilm

_BATCH = 256
_STD = 0.1  # of the vectors that come out, as an embedding is initialised


def minilm_vectors(tokenizer: Tokenizer, width: int) -> Tensor:
    """Vectors (vocabulary, width) for every token: all-MiniLM-L6-v2 encodes each on its own, and the principal
    components of what comes out are kept. Special tokens get zeros.

    Raises:
        InputError: where the packages that carry the encoder are not installed.
    """
    encoder, pieces = load_minilm()
    encoder.eval()
    tokens = [tokenizer.id_to_token(index).removeprefix("##") for index in range(tokenizer.get_vocab_size())]
    vectors = []
    with torch.no_grad():
        for start in tqdm(range(0, len(tokens), _BATCH), desc="word vectors", mininterval=2):
            batch = pieces(tokens[start : start + _BATCH], padding=True, return_tensors="pt")
            states = encoder(**batch).last_hidden_state  # (B, T, 384)
            mask = batch["attention_mask"][..., None]
            vectors.append((states * mask).sum(1) / mask.sum(1))
    vectors = torch.cat(vectors)
    vectors = vectors - vectors.mean(0)
    torch.manual_seed(0)  # pca_lowrank draws
    _, _, components = torch.pca_lowrank(vectors, q=min(width, *vectors.shape), center=False)
    reduced = vectors @ components  # (vocabulary, width) or less where there is less to keep
    reduced = F.pad(reduced / reduced.std() * _STD, (0, width - reduced.shape[1]))
    reduced[: len(SPECIAL_TOKENS)] = 0.0
    return reduced
