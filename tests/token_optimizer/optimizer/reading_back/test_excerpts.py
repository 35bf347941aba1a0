"""Excerpts of what was left out: they bring some of any text, and the rest can be read in turn."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from token_optimizer.models import Kind, Prompt, ReadPart
from token_optimizer.optimizer.formats.reading import canonicalize
from token_optimizer.optimizer.reading_back.excerpts import Region, best_passages, excerpt

_KINDS = (Kind.PROSE, Kind.JSON, Kind.LOG, Kind.CODE, Kind.DOCUMENT, Kind.TRANSCRIPT, Kind.EXAMPLES)
_LINES = st.lists(
    st.sampled_from(["", "}", "a b c", "ERROR it broke", "x" * 900, '{"a": 1},', "— 日本語の文"]), max_size=80
)


def _prompt(text: str, kind: Kind) -> Prompt:
    body: dict[str, Any] = {"messages": [{"role": "user", "content": text or "x"}]}
    prompt = canonicalize(body, "openai")
    first = prompt.blocks[0].but(content=text, kind=kind)
    return replace(prompt, blocks=(first, *prompt.blocks[1:]))


@pytest.mark.parametrize("kind", _KINDS)
@settings(max_examples=30, deadline=None)
@given(lines=_LINES)
def test_every_excerpt_brings_some_of_the_text_in_order(kind: Kind, lines: list[str]) -> None:
    """One that is all marker would be read again and again."""
    text = "\n".join(lines)
    prompt = _prompt(text, kind)
    region = Region((ReadPart("b0", 0, len(text)),), "logs")
    parts = excerpt(region, "what broke", prompt, "gpt-4o", set(), 60)
    assert "".join(text[part.start : part.end] for part in parts) == text
    assert any(not part.words for part in parts)
    handles = [part.handle for part in parts if part.handle]
    assert len(set(handles)) == len(handles)


def test_words_that_nothing_holds_find_nothing() -> None:
    prompt = _prompt("a b c\n" * 50, Kind.LOG)
    regions = [Region((ReadPart("b0", 0, 300),), "logs")]
    assert best_passages(regions, "giraffe", prompt, set(), 100) == ([], "")
    assert best_passages([], "giraffe", prompt, set(), 100) == ([], "")
