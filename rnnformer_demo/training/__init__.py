"""Training, evaluation and calibration. Nothing outside the CLI imports this, and it imports neither gradio nor captum."""
