"""What a provider says that it did to a conversation: old tool results cleared, or the whole compacted.

Only names and counts are kept, never a text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Edit = dict[str, Any]
_COMPACTION = "compaction"
_MAX_NAME_CHARS = 60


def applied_edits(payload: Mapping[str, Any]) -> list[Edit]:
    """The edits that `context_management` of Anthropic's answers and closing events tells of."""
    management = payload.get("context_management")
    edits = management.get("applied_edits") if isinstance(management, Mapping) else None
    return [_counts(edit) for edit in edits if isinstance(edit, Mapping)] if isinstance(edits, list) else []


def compactions(items: object) -> list[Edit]:
    """One edit for each part of an answer that is a compaction of what came before it."""
    found = [item for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
    return [{"type": _COMPACTION} for item in found if item.get("type") == _COMPACTION]


def _counts(edit: Mapping[str, Any]) -> Edit:
    counts = {name: value for name, value in edit.items() if type(value) is int}
    return {"type": str(edit.get("type", ""))[:_MAX_NAME_CHARS], **counts}
