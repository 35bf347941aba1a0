"""Finds the passages of a project's documents that fit a question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import connection, transaction
from numpy.typing import NDArray

from optimizer_app.embeddings.client import EmbeddingsUnavailable, embed, status
from optimizer_app.models import Project
from token_optimizer.models import BlockType
from token_optimizer.ports import RetrievedPassage
from token_optimizer.storage.passages import bound_time, passages_for
from token_optimizer.storage.search import Filters, FoundBlock, search

# A question is embedded in some 25 ms; whoever waits for the passages is better off without than late.
QUERY_WITHIN_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Retrieved:
    """What was found, best first, and why the search went by words alone where it did."""

    passages: Sequence[FoundBlock]
    by_words_alone: str = ""


def search_documents(
    project: Project,
    query: str,
    *,
    top_k: int = 10,
    types: Sequence[BlockType | str] | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Retrieved:
    """The passages of the project's documents that fit the question best.

    Without the embedding process the search goes by words alone, and says so. ValueError names a type that
    is none.
    """
    vector, model, missing = _query_vector(query)
    filters = Filters(types or (), metadata or {})
    with transaction.atomic(), connection.cursor() as cursor:
        found = search(cursor, owner_of(project.pk), query, vector, model, top_k, filters)
    return Retrieved(found, missing)


def has_blocks(project_id: UUID, within_seconds: float) -> bool:
    """Whether anything is stored for the project; DatabaseError where PostgreSQL does not say so in time."""
    with transaction.atomic(), connection.cursor() as cursor:
        bound_time(cursor, within_seconds)
        cursor.execute("SELECT EXISTS (SELECT FROM blocks WHERE owner = %s)", (owner_of(project_id),))
        return bool(cursor.fetchone()[0])


def passages_of(
    project_id: UUID,
    question: str,
    vector: NDArray[np.float32] | None,
    model: str,
    top_k: int,
    within_seconds: float,
) -> list[RetrievedPassage]:
    """The passages for a question in a request, best first; by words alone where `vector` is None.

    Raises DatabaseError where PostgreSQL does not answer in time.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        bound_time(cursor, within_seconds)
        return passages_for(cursor, owner_of(project_id), question, vector, model, top_k)


def owner_of(project_id: UUID) -> str:
    """Whose blocks they are, as the store knows a project."""
    return str(project_id)


def _query_vector(query: str) -> tuple[NDArray[np.float32] | None, str, str]:
    """The question's vector and the model it comes from; None and why there is none."""
    try:
        vector = embed([query], query=True, timeout_seconds=QUERY_WITHIN_SECONDS)[0]
    except EmbeddingsUnavailable as error:
        return None, "", str(error)
    return vector, status().model, ""
