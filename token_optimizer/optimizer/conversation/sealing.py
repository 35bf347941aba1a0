"""What a message was sent as, encrypted for a store that must hold no prompt text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson

from token_optimizer import sealing
from token_optimizer.models import BlockType, Kind, Marker, Origin, ReadPart, ReadResult, SentRead
from token_optimizer.ports import AddedBlock, SentBlock, SentMessage

_FORMAT = 9


def sealed(message: SentMessage, secret: str) -> str:
    """The message as a token that only the secret opens."""
    blocks, tools = [*map(list, message.blocks)], [*map(list, message.tools)]
    flags = [message.gone, message.ended, message.unchanged]
    fields = [_FORMAT, *flags, blocks, tools, message.added]
    fields += [[*map(_row, message.reads)], message.conversation, [*map(list, message.system)]]
    return sealing.seal_briefly(orjson.dumps(fields), _key(secret))


def opened(token: str | bytes, secret: str) -> SentMessage | None:
    """The message; None for what was sealed under another secret or by another release."""
    try:
        fields = orjson.loads(sealing.unseal_brief(token, _key(secret)))
        if fields[0] != _FORMAT:
            return None
        _, gone, ended, unchanged, blocks, tools, added, reads, conversation, system = fields
        added, reads = tuple(map(_added, added)), tuple(map(_read, reads))
        sent, system = _sent(blocks), _sent(system)
        return SentMessage(
            sent, added, gone, _sent(tools), ended, unchanged, reads, str(conversation), system
        )
    except (sealing.NotUnsealed, ValueError, TypeError, LookupError):
        return None


@lru_cache(maxsize=256)
def _key(secret: str) -> bytes:
    return sealing.derived_key(secret, purpose="conversations")


def _sent(rows: Sequence[Sequence[Any]]) -> tuple[SentBlock, ...]:
    return tuple(
        SentBlock(Kind(kind), length, content, dropped, lossy, why, _markers(markers))
        for kind, length, content, dropped, lossy, why, markers in rows
    )


def _added(row: Mapping[str, Any]) -> AddedBlock:
    typed = {"type": BlockType(row["type"]), "origin": Origin(row["origin"])}
    return AddedBlock(**{**row, **typed, "markers": _markers(row["markers"])})


def _row(read: SentRead) -> list[Any]:
    results = [[one.call_id, [*map(list, one.parts)], one.digest] for one in read.results]
    return [read.at, read.messages, results, read.beside]


def _read(row: Sequence[Any]) -> SentRead:
    at, messages, results, beside = row
    answered = (
        ReadResult(call_id, tuple(ReadPart(*part) for part in parts), digest)
        for call_id, parts, digest in results
    )
    return SentRead(at, tuple(messages), tuple(answered), beside)


def _markers(rows: Sequence[Mapping[str, Any]]) -> tuple[Marker, ...]:
    return tuple(Marker(**row) for row in rows)
