"""Views of an analysis: figures and what they show in words."""
