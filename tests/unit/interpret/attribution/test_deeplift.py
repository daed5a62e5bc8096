"""Why DeepLift is not offered: on recurrences that are fused its scores do not add up, and it does not say so."""

import pytest
import torch
from captum.attr import DeepLift

from rnnformer_demo.analysis import service
from rnnformer_demo.bench.timing import TEXTS
from rnnformer_demo.interpret.attribution.features import baseline_tokens, tokens_of
from rnnformer_demo.interpret.attribution.integration import relative_gap


class Decide(torch.nn.Module):
    """The part above the tokens, as the module that Captum wants."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, tokens, mask):
        return self.model.classify_tokens(tokens, mask.expand(len(tokens), -1))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("text", TEXTS[:3])
def test_deeplift_misses_the_change_of_the_logit(text):
    document = service.analyse("sentiment-en", text)
    context = service.context_of(document)
    model, sample, target = context.checkpoint.model, context.sample, context.target_of(document)
    tokens, baseline = tokens_of(model, sample), baseline_tokens(model, sample, "unknown")
    with torch.no_grad():
        change = (model.classify_tokens(tokens, sample.mask) - model.classify_tokens(baseline, sample.mask))[
            0, target
        ].item()
    scores = DeepLift(Decide(model)).attribute(
        tokens.requires_grad_(), baseline, target=target, additional_forward_args=(sample.mask,)
    )
    gap = relative_gap(scores.sum().item(), change)
    print(f"completeness gap: DeepLift {gap:.0%}, integrated gradients {document.attribution.completeness_gap:.2%}")
    assert gap > 0.1 > 0.01 >= document.attribution.completeness_gap
