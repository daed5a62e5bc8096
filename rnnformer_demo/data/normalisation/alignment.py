"""A text that is rewritten step by step and keeps where each of its characters comes from."""

from collections.abc import Iterable, Iterator, Sequence

Edit = tuple[int, int, str]  # start and end of a part of the text, and what takes its place


class AlignedText:
    """A text with the part of the typed text that each of its characters stands for.

    Args:
        typed: the text before any step.

    Attributes:
        text: as the steps so far left it.
    """

    def __init__(self, typed: str) -> None:
        self.text = typed
        # None while each character stands for itself.
        self._places: tuple[Sequence[int], Sequence[int]] | None = None

    def rewrite(self, edits: Iterable[Edit]) -> bool:
        """Replace parts of the text; they must be in order and must not overlap.

        Each character that comes in stands for the whole part that it replaces.

        Returns:
            True where anything changed.
        """
        old = self._places or (range(len(self.text)), range(1, len(self.text) + 1))
        parts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        kept = 0
        for start, end, new in edits:
            parts += self.text[kept:start], new
            starts += old[0][kept:start]
            ends += old[1][kept:start]
            starts += [old[0][start]] * len(new)
            ends += [old[1][end - 1]] * len(new)
            kept = end
        if not parts:
            return False
        parts.append(self.text[kept:])
        starts += old[0][kept:]
        ends += old[1][kept:]
        self.text, self._places = "".join(parts), (starts, ends)
        return True

    def typed_spans(self, spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yield for parts of the text, none of them empty, their start and end in what was typed."""
        if self._places is None:
            yield from spans
            return
        starts, ends = self._places
        for start, end in spans:
            yield starts[start], ends[end - 1]
