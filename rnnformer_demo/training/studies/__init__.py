"""Searches, ablations and baselines."""
