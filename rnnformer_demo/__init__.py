"""Pretrained RNN+Transformer hybrids for text and photos, shown from the inside."""
