"""The page. Building it imports neither torch nor Captum nor matplotlib: handlers import them, after the page is up."""

from .page import build_page, launch_options
from .warmup import warm_up

__all__ = ["build_page", "launch_options", "warm_up"]
