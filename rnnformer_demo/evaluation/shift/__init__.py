"""Tests on everyday texts that no model was trained on: `python -m rnnformer_demo evaluate-shift`."""
