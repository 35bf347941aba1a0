"""The status of a job, from its documents: running, done or failed."""

from __future__ import annotations

from collections.abc import Sequence

from optimizer_app.models import Document

_MAX_NAMED = 3
_STATES = Document.State


def job_status(documents: Sequence[Document]) -> tuple[str, str]:
    """`running`, `done` or `failed`, and for the last one the reason.

    A job has failed where one of its documents has, or was cancelled or deleted before its end; the others
    are stored all the same.
    """
    if not documents:
        return "failed", "its documents were deleted"
    if not all(document.is_finished for document in documents):
        return "running", ""
    failed = [document for document in documents if document.state != _STATES.DONE]
    return ("failed", _reason(failed, len(documents))) if failed else ("done", "")


def _reason(failed: Sequence[Document], of: int) -> str:
    named = "; ".join(_described(document) for document in failed[:_MAX_NAMED])
    more = f"; and {len(failed) - _MAX_NAMED} more" if len(failed) > _MAX_NAMED else ""
    return named if of == 1 else f"{len(failed)} of {of} documents: {named}{more}"


def _described(document: Document) -> str:
    why = document.reason or ("it was cancelled" if document.state == _STATES.CANCELLED else "")
    return f"{document.external_id}: {why}"
