"""Pretrained RNN+Transformer hybrids for text and photos, shown from the inside."""

__version__ = "2.0.0"
