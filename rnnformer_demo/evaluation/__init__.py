"""Measurements over data sets: classification, explanations, and the tables made of them."""
