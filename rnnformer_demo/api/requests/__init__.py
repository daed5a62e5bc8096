"""Requests: the one typed schema of all that comes in over HTTP, MCP, the page and the command line.

Each call is a model of pydantic. `read` checks values against one before anything runs, and what does not fit gets one
sentence, the same everywhere. Imports neither gradio nor torch.
"""

from .calls import (
    AnalyseImage,
    AnalyseText,
    Call,
    CompareText,
    CounterfactualText,
    ExplainImage,
    ExplainText,
    ListModels,
    PredictImage,
    PredictText,
    WhatIfImage,
    WhatIfText,
)
from .page import (
    Ablation,
    AnalysePage,
    Cards,
    Claims,
    Counterfactual,
    Export,
    Extend,
    Leaderboards,
    Replacement,
    ScoreTable,
    Search,
    Section,
    Training,
    WithOwnModel,
)
from .reading import Request, read

__all__ = [
    "Ablation",
    "AnalyseImage",
    "AnalysePage",
    "AnalyseText",
    "Call",
    "Cards",
    "Claims",
    "CompareText",
    "Counterfactual",
    "CounterfactualText",
    "ExplainImage",
    "ExplainText",
    "Export",
    "Extend",
    "Leaderboards",
    "ListModels",
    "PredictImage",
    "PredictText",
    "Replacement",
    "Request",
    "ScoreTable",
    "Search",
    "Section",
    "Training",
    "WhatIfImage",
    "WhatIfText",
    "WithOwnModel",
    "read",
]
