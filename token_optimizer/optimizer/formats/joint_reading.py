"""Reads the text parts of a message as one text: the documents may stand in some of them, the question in
another.

Before: parts "{document}", "{document}", "Who built it?", each too short to be material by itself
After:  the pieces of "{document}\\n\\n{document}\\n\\nWho built it?", each in the part that it stands in
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from token_optimizer.models import Kind
from token_optimizer.optimizer.embedded.pieces import Piece

_BETWEEN = "\n\n"


def pieces_of_parts(texts: Sequence[str], split: Callable[[str], list[Piece]]) -> list[list[Piece]] | None:
    """The pieces of each text, read together; None where what is one thing stands in several."""
    found: list[list[Piece]] = [[] for _ in texts]
    number = at = start = 0
    for piece in split(_BETWEEN.join(texts)):
        end = at + len(piece.raw)
        while number < len(texts):
            stop = start + len(texts[number])
            inside = _inside(piece, max(start - at, 0), min(stop, end) - at)
            if inside is None:
                return None
            if inside.raw:
                found[number].append(inside)
            if stop > end:
                break
            number, start = number + 1, stop + len(_BETWEEN)
        at = end
    return found


def _inside(piece: Piece, start: int, end: int) -> Piece | None:
    """What of the piece stands between these places in it; None where that has no meaning by itself."""
    raw = piece.raw[start : max(end, start)]
    if raw == piece.raw or not raw:
        return piece._replace(raw=raw)
    if raw.strip() == piece.raw.strip():
        spaces_before, spaces_behind = start, len(piece.raw) - end
        return piece._replace(
            raw=raw,
            lead=max(piece.lead - spaces_before, 0),
            after=max(piece.after - spaces_behind, 0),
        )
    is_one_thing = piece.kind is Kind.JSON or piece.quoting
    return None if is_one_thing else Piece(piece.kind, raw, background=piece.background)
