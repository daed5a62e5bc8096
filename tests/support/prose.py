"""Figures in the prose of Markdown files, and the sources that stand beside them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

PART = re.compile(r"<!-- ([\w-]+) -->\n(.*?)\n?<!-- end -->", flags=re.DOTALL)
_NO_PROSE = re.compile(r"\A---\n.*?\n---\n|```.*?```", flags=re.DOTALL)  # front matter, code
_LINK = re.compile(r"\]\(([^)\s]+)\)")
# Shares by which a quantity is defined, not measured.
_DEFINED = re.compile(r"95 % (interval|of random orders|of the held-out inputs)|within 3 %")
_MEASURED = ("metrics", "seeds", "teacher", "ood")  # in a card, which holds logits as well
_FIGURE = re.compile(r"(?<![\d.,-])\d+(?:\.\d+)?(?=\s?%)|(?<![\d.,-])\d+\.\d+(?![\d.])")


def unsourced(path: Path, text: str | None = None) -> list[str]:
    """Return the figures of a file's paragraphs with percentages that no source linked in the same paragraph holds.

    A source is a Markdown file, of which made parts count, an anchor in the file itself, likewise, or a JSON file.

    Args:
        text: the file's text, where another is to be judged than the one on disk.
    """
    text = path.read_text(encoding="utf-8") if text is None else text
    missing = []
    for paragraph in _paragraphs(text):
        sources = {figure for link in _LINK.findall(paragraph) for figure in _figures_at(link, path, text)}
        prose = _DEFINED.sub("", re.sub(r"`[^`]*`", "", _LINK.sub("]", paragraph)))
        if "%" in prose:
            missing += [figure for figure in _FIGURE.findall(prose) if figure not in sources]
    return missing


def _paragraphs(text: str) -> list[str]:
    return re.split(r"\n\s*\n|\n(?=- )", _NO_PROSE.sub("\n\n", PART.sub("\n\n", text)))


def _figures_at(link: str, path: Path, text: str) -> set[str]:
    place, _, _ = link.partition("#")
    if not place:
        return _numbers("\n".join(part for _, part in PART.findall(text)))
    source = path.parent / place
    if source.suffix == ".json":
        entry = json.loads(source.read_text(encoding="utf-8"))
        measured = [entry[key] for key in _MEASURED if key in entry] if "recorded" in entry else entry  # of a card
        return {f"{100 * value:.1f}" for value in _values(measured)}
    if source.suffix == ".md":
        linked = source.read_text(encoding="utf-8")
        return _numbers("\n".join(part for _, part in PART.findall(linked)) or linked)
    return set()


def _numbers(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", text))


def _values(entry: object) -> Iterator[float]:
    if isinstance(entry, dict | list):
        for part in entry.values() if isinstance(entry, dict) else entry:
            yield from _values(part)
    elif isinstance(entry, float):
        yield entry
