"""Builders of the document's sections, one file each. `BUILDERS` names those that `extend` fills, in an order in which
each finds what it reads: a builder is a function (context, document) -> section."""

from collections.abc import Callable
from typing import Any

from ...document import Document
from ..context import Context
from .attention import build_attention
from .attribution import build_attribution
from .interventions import build_interventions
from .jacobian import build_jacobian
from .prefixes import build_prefixes
from .recurrence import build_recurrence
from .trust import build_trust

BUILDERS: dict[str, Callable[[Context, Document], Any]] = {
    "attribution": build_attribution,
    "attention": build_attention,
    "jacobian": build_jacobian,
    "recurrence": build_recurrence,
    "prefixes": build_prefixes,
    "interventions": build_interventions,
    "trust": build_trust,
}
READ_THE_PASS = frozenset({"attention", "recurrence"})  # those that read the forward pass, `Context.trace`
