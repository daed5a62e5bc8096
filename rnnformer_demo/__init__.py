"""Pretrained RNN+Transformer hybrids for text and photos, shown from the inside."""

__version__ = "0.1.0"
