"""Arguments of the endpoints of the API."""

from .fields import Flag, MaybeName, MaybeNames, Name, Names, Photo, Seed, Target, Text
from .reading import Request


class ListModels(Request):
    """List the models."""


class Call(Request):
    """Ask a model."""

    model: Name


class PredictText(Call):
    """Classify a text."""

    text: Text


class PredictImage(Call):
    """Classify a photo."""

    image: Photo = None


class _Question(Request):
    method: MaybeName = None
    target: Target = None
    seed: Seed = 0


class _Sections(_Question):
    sections: MaybeNames = None


class AnalyseText(_Sections, PredictText):
    """Analyse a text."""


class AnalyseImage(_Sections, PredictImage):
    """Analyse a photo."""


class _Explained(_Question):
    trust: Flag = False
    inside: Flag = False


class ExplainText(_Explained, PredictText):
    """Score the words of a text."""


class ExplainImage(_Explained, PredictImage):
    """Score the parts of a photo."""


class _Removed(Request):
    without: Names
    removal: MaybeName = None


class WhatIfText(_Removed, PredictText):
    """Remove words, or replace one."""

    replacement: MaybeName = None


class WhatIfImage(_Removed, PredictImage):
    """Cover cells of a photo."""


class CounterfactualText(PredictText):
    """Find the fewest words whose removal changes the label."""

    removal: MaybeName = None


class CompareText(_Question, PredictText):
    """Run a text through a hybrid and its baselines."""
