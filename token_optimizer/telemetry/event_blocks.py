"""What an event says of a prompt's blocks: as much of a long conversation as an endpoint takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from token_optimizer.models import BlockFate

# More would be an event of over 64 kB, which endpoints refuse.
MAX_EVENT_BLOCKS = 150
_OTHER_REASONS = "other reasons"


def blocks_by_fate(fates: Iterable[BlockFate]) -> dict[str, list[dict[str, Any]]]:
    """The blocks that were sent with their size as sent, and those that were not with what they had."""
    blocks: dict[str, list[dict[str, Any]]] = {"selected": [], "dropped": []}
    for fate in fates:
        dropped = fate.fate == "dropped"
        tokens = fate.tokens_before if dropped else fate.tokens_after
        row = {"type": fate.type, "tokens": tokens, "reason": fate.reason}
        blocks["dropped" if dropped else "selected"].append(row)
    return blocks


def event_blocks(blocks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Type, tokens and reason of each block. Of more than `MAX_EVENT_BLOCKS`, those of one type and reason
    are one row, with their number in `blocks`."""
    rows = [
        {"type": str(block["type"]), "tokens": block["tokens"], "reason": block["reason"]} for block in blocks
    ]
    if len(rows) <= MAX_EVENT_BLOCKS:
        return rows
    joined = _joined(rows)
    if len(joined) <= MAX_EVENT_BLOCKS:
        return joined
    largest = sorted(rows, key=_tokens, reverse=True)
    kept = largest[: MAX_EVENT_BLOCKS // 2]
    return [*kept, *_joined([{**row, "reason": _OTHER_REASONS} for row in largest[len(kept) :]])]


def _joined(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row for all of a type and reason."""
    ordered = sorted(rows, key=_kind)
    groups = ((kind, list(group)) for kind, group in groupby(ordered, _kind))
    return [
        {"type": kind[0], "tokens": sum(map(_tokens, group)), "reason": kind[1], "blocks": len(group)}
        for kind, group in groups
    ]


def _kind(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["type"], row["reason"]


def _tokens(row: Mapping[str, Any]) -> int:
    return int(row["tokens"])
