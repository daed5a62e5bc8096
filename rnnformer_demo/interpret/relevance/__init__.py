"""Layer-wise relevance propagation (LRP; Bach et al. 2015) through a hybrid, by a hand-written backward pass.

A logit is handed down, layer by layer, to the tokens, by what each part of a sum adds to it. Where a layer is no sum
of its inputs, a rule says what is taken for one at this input (`rules.py`):

- LSTM and GRU: gates are constant (LRP-all, Arras et al. 2019, 1904.11829), see `Cell.linearised`;
- attention and its pooling: weights are constant (CP-LRP, Ali et al. 2022, 2202.07304), or relevance goes through the
  softmax and is halved between the factors of a product (AttnLRP, Achtibat et al. 2024, 2402.05602);
- layer norms: standard deviations are constant (Ali et al. 2022);
- GELU, ReLU6 and tanh: the ratio f(z) / z is constant;
- convolutions, on the way from the CNN's grid to pixels: the gamma rule (`pixels.py`).

With these rules LRP is gradient x input of the linearised network: what is handed down are its gradients, which need no
division by sums that may be zero. One forward pass is recorded at the hook points, see `capture`; the rest is
recomputed from that without running a recurrence again. Autograd has no part in it.
"""

from .propagation import Relevance, record, relevance_at, relevance_of
from .rules import ATTENTION_RULES

__all__ = ["ATTENTION_RULES", "Relevance", "record", "relevance_at", "relevance_of"]
