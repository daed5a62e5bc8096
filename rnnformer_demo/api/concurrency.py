"""Concurrency of the page's events: queues, limits, and the choice that wins."""

from typing import Any

# Left alone, Gradio drops a choice that is made while the answer to another is on its way.
LAST_WINS: dict[str, Any] = {"trigger_mode": "always_last", "api_visibility": "private"}
# One lock guards the models: more at a time would only wait there.
MODEL: dict[str, Any] = {"concurrency_id": "model", "concurrency_limit": 1, **LAST_WINS}
# Measuring takes seconds and gives the lock back after every pass: it does not stand in the way of another's analysis.
TRUST: dict[str, Any] = {"concurrency_id": "trust", "concurrency_limit": 2, **LAST_WINS}
QUIET: dict[str, Any] = {"show_progress": "hidden", "concurrency_limit": 4, **LAST_WINS}
