"""The page: header, a tab for texts, a tab for photos, the API."""

from pathlib import Path
from typing import Any

import gradio as gr

from ..api import endpoints
from . import handlers
from .model_list import list_entries
from .tab import build_tab
from .tab_state import TabSpec
from .theme import CSS, make_theme

TITLE = "RNNformer Demo"
MAX_UPLOAD = "20mb"
_EXAMPLES = Path(__file__).parent / "examples"
_SESSIONS = 100  # results kept for redrawing; one is 2 MB at most

# For a text model whose card names no examples.
EXAMPLE_TEXTS = (
    "A witty, tender film with two wonderful performances.",
    "The plot is not without charm, but the jokes fall flat and the ending is a mess.",
    "I expected to hate it, and yet I left the cinema smiling.",
    "For its first hour this is a patient, beautifully photographed portrait of a marriage: two people who talk past "
    "each other, a house that is too large for them, a summer that will not end. Then the thriller that nobody asked "
    "for begins. There are chases, there is a twist that you will see coming, and there is a speech that explains what "
    "the pictures had already said. The actors deserve better, and for a while they get it, which makes the rest all "
    "the more disappointing.",
)


def _text_input() -> gr.Textbox:
    return gr.Textbox(
        label="Text",
        placeholder="Type or paste a sentence or a review, then press Enter (Shift+Enter for a new line)",
        lines=1,
        max_lines=10,
        elem_classes="typed",
    )


def _photo_input() -> gr.Image:
    return gr.Image(
        label="Photo",
        sources=["upload", "clipboard", "webcam"],
        type="filepath",
        height=300,
        alt_text="The photo to analyse",
    )


SPECS = (
    TabSpec(
        modality="text",
        layout="sequence",
        title="Text",
        make_input=_text_input,
        examples=EXAMPLE_TEXTS,
        submits=True,
        hint="Type a sentence or click an example: the prediction, the words that it rests on, the attention and the "
        "hidden states appear here.",
    ),
    TabSpec(
        modality="image",
        layout="grid",
        title="Photo",
        make_input=_photo_input,
        examples=tuple(str(path) for path in sorted(_EXAMPLES.glob("*.jpg"))),
        submits=False,
        hint="Upload, paste or take a photo, or click an example: the prediction, the parts of the photo that it rests "
        "on, the attention and the hidden states appear here.",
    ),
)


def build_page() -> gr.Blocks:
    """Build the whole page, with its events and its API; read the models' cards, load no model."""
    models = list_entries()
    with gr.Blocks(title=TITLE) as page:
        gr.HTML(
            f'<header class="masthead"><h1>{TITLE}</h1><p>See what a network of recurrent and attention layers '
            "predicts from your sentence or photo, and how it got there.</p></header>",
        )
        with gr.Tabs():
            for spec in SPECS:
                build_tab(spec, [model for model in models if model.modality == spec.modality])
        endpoints.register()
        page.unload(handlers.end_assessing)
    return page.queue(max_size=40)


def launch_options() -> dict[str, Any]:
    """Return the arguments of `launch`; host and port are left to the environment."""
    return {
        "theme": make_theme(),
        "css": CSS,
        "max_file_size": MAX_UPLOAD,
        "state_session_capacity": _SESSIONS,
        "run_history": False,
        "footer_links": ["api", "settings"],
        "ssr_mode": False,
        "show_error": False,
    }
