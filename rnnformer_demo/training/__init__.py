"""Training, evaluation and calibration: imported by the CLI alone, and importing neither gradio nor captum."""
