"""What a question would find in a project's documents, with the reasons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from optimizer_app.models import Document, Project
from optimizer_app.retrieval.search import search_documents
from token_optimizer.optimizer.relevance.words import FUNCTION_WORDS
from token_optimizer.storage.passages import why_found
from token_optimizer.storage.search import FoundBlock

TOP_K = 10
EXCERPT_CHARS = 320
_WORD = re.compile(r"\w{3,}")


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage. `excerpt` and `rest` are its text in parts, (text, whether the question has this word)."""

    number: int
    block: FoundBlock
    why: str
    source: Document | None
    excerpt: tuple[tuple[str, bool], ...]
    rest: tuple[tuple[str, bool], ...]

    @property
    def place(self) -> str:
        """The headings that it stands under, without the title where that is the source's own."""
        path = self.block.title_path
        title = str(self.source) if self.source else ""
        return path.removeprefix(title).removeprefix(" / ")


@dataclass(frozen=True, slots=True)
class Answer:
    """The passages, best first, and why they were found by words alone where they were."""

    hits: tuple[Hit, ...]
    by_words_alone: str


def answer(project: Project, asked: dict[str, Any]) -> Answer:
    """What the valid form finds in the project."""
    types = [asked["type"]] if asked["type"] else None
    found = search_documents(project, asked["q"], top_k=TOP_K, types=types, metadata=asked["where"])
    sources = _sources(project, found.passages)
    words = asked_words(asked["q"])
    hits = (
        _hit(number, block, sources.get(block.document_id), words)
        for number, block in enumerate(found.passages, 1)
    )
    return Answer(tuple(hits), found.by_words_alone)


def asked_words(question: str) -> set[str]:
    """The words of a question that say what it is about, in lower case."""
    return {word.lower() for word in _WORD.findall(question)} - FUNCTION_WORDS


def _sources(project: Project, passages: Iterable[FoundBlock]) -> dict[UUID | None, Document]:
    ids = {block.document_id for block in passages if block.document_id is not None}
    return {item.pk: item for item in project.documents.defer("source").filter(pk__in=ids)}


def _hit(number: int, block: FoundBlock, source: Document | None, words: set[str]) -> Hit:
    text = block.content.strip()
    end = len(text) if len(text) <= EXCERPT_CHARS else _word_end(text, EXCERPT_CHARS)
    return Hit(number, block, why_found(block), source, marked(text[:end], words), marked(text[end:], words))


def _word_end(text: str, least: int) -> int:
    """The first place at or after `least` where a word ends."""
    space = re.compile(r"\s").search(text, least)
    return space.start() if space else len(text)


def marked(text: str, words: set[str]) -> tuple[tuple[str, bool], ...]:
    """The text in parts, those that are one of the words apart from the others."""
    parts: list[tuple[str, bool]] = []
    at = 0
    for found in _WORD.finditer(text):
        if found[0].lower() in words:
            parts += [(text[at : found.start()], False), (found[0], True)]
            at = found.end()
    parts.append((text[at:], False))
    return tuple(part for part in parts if part[0])
