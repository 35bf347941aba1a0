"""Cuts sections of text into chunks: whole paragraphs where they fit, never across a heading."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import semchunk

from token_optimizer.tokens.counts import count_texts

# A chunk has about so many tokens, and never more than twice as many.
TARGET_TOKENS = 200
MAX_TOKENS = 400
_MODEL = "gpt-4o"
# semchunk weighs a text as a whole: longer ones are given to it in slices.
_SLICE_CHARS = 20_000
_PARAGRAPH = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True, slots=True)
class Section:
    """A text under its headings, "Handbook / Outages". `pieces` are what is better kept whole, in order;
    each chunk of the section starts with `head`."""

    title_path: str
    pieces: tuple[str, ...]
    joint: str = "\n\n"
    head: str = ""

    @property
    def text(self) -> str:
        """All of it."""
        return self.head + self.joint.join(self.pieces)


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a document: its text, the headings that it stands under, its place, and its tokens."""

    content: str
    title_path: str
    position: int
    tokens: int


def paragraphs(text: str) -> tuple[str, ...]:
    """The paragraphs of a text, without the space around them."""
    return tuple(part for part in (part.strip() for part in _PARAGRAPH.split(text)) if part)


def chunks_of(sections: Sequence[Section]) -> list[Chunk]:
    """All sections as chunks, in order."""
    texts = [(section.title_path, text) for section in sections for text in _texts(section)]
    counts = count([text for _, text in texts])
    made = zip(texts, counts, strict=True)
    return [Chunk(text, path, at, tokens) for at, ((path, text), tokens) in enumerate(made)]


def count(texts: Sequence[str]) -> list[int]:
    """Tokens of each text, as chunks are measured."""
    return count_texts(texts, _MODEL)


def _texts(section: Section) -> Iterator[str]:
    """The section's pieces, put together while they fit, and cut where one alone does not."""
    room = TARGET_TOKENS - count([section.head])[0]
    held: list[str] = []
    tokens = 0
    for piece, size in _fitting(section.pieces, max(room, TARGET_TOKENS // 2)):
        if held and tokens + size > room:
            yield section.head + section.joint.join(held)
            held, tokens = [], 0
        held.append(piece)
        tokens += size
    if held:
        yield section.head + section.joint.join(held)


def _fitting(pieces: Sequence[str], max_tokens: int) -> Iterator[tuple[str, int]]:
    """The pieces with their tokens, those that are too long cut."""
    for piece, size in zip(pieces, count(pieces), strict=True):
        if size <= max_tokens:
            yield piece, size
            continue
        parts = [part for part in _cut(piece, max_tokens) if part.strip()]
        yield from zip(parts, count(parts), strict=True)


def _cut(text: str, max_tokens: int) -> Iterator[str]:
    for start in range(0, len(text), _SLICE_CHARS):
        cut = semchunk.chunk(text[start : start + _SLICE_CHARS], max_tokens, _tokens, memoize=False)
        assert isinstance(cut, list)
        yield from cut


def _tokens(text: str) -> int:
    return count([text])[0]
