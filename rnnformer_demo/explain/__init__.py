"""Attribution methods on Captum, behind one registry; one file each.

Importing this imports neither torch nor Captum, so that the page can list the methods while those still load: the
functions import them.
"""

from . import integrated_gradients, occlusion, grad_cam  # noqa: F401, I001  (registers them; the first is the default)
from .registry import METHODS, Explanation, Method, Report, explain, methods_for

__all__ = ["METHODS", "Explanation", "Method", "Report", "explain", "methods_for"]
