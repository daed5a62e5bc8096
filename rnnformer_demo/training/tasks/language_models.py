"""Language models that pretrain parts of text models: in both directions for a recurrence, masked for attention."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...data.text import SPECIAL_TOKENS, UNKNOWN, pad
from ...models.text import TextHybrid
from ...nn.devices import to_device_of

_CANDIDATES = 2048  # random tokens among which the right one is to be found, beside those of the batch
_TEXTS_PER_BATCH = 64
_MASKED, _BLANKED, _REPLACED = 0.15, 0.8, 0.1  # of the tokens; of those, as Devlin et al. do
_SEED = 0  # of the masks that accuracy is measured with


class LanguageModel(nn.Module):
    """A recurrence in both directions that predicts: the forward states the next token, the backward ones the
    previous. It shares embedding and recurrence with the hybrid that it holds.

    Args:
        hybrid: with one kind of recurrence and one recurrent block. A second block would see what is to be predicted.
    """

    def __init__(self, hybrid: TextHybrid):
        super().__init__()
        self.hybrid = hybrid
        width = hybrid.config.embedding
        self.ahead, self.back = nn.Linear(hybrid.config.units, width), nn.Linear(hybrid.config.units, width)

    def queries(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return vectors (N, embedding) for ids and mask (B, T), and the neighbour tokens (N,) they should be near."""
        core = self.hybrid.core
        x = core.dropout(core.project(self.hybrid.embed(ids)))
        (block,) = core.recurrent_blocks
        (recurrence,) = block.recurrences.values()
        ahead, back = recurrence(block.norm(x), mask, None).chunk(2, dim=-1)  # (B, T, U) each
        pairs = mask[:, 1:]
        queries = torch.cat([self.ahead(ahead[:, :-1][pairs]), self.back(back[:, 1:][pairs])])
        return queries, torch.cat([ids[:, 1:][pairs], ids[:, :-1][pairs]])

    def loss(self, ids: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
        """Return the cross-entropy over the tokens of the batch and some random ones; `labels` are not used."""
        return _loss(*self.queries(ids, mask), self.hybrid.embedding.weight)

    @torch.no_grad()
    def accuracy(self, rows: list[list[int]]) -> float:
        """Return the accuracy, 0-1: the share of neighbouring tokens guessed right among the whole vocabulary."""
        return _accuracy(self, rows)


class MaskedLanguageModel(nn.Module):
    """Attention that predicts tokens which it does not see (Devlin et al. 2019, "BERT: Pre-training of Deep
    Bidirectional Transformers", section 3.1), the unknown token in the place of most. It shares all below the pooling
    with the model that it holds.

    Args:
        hybrid: without recurrence.
    """

    def __init__(self, hybrid: TextHybrid):
        super().__init__()
        self.hybrid = hybrid
        self.guess = nn.Linear(hybrid.config.width, hybrid.config.embedding)

    def queries(self, ids: Tensor, mask: Tensor, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """Return vectors (N, embedding) for the hidden ones of ids (B, T) with mask (B, T), and these tokens (N,).

        Args:
            generator: of the choice, on the CPU; None for that of torch.
        """
        first, vocabulary = len(SPECIAL_TOKENS), len(self.hybrid.embedding.weight)
        draws = torch.rand(2, *ids.shape, generator=generator).to(ids.device)
        others = torch.randint(first, vocabulary, ids.shape, generator=generator).to(ids.device)
        hidden = (draws[0] < _MASKED) & mask
        seen = ids.masked_fill(hidden & (draws[1] < _BLANKED), UNKNOWN)
        seen = seen.where(~(hidden & (draws[1] > 1 - _REPLACED)), others)
        states = self.hybrid.core.token_features(self.hybrid.tokens(self.hybrid.embed(seen)), mask)
        return self.guess(states[hidden]), ids[hidden]

    def loss(self, ids: Tensor, mask: Tensor, labels: Tensor) -> Tensor:
        """Return the cross-entropy over the hidden tokens and some random ones; `labels` are not used."""
        return _loss(*self.queries(ids, mask), self.hybrid.embedding.weight)

    @torch.no_grad()
    def accuracy(self, rows: list[list[int]]) -> float:
        """Return the accuracy, 0-1: the share of hidden tokens guessed right, which are the same ones each time."""
        return _accuracy(self, rows, torch.Generator().manual_seed(_SEED))


def _loss(queries: Tensor, tokens: Tensor, vectors: Tensor) -> Tensor:
    """Return the cross-entropy of queries (N, W) for tokens (N,) among these and some random ones.

    The whole vocabulary would cost several times what the model does.
    """
    if not len(tokens):  # short texts of which nothing was hidden
        return queries.sum()
    random = torch.randint(len(vectors), (min(_CANDIDATES, len(vectors)),), device=vectors.device)
    candidates, places = torch.cat([tokens, random]).unique(return_inverse=True)
    return F.cross_entropy((queries @ vectors[candidates].T).float(), places[: len(tokens)])


def _accuracy(model: LanguageModel | MaskedLanguageModel, rows: list[list[int]], *generator: torch.Generator) -> float:
    right = total = 0
    rows = sorted(rows, key=len)
    for start in range(0, len(rows), _TEXTS_PER_BATCH):
        ids, mask = to_device_of(model, *pad(rows[start : start + _TEXTS_PER_BATCH]))
        queries, tokens = model.queries(ids, mask, *generator)
        for part, answers in zip(queries.split(4096), tokens.split(4096), strict=True):
            right += ((part @ model.hybrid.embedding.weight.T).argmax(-1) == answers).sum().item()
        total += len(tokens)
    return right / max(total, 1)
