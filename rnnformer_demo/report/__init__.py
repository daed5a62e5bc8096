"""A self-contained HTML report of one analysis document. It needs no network to be read, and no model to be written.

A model may travel along, so that the reader can change the input: `site/live_report.py` packs one.
"""

from .inlined import Carried
from .render import render

__all__ = ["Carried", "render"]
