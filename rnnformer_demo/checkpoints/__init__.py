"""Checkpoints on disk: weights as safetensors, cards and tokenizers as JSON."""
