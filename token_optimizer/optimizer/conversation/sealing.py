"""What a message was sent as, encrypted for a store that must hold no prompt text (Fernet)."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from cryptography.fernet import Fernet, InvalidToken

from token_optimizer.models import BlockType, Kind
from token_optimizer.optimizer.conversation.prefix import AddedBlock, SentBlock, SentMessage

_FORMAT = 3


def sealed(message: SentMessage, secret: str) -> str:
    """The message as a token that only the secret opens."""
    blocks, tools = [*map(list, message.blocks)], [*map(list, message.tools)]
    fields = [_FORMAT, message.gone, blocks, tools, message.added, message.ended]
    return _cipher(secret).encrypt(zlib.compress(orjson.dumps(fields), 1)).decode()


def opened(token: str | bytes, secret: str) -> SentMessage | None:
    """The message; None for what was sealed under another secret or by another release."""
    try:
        fields = orjson.loads(zlib.decompress(_cipher(secret).decrypt(token)))
        if fields[0] != _FORMAT:
            return None
        _, gone, blocks, tools, added, ended = fields
        return SentMessage(_sent(blocks), tuple(map(_added, added)), gone, _sent(tools), ended)
    except (InvalidToken, ValueError, TypeError, LookupError, zlib.error):
        return None


@lru_cache(maxsize=256)
def _cipher(secret: str) -> Fernet:
    digest = hashlib.blake2b(secret.encode(), digest_size=32, person=b"conversations").digest()
    return Fernet(base64.urlsafe_b64encode(digest))


def _sent(rows: Sequence[Sequence[Any]]) -> tuple[SentBlock, ...]:
    return tuple(SentBlock(Kind(kind), *rest) for kind, *rest in rows)


def _added(row: Mapping[str, Any]) -> AddedBlock:
    return AddedBlock(**{**row, "type": BlockType(row["type"])})
