"""Calibrated probabilities and out-of-distribution detectors."""
