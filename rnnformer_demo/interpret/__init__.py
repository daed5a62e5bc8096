"""Interpretation of one decision: traces, gates, prefixes, interventions, attribution, trust."""
