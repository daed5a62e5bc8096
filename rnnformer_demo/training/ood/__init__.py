"""Fitting and testing of out-of-distribution detectors."""
