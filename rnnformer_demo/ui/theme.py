"""Colours, type and spacing of the page. Local fonts only: nothing is asked of another machine."""

from pathlib import Path

import gradio as gr
from gradio.themes.utils.fonts import LocalFont

CSS = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")

# Teal dark enough for white letters on it (700 on white: 5.5:1) and for links.
_PRIMARY = gr.themes.Color(
    name="teal",
    c50="#eff9f8",
    c100="#d3efec",
    c200="#a8dfda",
    c300="#72c7c1",
    c400="#41a8a3",
    c500="#1d7f7d",
    c600="#18706f",
    c700="#155b5c",
    c800="#14494b",
    c900="#133d3f",
    c950="#062426",
)


def make_theme() -> gr.themes.Base:
    """Make the theme, for `launch(theme=...)`."""
    theme = gr.themes.Default(
        primary_hue=_PRIMARY,
        secondary_hue=_PRIMARY,
        neutral_hue=gr.themes.colors.slate,
        # The SemiBold files that Gradio bundles lack ASCII letters: 400 and 700 are the weights to use.
        font=[LocalFont("Source Sans Pro", weights=(400, 700)), "system-ui", "sans-serif"],
        font_mono=[LocalFont("IBM Plex Mono", weights=(400, 700)), "ui-monospace", "monospace"],
        radius_size=gr.themes.sizes.radius_md,
    )
    return theme.set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color="*neutral_900",
        body_text_color_subdued="*neutral_600",
        body_text_color_subdued_dark="*neutral_300",
        block_background_fill="white",
        block_background_fill_dark="*neutral_900",
        block_label_text_color="*neutral_700",
        block_label_text_color_dark="*neutral_200",
        block_label_text_weight="400",
        block_title_text_weight="700",
        block_title_text_color="*neutral_800",
        block_title_text_color_dark="*neutral_100",
        block_shadow="none",
        input_placeholder_color="*neutral_500",
        input_placeholder_color_dark="*neutral_400",
        link_text_color="*primary_700",
        link_text_color_hover="*primary_800",
        link_text_color_dark="*primary_300",
        link_text_color_hover_dark="*primary_200",
        button_large_text_weight="700",
        button_medium_text_weight="700",
        button_small_text_weight="400",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_700",
        button_primary_border_color="*primary_700",
        button_primary_text_color="white",
        button_primary_text_color_dark="white",
    )
