"""The whole text analysis, trust card included, beside one attribution of a network as large as DistilBERT."""

from typing import Any

from .timing import TEXT_MODEL, median, seconds_of, text_of_64_tokens

LAYERS, WIDTH, HEADS = 6, 768, 12  # of DistilBERT (Sanh et al. 2019); its perceptrons are four times as wide
_TOKENS, _STEPS, _ROWS_PER_PASS = 64, 50, 10
_LEAST_TURNS, _TURNS_SHARE = 3, 4  # both take seconds: a turn for every so many runs


def beside_distilbert(runs: int) -> dict[str, Any]:
    """Measure both in turn, so that the ratio holds when the machine's speed drifts.

    The network has random weights, which take as long; integrated gradients along 50 steps from vectors of zeros, by
    Captum.
    """
    from ..analysis.service import INTERNALS, analyse

    text, attribute = text_of_64_tokens(), _attribution()

    def whole() -> Any:
        return analyse(TEXT_MODEL, text, ("attribution", *INTERNALS, "trust"))

    for work in (whole, attribute):
        work()
    turns = max(_LEAST_TURNS, runs // _TURNS_SHARE)
    pairs = [(seconds_of(whole), seconds_of(attribute)) for _ in range(turns)]
    return {
        "text_everything_p50_s": median([own for own, _ in pairs], 3),
        "distilbert_ig_p50_s": median([other for _, other in pairs], 3),
        "distilbert_ratio": median([other / own for own, other in pairs], 3),
    }


def _attribution() -> Any:
    """Make the network; return a function that attributes its answer to the vectors of 64 tokens."""
    import torch
    from torch import nn

    from ..interpret.attribution.integration import integrate

    torch.manual_seed(0)
    layer = nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, activation="gelu", batch_first=True)
    encoder = nn.TransformerEncoder(layer, LAYERS, enable_nested_tensor=False).eval().requires_grad_(False)
    head = nn.Linear(WIDTH, 2).requires_grad_(False)
    vectors = torch.randn(1, _TOKENS, WIDTH)

    def logits(rows: torch.Tensor) -> torch.Tensor:
        return head(encoder(rows)[:, 0])

    return lambda: integrate(
        logits, vectors, torch.zeros_like(vectors), 0, lambda share: None, (_STEPS,), _ROWS_PER_PASS
    )
