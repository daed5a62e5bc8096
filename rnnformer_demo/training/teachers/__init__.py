"""Teachers whose logits a model is distilled from."""
