"""What a message was sent as, encrypted for a store that must hold no prompt text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from token_optimizer import sealing
from token_optimizer.models import BlockType, Kind, Origin
from token_optimizer.optimizer.conversation.sent import AddedBlock, SentBlock, SentMessage

_FORMAT = 4


def sealed(message: SentMessage, secret: str) -> str:
    """The message as a token that only the secret opens."""
    blocks, tools = [*map(list, message.blocks)], [*map(list, message.tools)]
    fields = [_FORMAT, message.gone, blocks, tools, message.added, message.ended]
    return sealing.seal(orjson.dumps(fields), _key(secret))


def opened(token: str | bytes, secret: str) -> SentMessage | None:
    """The message; None for what was sealed under another secret or by another release."""
    try:
        fields = orjson.loads(sealing.unseal(token, _key(secret)))
        if fields[0] != _FORMAT:
            return None
        _, gone, blocks, tools, added, ended = fields
        return SentMessage(_sent(blocks), tuple(map(_added, added)), gone, _sent(tools), ended)
    except (sealing.NotUnsealed, ValueError, TypeError, LookupError):
        return None


def _key(secret: str) -> bytes:
    return sealing.derived_key(secret, purpose="conversations")


def _sent(rows: Sequence[Sequence[Any]]) -> tuple[SentBlock, ...]:
    return tuple(SentBlock(Kind(kind), *rest) for kind, *rest in rows)


def _added(row: Mapping[str, Any]) -> AddedBlock:
    return AddedBlock(**{**row, "type": BlockType(row["type"]), "origin": Origin(row["origin"])})
