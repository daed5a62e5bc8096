"""Attribution methods behind one registry: one file each, and its row below.

Importing this imports neither torch nor Captum, so that the page can list the methods while those still load: the
functions import them.

DeepLift is not offered. Its rules for nonlinear parts are set module by module, and PyTorch's LSTM and GRU are
fused: their gates are no modules, so that plain gradients pass through where its rules should hold. It raises no error
and is off: on three of the page's examples its scores miss f(x) - f(baseline) by about all of it, where integrated
gradients miss by less than 1 % (`pytest -s tests/unit/interpret/attribution/test_deeplift.py`).
"""

# Rows of the registry: importing a file registers its methods, in the order of the page's list, the default first and
# the control last.
from . import (  # noqa: F401, I001
    integrated_gradients,
    relevance_propagation,
    occlusion,
    greedy_occlusion,
    averaged_greedy_occlusion,
    kernel_shap,
    permutation_shapley,
    gradient_shap,
    direct_logit_attribution,
    gradient_x_input,
    grad_cam,
    attention_jacobian,
    gradient_attention,
    attention_rollout,
    recurrence_integrated_gradients,
    random,
)
from .compute import MethodError, checked_method, explain
from .features import BASELINES, by_unit, sum_by_unit
from .progress import Report
from .registry import METHOD_ALIASES, METHODS, Explanation, Method, current_name, methods_for

__all__ = [
    "BASELINES",
    "METHODS",
    "METHOD_ALIASES",
    "Explanation",
    "Method",
    "MethodError",
    "Report",
    "by_unit",
    "checked_method",
    "current_name",
    "explain",
    "methods_for",
    "sum_by_unit",
]
