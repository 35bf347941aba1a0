"""The provider's answers, kept in Valkey under the project's secret for as long as their config says.

Kept are the bytes as the provider sent them, so that an answer passes again on the way that the first one
took: a stream as a stream.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import orjson

from gateway.requests.client import Headers
from gateway.requests.off_loop import off_loop
from gateway.upstream.connections import Answer, WholeAnswer
from gateway.valkey import Valkey
from optimizer_app.valkey.clients import AsyncValkey
from token_optimizer import sealing

MAX_ANSWER_BYTES = 1024 * 1024
# Asking takes some milliseconds, and an answer by the provider some hundred.
_MAX_WAIT_SECONDS = 0.5
_KEPT_HEADERS = frozenset({"content-type", "content-encoding"})


class CopiedAnswer:
    """A provider's answer of which a copy is made as it is read, as far as it fits."""

    def __init__(self, answer: Answer) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self.framed = answer.framed
        self._answer = answer
        self._copy = bytearray()
        self._is_whole = False

    def header(self, name: str) -> str:
        return self._answer.header(name)

    async def chunks(self) -> AsyncIterator[bytes]:
        async for chunk in self._answer.chunks():
            if len(self._copy) <= MAX_ANSWER_BYTES:
                self._copy += chunk
            yield chunk
        self._is_whole = True

    def whole(self) -> WholeAnswer | None:
        """The answer as one that can be kept; None for one that is not whole, or too long."""
        if not self._is_whole or self.status != 200 or len(self._copy) > MAX_ANSWER_BYTES:
            return None
        headers = [(name.lower(), value) for name, value in self.headers]
        return WholeAnswer(200, [each for each in headers if each[0] in _KEPT_HEADERS], bytes(self._copy))


@dataclass(slots=True)
class AnswerStore:
    """What one worker asks of the kept answers."""

    valkey: AsyncValkey
    _asking: Valkey = field(init=False)

    def __post_init__(self) -> None:
        self._asking = Valkey(self.valkey, "answers_not_cached", _MAX_WAIT_SECONDS)

    async def find(self, project: str, key: str, secret: str) -> WholeAnswer | None:
        """The answer, where it is kept and can be read."""
        token = await self._asking.ask("find", lambda: self.valkey.get(_name(project, key)))
        if token is None:
            return None
        try:
            data = await off_loop(len(token), sealing.unseal, token, _sealing_key(secret))
        except sealing.NotUnsealed:
            return None
        head, _, body = data.partition(b"\n")
        headers: Headers = [(name, value) for name, value in orjson.loads(head)]
        return WholeAnswer(200, headers, body)

    async def keep(self, project: str, key: str, secret: str, answer: WholeAnswer, seconds: int) -> None:
        data = orjson.dumps(answer.headers) + b"\n" + answer.body
        token = await off_loop(len(data), sealing.seal, data, _sealing_key(secret))
        await self._asking.ask("keep", lambda: self.valkey.set(_name(project, key), token, ex=seconds))


def _name(project: str, key: str) -> str:
    return f"answers:{{{project}}}:{key}"


def _sealing_key(secret: str) -> bytes:
    return sealing.derived_key(secret, purpose="answers")
