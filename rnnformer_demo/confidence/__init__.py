"""Calibrated probabilities and out-of-distribution detectors."""

OOD_TENSORS = "ood."  # begins the names of a detector's tensors among the weights of a checkpoint
