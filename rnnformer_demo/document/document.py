"""The analysis document: everything that page, report, API, command line and browser show of one input."""

from dataclasses import dataclass, fields
from typing import TypeVar

from .sections import (
    Attention,
    Attribution,
    ComparedModel,
    Edit,
    Input,
    Interventions,
    Jacobian,
    Model,
    Prediction,
    Provenance,
    Recurrence,
    Trajectory,
    Trust,
)

SCHEMA = 2
Part = TypeVar("Part")


@dataclass(frozen=True, kw_only=True)
class Document:
    """One analysis. Sections are optional: those that are None, or empty where they are lists, were not asked for.

    Attributes:
        schema: version of this format.
        model, input, prediction, provenance: always there.
        attribution: the scores that are shown and measured.
        other_attributions: by other methods or for other classes, computed before on the same input.
        attention, jacobian, recurrence, prefixes, interventions, trust: see there; an empty `recurrence` is one of a
            model that has none.
        edits: changed inputs, the last one last.
        comparison: the same input through other models.
    """

    schema: int = SCHEMA
    model: Model
    input: Input
    prediction: Prediction
    provenance: Provenance
    attribution: Attribution | None = None
    other_attributions: tuple[Attribution, ...] = ()
    attention: Attention | None = None
    jacobian: Jacobian | None = None
    recurrence: tuple[Recurrence, ...] | None = None
    prefixes: tuple[Trajectory, ...] | None = None
    interventions: Interventions | None = None
    trust: Trust | None = None
    edits: tuple[Edit, ...] = ()
    comparison: tuple[ComparedModel, ...] = ()

    def has(self, section: str) -> bool:
        """Return whether a section is there.

        Raises:
            ValueError: for a name that is no section.
        """
        if section not in SECTIONS:
            raise ValueError(f"section must be one of {SECTIONS}, got {section!r}")
        value = getattr(self, section)
        return value is not None and (value != () or section == "recurrence")

    @property
    def target(self) -> str:
        """The class that is explained: that of the attribution, or else the predicted one."""
        return self.attribution.target if self.attribution else self.prediction.label

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences about the input, the out-of-distribution verdict and the computation."""
        message = self.prediction.ood.message if self.prediction.ood else ""
        computed = self.attribution.warnings if self.attribution else ()
        return (*self.input.warnings, *([message] if message else []), *computed)


SECTIONS = tuple(field.name for field in fields(Document) if field.name != "schema")


def require(part: Part | None, name: str) -> Part:
    """Return an optional part of a document, a section or a place within one, that a view or a step needs.

    Raises:
        ValueError: where the document does not have it.
    """
    if part is None:
        raise ValueError(f"document must have the section {name}, got none")
    return part
