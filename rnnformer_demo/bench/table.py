"""The table of the bench in its README.md."""

from typing import Any

from ..evaluation.reporting.markdown import table
from .timing import TEXT_MODEL

_ROWS = {
    "Machine": ("machine",),
    "First page, seconds; an empty Gradio app beside it; ratio": (
        "first_page_s",
        "first_page_empty_app_s",
        "first_page_ratio",
    ),
    "First click on Analyse 5 s after the first page, seconds": ("first_click_after_5_s",),
    "First click at once, while everything is still being imported, seconds": ("first_click_at_once_s",),
    "Click on Analyse until the prediction is there: a text; one of 400 tokens; a photo; p50, ms": (
        "text_prediction_p50_ms",
        "long_text_prediction_p50_ms",
        "photo_prediction_p50_ms",
    ),
    "Click on Analyse until all but trust is there: a text; one of 400 tokens; a photo, upload included; p50, ms": (
        "text_click_p50_ms",
        "long_text_click_p50_ms",
        "photo_click_p50_ms",
    ),
    "Click on Analyse with a line of text while three visitors keep the models busy with photos: until the prediction "
    "is there, p50; slowest of {runs}; until all but trust is there, p50; s": (
        "text_beside_photos_prediction_p50_s",
        "text_beside_photos_prediction_slowest_s",
        "text_beside_photos_click_p50_s",
    ),
    "In Chromium: Enter until the prediction is shown, p50, ms; layout shift of the first visit (CLS)": (
        "first_prediction_ms",
        "layout_shift",
    ),
    "In Chromium: move of the cursor until all views follow, p95, ms: 60 words; 400 tokens; those on a phone, CPU 4 x "
    "slower": (
        "cursor_words_60_p95_ms",
        "cursor_tokens_400_p95_ms",
        "cursor_phone_tokens_400_p95_ms",
    ),
    "Text: prediction; analysis; p50, ms": ("text_predict_p50_ms", "text_analysis_p50_ms"),
    "Text analysis, the slowest of {runs}, ms": ("text_analysis_slowest_ms",),
    "Photo: prediction; analysis; p50, ms": ("photo_predict_p50_ms", "photo_analysis_p50_ms"),
    **{
        f"Photo of 224 pixels: prediction; ResNet-18, random weights; both by {engine}; p50, ms; ratio": (
            f"photo_beside_{key}_p50_ms",
            f"resnet18_{key}_p50_ms",
            f"resnet18_{key}_ratio",
        )
        for engine, key in {"torch": "torch", "ONNX Runtime": "onnx", "int8": "int8"}.items()
    },
    "Text of 64 tokens: analysis, prefix predictions and interventions, p50, ms; then the trust card, p50, s": (
        "text_inside_p50_ms",
        "text_trust_p50_s",
    ),
    "All of that; 50 steps of integrated gradients in a network of DistilBERT's size; p50, s; ratio": (
        "text_everything_p50_s",
        "distilbert_ig_p50_s",
        "distilbert_ratio",
    ),
    "Photo: analysis, prefix predictions and interventions, p50, ms; then the trust card, p50, s": (
        "photo_inside_p50_ms",
        "photo_trust_p50_s",
    ),
    "Photo: occlusion; integrated gradients on pixels, seconds": (
        "photo_occlusion_s",
        "photo_pixel-integrated-gradients_s",
    ),
    "Resident memory of the server after 75 analyses; at its peak, with trust cards of a text and a photo; MB": (
        "resident_mb_after_75_analyses",
        "resident_mb_peak",
    ),
}


def markdown(figures: dict[str, Any]) -> str:
    """Return a row for each figure of `run`, and one for each length of text beside all-MiniLM-L6-v2."""
    rows = {
        title.format(runs=figures["runs"]): "; ".join(_shown(figures[name]) for name in names)
        for title, names in _ROWS.items()
    }
    for length, engines in (figures["minilm"] or {}).items():
        for engine, measured in engines.items():
            both = f"`{TEXT_MODEL}`; all-MiniLM-L6-v2; both by {engine}"
            rows[f"Text of {length} tokens: {both}; p50, ms; ratio; that of the fastest calls"] = "; ".join(
                map(_shown, measured.values())
            )
    if figures["minilm_note"]:
        rows["Beside all-MiniLM-L6-v2"] = figures["minilm_note"]
    return table(("quantity", "measured"), rows.items())


def _shown(figure: Any) -> str:
    return "not measured" if figure is None else str(figure)
