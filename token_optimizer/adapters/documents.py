"""Retrieved documents, cut to what their question needs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from token_optimizer.adapters.prompts import PromptOptimizer
from token_optimizer.models import Kind, OptimizationResult
from token_optimizer.optimizer.formats.talk import document_text

# A gap, or a copy of what stands elsewhere.
_MARKERS = re.compile(r"\[[^\[\]]*\bleft out\b[^\[\]]*\]")


def cut_documents(
    optimizer: PromptOptimizer, documents: Sequence[Mapping[str, str]], query: str
) -> list[str | None]:
    """What is left of each document ({title, text}), in their order; None where nothing is needed of it."""
    body = {"messages": [{"role": "user", "content": query}]}
    own = {"documents": list(documents), "query": query}
    sent = _texts(optimizer.prepared("openai", body, own, with_texts=True).result)
    if not sent:  # the optimizer failed
        return [document["text"] for document in documents]
    return [_left_of(*item) for item in zip(range(len(documents)), documents, sent, strict=False)]


def _texts(result: OptimizationResult) -> list[str]:
    """What is sent of each block that is a document."""
    fates = [fate for fate in result.stats.blocks if fate.kind is Kind.DOCUMENT]
    return [result.texts[fate.id].after for fate in fates if fate.id in result.texts]


def _left_of(place: int, document: Mapping[str, str], sent: str) -> str | None:
    heading = document_text(place, {**document, "text": ""}).rstrip("\n") + "\n"
    left = sent.removeprefix(heading).strip()
    return left if _MARKERS.sub("", left).strip() else None
