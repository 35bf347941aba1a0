"""What a case begins with that is made of a request whose texts are kept."""

from __future__ import annotations

from optimizer_app.captures.reading import capture_of, texts_of
from optimizer_app.captures.texts import CapturedTexts
from optimizer_app.models import RequestTrace
from optimizer_app.models.configs.regression_case import CaseTexts
from optimizer_app.models.prompts.playground_example import ExampleTexts


def kept_case(trace: RequestTrace, block_number: int | None = None) -> CaseTexts:
    """The request's prompt, and the text that the block had, by its number from 1. NotKept where they are
    not there."""
    texts = texts_of(capture_of(trace))
    prompt = ExampleTexts(trace.dialect, texts.body, texts.question, _documents(texts))
    found = texts.blocks.get(trace.blocks[block_number - 1].get("id", "")) if block_number else None
    return CaseTexts(prompt, found.before if found else "")


def _documents(texts: CapturedTexts) -> str:
    """As somebody would type them."""
    parts = [f"{document.get('title', '')}\n{document.get('text', '')}" for document in texts.documents]
    return "\n---\n".join(parts)
