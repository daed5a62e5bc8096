"""Normalisation of typed text: the one place that decides what a tokenizer reads, by rules that a checkpoint stores."""

from .normaliser import Normalised, Normaliser, whole_characters
from .rules import Rules, rules_for, rules_from

__all__ = ["Normalised", "Normaliser", "Rules", "rules_for", "rules_from", "whole_characters"]
