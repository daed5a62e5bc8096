"""Pretrained CNNs that an image hybrid stands on."""
