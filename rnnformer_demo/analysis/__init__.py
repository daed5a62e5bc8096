"""The analysis service: from a model and an input to an analysis document, filled section by section on demand."""
