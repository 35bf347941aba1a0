"""Several attempts at one answer: a provider that fails is asked again, then the next one of the route is.

Nothing has been passed to the client by then: what began to answer is not left. Where all fail, the last
answer of a provider is the answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from gateway.attempts.back_off import (
    BROKEN_STATUSES,
    retry_after_seconds,
    seconds_to_wait,
)
from gateway.attempts.one import attempt
from gateway.attempts.outgoing import Outgoing
from gateway.attempts.prepared import prepared
from gateway.callers.auth import Caller
from gateway.callers.routing import Plan, Target
from gateway.errors import ConnectTimeout, GatewayError, Unreachable, UpstreamFailed, UpstreamTimeout
from gateway.recording import Recording
from gateway.requests.client import Client
from gateway.state import Gateway
from gateway.upstream.connections import Answer, WholeAnswer
from gateway.upstream.health import FAILED_STATUSES
from optimizer_app.traces.record import AttemptRecord

_CIRCUIT_OPEN = "circuit open"

Answered = tuple[Outgoing, Answer]


@asynccontextmanager
async def answered(
    gateway: Gateway, client: Client, caller: Caller, recording: Recording, outgoing: Outgoing
) -> AsyncIterator[Answered]:
    """What was sent in the end, and its answer. GatewayError where no provider answered."""
    if not outgoing.plan.is_routed:
        sent = await prepared(gateway, outgoing, outgoing.target)
        async with attempt(gateway, client, caller, sent) as answer:
            yield sent, answer
        return
    async with AsyncExitStack() as opened:
        attempts = _Attempts(gateway, client, caller, recording, opened)
        yield await attempts.answered(outgoing)


@dataclass(frozen=True, slots=True)
class _Failure:
    """`may_repeat`: the same provider may be asked again, after `asked_seconds` where it said so."""

    may_repeat: bool
    asked_seconds: float | None = None


@dataclass(slots=True)
class _Attempts:
    """The attempts of one request. `held` is the last answer of a provider that failed; connections that
    answered are `opened`."""

    gateway: Gateway
    client: Client
    caller: Caller
    recording: Recording
    opened: AsyncExitStack
    held: Answered | None = field(default=None)
    error: GatewayError = field(default_factory=lambda: UpstreamFailed("no provider was asked"))

    async def answered(self, outgoing: Outgoing) -> Answered:
        """The first answer of a provider that did not fail, else the last one of those that did."""
        plan = await self._usable(outgoing.plan)
        for target in plan.targets:
            self.recording.note_target(target)
            sent = await prepared(self.gateway, outgoing, target)
            answer = await self._asked(sent, plan.max_retries)
            if answer is not None:
                return sent, answer
        if self.held is None:
            raise self.error
        self.recording.note_target(self.held[0].target)
        return self.held

    async def _usable(self, plan: Plan) -> Plan:
        """The plan without providers whose circuit is open; each is asked once where all are."""
        admitted = [await self.gateway.breakers.admits(target.provider) for target in plan.targets]
        if not any(admitted):
            return Plan(plan.targets, is_routed=True)
        usable: list[Target] = []
        for target, is_admitted in zip(plan.targets, admitted, strict=True):
            if is_admitted:
                usable.append(target)
            else:
                self.recording.note_attempt(
                    AttemptRecord(target.provider.name, target.model, why=_CIRCUIT_OPEN)
                )
        return Plan(usable, plan.max_retries, is_routed=True)

    async def _asked(self, sent: Outgoing, max_retries: int) -> Answer | None:
        """The provider's answer; None where it failed as often as it may."""
        for retry in range(max_retries + 1):
            found = await self._attempt(sent)
            if not isinstance(found, _Failure):
                return found
            wait = seconds_to_wait(retry, found.asked_seconds)
            if not found.may_repeat or retry == max_retries or wait is None:
                return None
            await asyncio.sleep(wait)
        return None

    async def _attempt(self, sent: Outgoing) -> Answer | _Failure:
        began = time.perf_counter()
        async with AsyncExitStack() as stack:
            try:
                answer = await stack.enter_async_context(
                    attempt(self.gateway, self.client, self.caller, sent)
                )
                if answer.status not in FAILED_STATUSES:
                    await self._note(sent.target, began, status=answer.status)
                    self.opened.push_async_callback(stack.pop_all().aclose)
                    return answer
                self.held = sent, await WholeAnswer.read(answer)
            except GatewayError as error:
                self.error = error
                await self._note(sent.target, began, error=error)
                return _Failure(isinstance(error, (Unreachable, ConnectTimeout)))
        await self._note(sent.target, began, status=answer.status)
        return _Failure(True, retry_after_seconds(answer))

    async def _note(
        self, target: Target, began: float, *, status: int | None = None, error: GatewayError | None = None
    ) -> None:
        """Leave the attempt in the trace, and tell the breaker how the provider is."""
        took_ms = (time.perf_counter() - began) * 1000
        why = error.message if error else ""
        self.recording.note_attempt(AttemptRecord(target.provider.name, target.model, status, took_ms, why))
        if status in BROKEN_STATUSES or isinstance(error, (UpstreamFailed, UpstreamTimeout)):
            await self.gateway.breakers.note_failure(target.provider)
        elif status is not None:
            await self.gateway.breakers.note_success(target.provider)
