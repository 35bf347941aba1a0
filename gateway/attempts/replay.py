"""One request that may be answered from the cache: its answer looked for, and kept once it came whole."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

import orjson

from gateway.attempts.outgoing import Outgoing
from gateway.callers.auth import Caller
from gateway.recording import Recording
from gateway.requests.bodies.body import json_object
from gateway.requests.client import Client
from gateway.response import is_packed, is_stream, unpack_whole
from gateway.response_cache.answers import AnswerStore, CopiedAnswer
from gateway.response_cache.eligibility import answer_key, may_be_cached
from gateway.upstream.connections import Answer, WholeAnswer


@dataclass(slots=True)
class Replay:
    """The answer to `outgoing` under its `key`; `copy` is of the one that the provider gives now."""

    answers: AnswerStore
    caller: Caller
    outgoing: Outgoing
    key: str
    copy: CopiedAnswer | None = field(default=None)

    @classmethod
    def of(cls, answers: AnswerStore, client: Client, caller: Caller, outgoing: Outgoing) -> Self | None:
        """None where the config or the request does not allow it."""
        if not may_be_cached(outgoing.request) or outgoing.provider.is_echo:
            return None
        target = outgoing.target
        names = [
            outgoing.dialect.name,
            outgoing.path,
            str(target.provider.id),
            target.provider.base_url,
            target.model,
            str(outgoing.asks_for_usage),
        ]
        key = answer_key(caller.hash_secret, names, client.headers, _prompt(outgoing))
        return cls(answers, caller, outgoing, key)

    async def find(self) -> WholeAnswer | None:
        """The answer that was kept."""
        return await self.answers.find(str(self.caller.project_id), self.key, self.caller.hash_secret)

    def copied(self, answer: Answer) -> Answer:
        """The provider's answer, which is copied as it is passed on."""
        self.copy = CopiedAnswer(answer)
        return self.copy

    async def keep(self, recording: Recording) -> None:
        """Keep the answer, where it came whole, in one round, and from the provider that was to give it."""
        whole = self.copy and self.copy.whole()
        if not whole or not recording.is_whole_answer_of(self.outgoing.provider):
            return
        if not await _is_complete(self.outgoing, whole):
            return
        project, secret = str(self.caller.project_id), self.caller.hash_secret
        seconds = self.outgoing.request.named.config.response_cache_seconds
        await self.answers.keep(project, self.key, secret, whole, seconds)


def _prompt(outgoing: Outgoing) -> bytes:
    """What the provider is asked, without what we add for its cache, which comes and goes."""
    result = outgoing.result
    assert result is not None
    return orjson.dumps(result.body) if result.changed else outgoing.request.raw


async def _is_complete(outgoing: Outgoing, answer: WholeAnswer) -> bool:
    """Whether the model said all that it had to say: responses may end before."""
    if outgoing.dialect.name != "responses":
        return True
    body = await unpack_whole(answer.body, packed=is_packed(answer))
    if is_stream(answer):
        return b'"response.completed"' in body
    return (json_object(body) or {}).get("status") == "completed"
