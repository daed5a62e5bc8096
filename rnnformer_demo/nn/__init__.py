"""Layers that every hybrid is made of, and the hooks that observe them.

Shape legend, used in every trailing comment of the project:

    B batch    T steps (tokens or grid cells)    D width    H heads    U units of one recurrent direction
    h, w rows and columns of an image grid (T = h * w, row by row)       C classes    R rows, variants of one input

Masks are boolean, (B, T), true where a step is real. Real steps come first, padding last.
"""
