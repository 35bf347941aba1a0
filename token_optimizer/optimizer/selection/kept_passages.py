"""A text with only the passages that are kept, and a marker for every run of others."""

from __future__ import annotations

from collections.abc import Sequence

from token_optimizer.models import Passage

# What the marker of a cut ends with.
_CUT_MARKS = (" left out]", " more like the line above]")


def was_cut(text: str) -> bool:
    """Whether the text has the marker of a cut."""
    return any(mark in text for mark in _CUT_MARKS)


def keep_passages(text: str, passages: Sequence[Passage], kept: frozenset[int], unit: str = "line") -> str:
    """The text with the kept passages, and one marker for each run of others, counting its lines."""
    out: list[str] = []
    end = gap_start = 0
    gap = 0
    for index, passage in enumerate(passages):
        out.append(text[end : passage.start])
        end = passage.end
        if index in kept:
            if gap:
                out.append(_marker(text[gap_start : passages[index - 1].end], gap, unit))
                gap = 0
            out.append(text[passage.start : passage.end])
        else:
            gap_start = gap_start if gap else passage.start
            gap += 1
    if gap:
        out.append(_marker(text[gap_start : passages[-1].end], gap, unit))
    out.append(text[end:])
    return "".join(out)


def keep_sentences(text: str, passages: Sequence[Passage], kept: frozenset[int]) -> str:
    """The text with the kept passages, and one marker for each run of others, counting passages."""
    return keep_passages(text, passages, kept, "passage")


def _marker(gap: str, passages: int, unit: str) -> str:
    count = max(1, len(gap.splitlines())) if unit == "line" else passages
    plural = "s" if count != 1 else ""
    return f"[… {count:,} {unit}{plural} left out]" + ("\n" if gap.endswith("\n") else "")
