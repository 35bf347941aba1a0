"""`search_documents`: the passages of the project's documents that fit a question."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from gateway.mcp.arguments import Arguments
from gateway.mcp.asking import Asked
from optimizer_app.models import Project
from optimizer_app.retrieval.search import search_documents

MAX_CHARS = 4_000


class DocumentQuestion(Arguments):
    query: str = Field(min_length=1, max_length=2_000)
    limit: int = Field(5, ge=1, le=20)


async def find_passages(asked: Asked, question: DocumentQuestion) -> dict[str, Any]:
    project = Project(pk=asked.caller.project_id)
    found = await asked.read(lambda: search_documents(project, question.query, top_k=question.limit))
    passages = [
        {
            "document_id": passage.document_id,
            "headings": passage.title_path,
            "text": passage.content[:MAX_CHARS],
            "tokens": passage.tokens,
            "score": round(passage.score, 4),
        }
        for passage in found.passages
    ]
    return {"passages": passages, "by_words_alone": found.by_words_alone}
