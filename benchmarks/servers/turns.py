"""The next turns of agents' conversations: each request is one that was sent before, and what came since."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import orjson

from benchmarks.servers.load import PATH, Outcome, Target
from benchmarks.servers.pinned import cpu_seconds

CONVERSATIONS = 48
# What an agent's turn adds: its words with a call, and the call's result.
_TURN_MESSAGES = 2
_TURNS = 3


@dataclass(frozen=True, slots=True)
class Conversations:
    """Conversations of some 8,000 tokens by the tools' generator. Each turn of each is sent once, so a server
    gets its own: `first_seed` tells them apart."""

    tools: Path
    first_seed: int

    def bodies(self) -> list[list[bytes]]:
        """For each turn the bodies of all conversations."""
        sys.path.insert(0, str(self.tools))
        from bodies import convo  # type: ignore[import-not-found]

        seeds = range(self.first_seed, self.first_seed + CONVERSATIONS)
        found = [convo("8k", seed) for seed in seeds]
        return [
            [_body(messages, tools, left) for messages, tools in found]
            for left in range((_TURNS - 1) * _TURN_MESSAGES, -1, -_TURN_MESSAGES)
        ]


def _body(messages: Sequence[Any], tools: Any, left: int) -> bytes:
    # The last two are an answer and the user's next question.
    spoken = messages[: len(messages) - 2 - left]
    return orjson.dumps({"model": "gpt-4o-mini", "max_tokens": 512, "messages": spoken, "tools": tools})


async def send_turns(target: Target, turns: Sequence[Sequence[bytes]], at_once: int) -> list[Outcome]:
    """The outcome of each turn but the first, which nobody sent a part of before."""
    headers = {"authorization": f"Bearer {target.key}", "content-type": "application/json", **target.headers}
    async with aiohttp.ClientSession(headers=headers) as session:
        await _send(session, target, turns[0], at_once)
        return [await _send(session, target, bodies, at_once) for bodies in turns[1:]]


async def _send(
    session: aiohttp.ClientSession, target: Target, bodies: Sequence[bytes], at_once: int
) -> Outcome:
    began, waits, failed, places = cpu_seconds(target.processes), [], 0, asyncio.Semaphore(at_once)
    beside = cpu_seconds(target.beside)

    async def ask(body: bytes) -> None:
        nonlocal failed
        async with places:
            started = time.perf_counter()
            async with session.post(target.url + PATH, data=body) as answer:
                await answer.read()
            failed += answer.status != 200
            waits.append(1000 * (time.perf_counter() - started))

    await asyncio.gather(*map(ask, bodies))
    spent = 1000 * (cpu_seconds(target.processes) - began) / len(bodies)
    spent_beside = 1000 * (cpu_seconds(target.beside) - beside) / len(bodies)
    return Outcome(len(bodies), failed, spent, spent_beside, median(waits), max(waits), median(waits))
