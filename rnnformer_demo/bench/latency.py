"""Predictions and analyses in this process; and a prediction beside one by the architecture of the teachers."""

import re
from collections.abc import Callable, Iterable
from functools import partial
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any

from ..data import InputError
from .timing import CALLS_A_TURN, PHOTO_MODEL, TEXT_MODEL, TEXTS, inputs, median, seconds_of, text_of_64_tokens, turn

if TYPE_CHECKING:
    from ..checkpoints.store import Checkpoint

LENGTHS = (16, 32, 64, 128, 256, 400)  # tokens
_RUNS_A_CARD = 4  # a trust card takes seconds
LoadEncoder = Callable[[], tuple[Any, Any]]


def latencies(runs: int) -> dict[str, Any]:
    """Measure predictions, and analyses with the figures that the page draws, warm, in this process."""
    from ..analysis.service import analyse, predict
    from ..views import views_for
    from ..views.canvas import to_bytes

    texts, photo = inputs()

    def draw(model: str, source: Any) -> None:
        document = analyse(model, source, ("attribution", "attention", "recurrence"))
        for view in views_for(document):
            figure = view.draw(document, view.settle(document, {}))
            if figure is not None:
                to_bytes(figure, "png")

    measured: dict[str, Callable[[], Any]] = {
        "text_predict": lambda: predict(TEXT_MODEL, next(texts)),
        "text_analysis": lambda: analyse(TEXT_MODEL, next(texts)),
        "text_analysis_with_figures": lambda: draw(TEXT_MODEL, next(texts)),
        "photo_predict": lambda: predict(PHOTO_MODEL, photo),
        "photo_analysis": lambda: analyse(PHOTO_MODEL, photo),
        "photo_analysis_with_figures": lambda: draw(PHOTO_MODEL, photo),
    }
    figures: dict[str, Any] = {}
    for name, work in measured.items():
        work()
        seconds = [seconds_of(work) for _ in range(runs)]
        figures[f"{name}_p50_ms"] = round(1000 * median(seconds, 5), 1)
        figures[f"{name}_slowest_ms"] = round(1000 * max(seconds), 1)
    figures |= _with_trust(runs, {"text": (TEXT_MODEL, text_of_64_tokens()), "photo": (PHOTO_MODEL, photo)})
    for method in ("occlusion", "pixel-integrated-gradients"):
        attribute = partial(analyse, PHOTO_MODEL, photo, method=method)
        figures[f"photo_{method}_s"] = median([seconds_of(attribute) for _ in range(3)])
    return figures


def _with_trust(runs: int, sources: dict[str, tuple[str, Any]]) -> dict[str, Any]:
    """Measure the answer to a click, figures apart: attribution and internals; then the trust card."""
    from ..analysis.service import INTERNALS, analyse, extend

    figures = {}
    for name, (model, source) in sources.items():

        def whole(model: str = model, source: Any = source) -> Any:
            return analyse(model, source, ("attribution", *INTERNALS))

        document = whole()
        figures[f"{name}_inside_p50_ms"] = round(1000 * median([seconds_of(whole) for _ in range(runs)], 5), 1)
        cards = [extend(document, "trust").trust.seconds for _ in range(max(3, runs // _RUNS_A_CARD))]
        figures[f"{name}_trust_p50_s"] = median(cards, 2)
    return figures


def beside_minilm(runs: int, load_encoder: LoadEncoder) -> dict[str, Any]:
    """Measure predictions of the text model and of all-MiniLM-L6-v2 with a linear head, for texts of each length.

    One text at a time, tokenization included: both by torch, both by ONNX Runtime, and both there with matrices in 8
    bits. Each has turns of `CALLS_A_TURN` calls: the ratio holds when the
    machine's speed drifts, and neither pays call by call for the caches that the other's weights have filled.

    Args:
        load_encoder: gives the encoder and its tokenizer, as `training.minilm.load_minilm` does.

    Returns:
        `minilm`: by the number of tokens, and by what runs both, p50 of both in ms, the median of the turns' ratios,
        and the ratio of the fastest calls, which the other users of a shared machine disturb least; None where the
        encoder is not installed. `minilm_note`: the gaps of the measurement and their reason, or None.
    """
    from ..analysis.service import predict
    from ..checkpoints.store import load
    from ..evaluation.modality import text_reader
    from .rivals import encoder_session, engines_of, open_in_eight_bits

    try:
        encoder, pieces = load_encoder()
    except InputError as error:
        return {"minilm": None, "minilm_note": f"Not measured. {error}"}
    checkpoint = load(TEXT_MODEL)  # one of its own, whose engine changes
    sessions: dict[str, Callable[[], Any]] = {
        "torch": lambda: None,
        "ONNX Runtime": lambda: encoder_session(encoder),
        "int8": lambda: encoder_session(encoder, open_in_eight_bits),
    }
    longest = text_reader(checkpoint).max_tokens
    measured: dict[str, dict[str, dict[str, float]]] = {}
    for engine, run_by in engines_of(checkpoint).items():
        checkpoint.model.engine = run_by
        encoder_with_head = _Baseline(encoder, pieces, len(checkpoint.labels), sessions[engine]())
        for length in (length for length in LENGTHS if length <= longest):
            text = _text_of(length, checkpoint, pieces)
            works = (partial(predict, checkpoint, text), partial(encoder_with_head, text, length))
            pairs = [[turn(work) for work in works] for _ in range(max(1, runs // CALLS_A_TURN))]
            own, other = ([seconds for pair in pairs for seconds in pair[which]] for which in (0, 1))
            measured.setdefault(str(length), {})[engine] = {
                "predict_p50_ms": round(1000 * median(own, 5), 2),
                "minilm_p50_ms": round(1000 * median(other, 5), 2),
                "ratio": median([median(other, 5) / median(own, 5) for own, other in pairs], 2),
                "fastest_ratio": round(min(other) / min(own), 2),
            }
    note = f"{TEXT_MODEL} reads {longest} tokens at most." if longest < max(LENGTHS) else None
    return {"minilm": measured, "minilm_note": note}


class _Baseline:
    """The encoder, the mean over its states and a linear head, as `training.teacher` puts them together."""

    def __init__(self, encoder: Any, pieces: Any, classes: int, session: Any = None):
        import torch

        self.encoder, self.pieces, self.session = encoder.float().eval(), pieces, session
        self.head = torch.nn.Linear(encoder.config.hidden_size, classes)

    def __call__(self, text: str, tokens: int) -> list[float]:
        """Return probabilities for the first `tokens` tokens of a text, special ones included."""
        import torch

        with torch.inference_mode():
            batch = self.pieces(text, truncation=True, max_length=tokens, return_tensors="pt")
            if self.session:
                states = torch.from_numpy(self.session.run(["states"], {"ids": batch["input_ids"].numpy()})[0])
            else:
                states = self.encoder(**batch).last_hidden_state  # (1, T, D)
            return self.head(states.mean(1)).softmax(-1)[0].tolist()


def _text_of(length: int, checkpoint: "Checkpoint", pieces: Any) -> str:
    """Return words of the texts that are one token to both, up to a length."""
    from ..evaluation.modality import text_reader

    reader = text_reader(checkpoint)

    def whole(word: str) -> bool:
        return len(reader.ids(word)) == 1 == len(pieces(word, add_special_tokens=False)["input_ids"])

    words: Iterable[str] = filter(whole, re.findall(r"[a-z]+", " ".join(TEXTS).lower()))
    return " ".join(islice(cycle(words), length))
