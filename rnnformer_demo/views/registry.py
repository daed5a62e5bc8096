"""The registry of views. A view is one file: which sections it reads, its controls, its figure, its caption.

Views read the document and nothing else: they compute no model output and import neither torch nor the analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..document import Document

Choices = Mapping[str, str]  # values of a view's controls, by their names
Options = Callable[["Document", Choices], tuple[str, ...]]
ANY = ("sequence", "grid")
ON, OFF = "on", "off"


@dataclass(frozen=True)
class Control:
    """A choice that changes what a view shows, not what the document holds.

    Attributes:
        name: the key of its value in `Choices`.
        options: (document, choices of the controls before this one) -> values, the default first; none hides it.
        layouts: layouts of the inputs that it is for.
    """

    name: str
    options: Options
    layouts: tuple[str, ...] = ANY


@dataclass(frozen=True)
class View:
    """A way to show sections of the document.

    Attributes:
        name: its id on the command line, in the page and in `web/views/`.
        title: heading of its panel.
        help: one sentence below the heading.
        sections: names of those that it reads; it is shown where the document has them all.
        caption: (document, choices) -> text alternative of the figure.
        figure: (document, choices) -> matplotlib figure; None where the view is words alone.
        html: (document, choices) -> escaped HTML shown above the figure; None for no such part.
        controls: its choices, in their order.
        variants: (document) -> choices that a report shows, one figure each.
        extends: (choices) -> sections beyond `sections` that these choices need.
        layouts: layouts of the inputs that it is for.
        place: position of the panel on the page: lower comes first.
    """

    name: str
    title: str
    help: str
    sections: tuple[str, ...]
    caption: Callable[[Document, Choices], str]
    figure: Callable[[Document, Choices], Figure | None] | None = None
    html: Callable[[Document, Choices], str] | None = None
    controls: tuple[Control, ...] = ()
    variants: Callable[[Document], Iterator[Choices]] = field(default=lambda document: iter(({},)))
    extends: Callable[[Choices], tuple[str, ...]] = field(default=lambda choices: ())
    layouts: tuple[str, ...] = ANY
    place: int = 100

    def fits(self, document: Document) -> bool:
        """Return whether the document has the layout and the sections that the view is for."""
        return document.input.layout in self.layouts and all(map(document.has, self.sections))

    def draw(self, document: Document, choices: Choices) -> Figure | None:
        """Return the figure; None where the view is words alone, or has nothing to draw."""
        return None if self.figure is None else self.figure(document, choices)

    def check(self, document: Document, choices: Choices) -> dict[str, str]:
        """Return a value for every control: the chosen one, or the default where none is.

        Raises:
            ValueError: for a chosen value that is no option.
        """
        settled = self.settle(document, choices)
        for control in self.controls:
            chosen = choices.get(control.name)
            if control.name in settled and chosen not in (None, settled[control.name]):
                options = control.options(document, settled)
                raise ValueError(f"{control.name} must be one of {options}, got {chosen!r}")
        return settled

    def settle(self, document: Document, choices: Choices) -> dict[str, str]:
        """Return a valid value for every control: the chosen one where it is still an option, else the default.

        Controls without an option for this document are left out.
        """
        settled: dict[str, str] = {}
        for control in self.controls:
            if document.input.layout not in control.layouts:
                continue
            options = control.options(document, settled)
            if options:
                chosen = choices.get(control.name)
                settled[control.name] = chosen if chosen in options else options[0]
        return settled


VIEWS: dict[str, View] = {}


def register(view: View) -> View:
    """Add a view to the registry and return it.

    Raises:
        ValueError: for a name that is taken.
    """
    if view.name in VIEWS:
        raise ValueError(f"name must be new, got {view.name!r} twice")
    VIEWS[view.name] = view
    return view


def views_for(document: Document) -> list[View]:
    """Return the views that fit a document, in the order of the page."""
    return [view for view in ordered() if view.fits(document)]


def ordered() -> list[View]:
    """Return all views in the order of the page."""
    return sorted(VIEWS.values(), key=lambda view: (view.place, view.name))
