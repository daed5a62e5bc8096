"""The pretrained encoders that word vectors and teachers start from, by their names."""

from .e5 import load_e5
from .minilm import load_minilm

# Each gives an encoder and its tokenizer: for English; for a hundred languages.
ENCODERS = {"minilm": load_minilm, "e5": load_e5}
