"""Holds requests to what their key and its project may use, over all workers and machines.

A request is let in, or refused with a 429 that says when to come back. Before its prompt is sent, its tokens
are reserved, as it is let in already where it is known how many they may be; once it has ended, what was
reserved becomes what was billed, and nothing where it was not sent. While Valkey is away nobody is
refused by what it counts; budgets and models are held to all the same.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from django.utils import timezone

from gateway.errors import BudgetSpent, Header, RateLimited
from gateway.valkey import Valkey
from optimizer_app.limits.cluster_scripts import Scripts, scripts_of
from optimizer_app.limits.script_connection import Script
from optimizer_app.limits.spending import period_end
from optimizer_app.limits.windows import ANSWERS, LEASE_SECONDS, SCRIPTS, Counted, Exceeded, Holder, exceeded
from optimizer_app.valkey.clients import AsyncValkey

_RENEW_EVERY_SECONDS = LEASE_SECONDS / 3
_SCRIPTS = {name: Script(text) for name, text in SCRIPTS.items()}
_WHAT = {
    Counted.REQUESTS: "{limit} requests a minute",
    Counted.TOKENS: "{limit} tokens a minute",
    Counted.CONCURRENT: "{limit} requests at a time",
}
# What both providers call it; requests at a time are counted as requests.
_CALLED = {Counted.REQUESTS: "requests", Counted.TOKENS: "tokens", Counted.CONCURRENT: "requests"}


class Billed(Protocol):
    """A request, how many tokens it came to, and how many of these its answer: None while nobody said."""

    @property
    def trace_id(self) -> uuid.UUID: ...

    @property
    def billed_tokens(self) -> int | None: ...

    @property
    def answered_tokens(self) -> int | None: ...


@dataclass(slots=True)
class Admission:
    """One request that was let in. Of what is `reserved`, so many are `prompt_tokens`, and the rest is what
    its answer is expected to have. `is_settled`: the prompt has them, and is not only expected to."""

    limiter: Limiter | None = None
    holders: Sequence[Holder] = ()
    prompt_tokens: int = 0
    reserved: int = 0
    reserved_at: int = 0
    is_settled: bool = False

    @property
    def counts_tokens(self) -> bool:
        """Whether somebody's tokens are bounded, so that the prompt has to be counted before it is sent."""
        return any(holder.limits.max_tokens_per_minute is not None for holder in self.holders)

    async def reserve(self, tokens: int, max_answer_tokens: int | None = None) -> None:
        """Take the tokens of a prompt that is about to be sent and of its answer, in the place of what they
        were expected to have; RateLimited where they are too many."""
        if self.limiter is not None and self.counts_tokens and not self.is_settled:
            await self.limiter.reserve(self, tokens, max_answer_tokens)
            self.is_settled = True

    def settle(self) -> bool:
        """Whether what the prompt was expected to have is reserved, and taken for what it has."""
        self.is_settled = self.is_settled or self.reserved > 0
        return self.is_settled


@dataclass(slots=True)
class Limiter:
    """What one worker knows of limits: the scripts, and which of its requests run."""

    valkey: AsyncValkey
    _asking: Valkey = field(init=False)
    _connection: Scripts = field(init=False)
    _running: dict[str, Sequence[Holder]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._asking = Valkey(self.valkey, "limits_not_counted")
        self._connection = scripts_of(self.valkey)

    @asynccontextmanager
    async def admitted(
        self, holders: Sequence[Holder], request: Billed, expected_tokens: int = 0
    ) -> AsyncIterator[Admission]:
        """For the time of one request. BudgetSpent or RateLimited where it may not come in.

        Where there is room for the tokens that its prompt is expected to have, they are reserved at once.
        """
        for holder in holders:
            _check_budget(holder)
        counted = [holder for holder in holders if holder.limits.is_counted]
        if not counted:
            yield Admission()
            return
        name = str(request.trace_id)
        admission = Admission(self, counted)
        await self._admit(admission, name, expected_tokens)
        self._running[name] = counted
        try:
            yield admission
        finally:
            del self._running[name]
            self._end(admission, name, request)

    async def reserve(self, admission: Admission, tokens: int, max_answer_tokens: int | None) -> None:
        """Take so many tokens of each holder's minute, and what an answer is expected to have; RateLimited
        where one has too few left. What was reserved before is returned as far as it is more."""
        holders = admission.holders
        if admission.reserved and self._returned(admission, tokens, max_answer_tokens):
            return
        keys = [key for holder in holders for key in (holder.keys[Counted.TOKENS], holder.keys[ANSWERS])]
        bounds = [holder.bounds[Counted.TOKENS] for holder in holders]
        most = -1 if max_answer_tokens is None else max_answer_tokens
        answer = await self._run("reserve", keys, [tokens, most, *bounds])
        if answer is None:
            return
        _refuse(exceeded(answer, holders))
        admission.prompt_tokens = tokens
        admission.reserved_at, admission.reserved = answer[1:]

    def _returned(self, admission: Admission, tokens: int, max_answer_tokens: int | None) -> bool:
        """Whether what is reserved is enough, of which the rest is returned; all of it where it is not."""
        answer_tokens = admission.reserved - admission.prompt_tokens
        if max_answer_tokens is not None:
            answer_tokens = min(answer_tokens, max_answer_tokens)
        is_enough = tokens + answer_tokens <= admission.reserved
        kept = tokens + answer_tokens if is_enough else 0
        if less := admission.reserved - kept:
            keys = [holder.keys[Counted.TOKENS] for holder in admission.holders]
            self._connection.run_soon(_SCRIPTS["return"], keys, [less, admission.reserved_at])
        admission.prompt_tokens, admission.reserved = tokens if is_enough else 0, kept
        return is_enough

    async def keep_leases(self) -> None:
        """Renew the leases of what runs, for the life of the worker."""
        while True:
            await asyncio.sleep(_RENEW_EVERY_SECONDS)
            for name, holders in tuple(self._running.items()):
                keys = [holder.keys[Counted.CONCURRENT] for holder in holders]
                await self._run("renew", keys, [LEASE_SECONDS, *([name] * len(keys))])

    async def _admit(self, admission: Admission, name: str, expected_tokens: int) -> None:
        keys = [key for holder in admission.holders for key in holder.keys]
        bounds = [bound for holder in admission.holders for bound in holder.bounds]
        answer = await self._run("admit", keys, [name, LEASE_SECONDS, expected_tokens, *bounds])
        if answer is None:
            return
        _refuse(exceeded(answer, admission.holders))
        if answer[1]:
            admission.prompt_tokens = expected_tokens
            admission.reserved_at, admission.reserved = answer[1:]

    def _end(self, admission: Admission, name: str, request: Billed) -> None:
        """Give back what ran, count what was billed, and learn what answers have."""
        billed, answered = request.billed_tokens, request.answered_tokens
        if billed is None:
            billed = admission.prompt_tokens if admission.is_settled else 0
        more = billed - admission.reserved
        keys = [key for holder in admission.holders for key in holder.keys[Counted.TOKENS :]]
        learnt = answered if answered is not None and admission.counts_tokens else -1
        self._connection.run_soon(_SCRIPTS["end"], keys, [name, more, admission.reserved_at, learnt])

    async def close(self) -> None:
        """Let go of Valkey."""
        await self._connection.close()

    async def _run(self, script: str, keys: Sequence[str], args: Sequence[str | int]) -> Any:
        """What the script says; None where Valkey does not answer."""
        return await self._asking.ask(script, lambda: self._connection.run(_SCRIPTS[script], keys, args))


@asynccontextmanager
async def opened_limiter(valkey: AsyncValkey) -> AsyncIterator[Limiter]:
    """The limiter of a worker, for its life."""
    limiter = Limiter(valkey)
    renewing = asyncio.create_task(limiter.keep_leases())
    try:
        yield limiter
    finally:
        renewing.cancel()
        with suppress(asyncio.CancelledError):
            await renewing
        await limiter.close()


def _check_budget(holder: Holder) -> None:
    if not holder.budget_is_spent:
        return
    limits, now = holder.limits, timezone.now()
    ends = period_end(limits.budget_period, now)
    message = (
        f"{holder.name} has spent its budget of ${limits.budget_usd} a {limits.budget_period}; "
        f"it starts anew at {ends:%Y-%m-%d %H:%M} UTC"
    )
    # Both SDKs would try again within seconds.
    raise BudgetSpent(
        message, headers=[_retry_after((ends - now).total_seconds()), ("x-should-retry", "false")]
    )


def _refuse(found: Exceeded | None) -> None:
    if found is None:
        return
    what = _WHAT[found.counted].format(limit=found.limit)
    message = f"{found.holder.name} may use {what} at most; try again in {found.retry_after_seconds} s"
    headers = [_retry_after(found.retry_after_seconds), *_rate_headers(found)]
    raise RateLimited(message, limit=found.counted.name.lower(), headers=headers)


def _retry_after(seconds: float) -> Header:
    return "retry-after", str(max(int(seconds), 1))


def _rate_headers(found: Exceeded) -> list[Header]:
    """How much there is and when there is more, as either provider says it."""
    called = _CALLED[found.counted]
    left = str(max(found.limit - found.used, 0))
    resets_at: datetime = timezone.now() + timedelta(seconds=found.retry_after_seconds)
    return [
        (f"x-ratelimit-limit-{called}", str(found.limit)),
        (f"x-ratelimit-remaining-{called}", left),
        (f"x-ratelimit-reset-{called}", f"{found.retry_after_seconds}s"),
        (f"anthropic-ratelimit-{called}-limit", str(found.limit)),
        (f"anthropic-ratelimit-{called}-remaining", left),
        (f"anthropic-ratelimit-{called}-reset", f"{resets_at:%Y-%m-%dT%H:%M:%SZ}"),
    ]
