"""Layers that every hybrid is made of, and the hooks that observe them."""
