"""A conversation whose compaction finds its prose precompressed."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection, connections

from optimizer_app.models import Precompression, PrecompressionHour, Project
from optimizer_app.optimize.conversations import Conversations
from optimizer_app.optimize.service import (
    INLINE_BYTES,
    OptimizationRequest,
    Optimized,
    OptimizerPool,
    optimize_request,
    run_inline,
)
from optimizer_app.precompression.lookups import PrecompressionReader, conninfo_of
from optimizer_app.precompression.requests import PrecompressionRequest, store_requests
from optimizer_app.precompression.work import compress_due
from optimizer_app.trace_ids import new_trace_id
from tests.optimizer_app.precompression.texts import prose
from tests.patience import PATIENCE_SECONDS
from token_optimizer.config import OptimizerConfig

CONFIG = OptimizerConfig.preset("aggressive", max_input_tokens=9_000, max_latency_ms=60_000)


def _conversation(turns: int) -> dict[str, Any]:
    """A chat of so many turns, each with some 500 tokens of prose in the answer. It asks for nothing in
    particular: else passages are chosen, and nothing is compressed."""
    messages = []
    for number in range(turns):
        messages.append({"role": "user", "content": "Please go on."})
        messages.append({"role": "assistant", "content": prose(number)})
    messages.append({"role": "user", "content": "Please go on."})
    return {"model": "gpt-4o", "messages": messages}


def _request(project: Project, turns: int) -> OptimizationRequest:
    body = _conversation(turns)
    return OptimizationRequest(
        body,
        "openai",
        CONFIG,
        "gpt-4o",
        new_trace_id(),
        len(json.dumps(body)),
        secret=project.hash_secret,
        project_id=project.pk,
    )


def _left(project: Project, result: Optimized) -> PrecompressionRequest:
    return PrecompressionRequest(
        project.pk,
        result.texts_to_precompress,
        CONFIG.compression_ratio,
        CONFIG.faithfulness_threshold,
        result.lookups,
    )


def _precompressed(result: Optimized) -> int:
    return sum("by precompression" in block.reason for block in result.stats.blocks)


@pytest.fixture
def conversations() -> Iterator[Conversations]:
    conversations = Conversations(os.environ["REDIS_URL"])
    yield conversations
    conversations.close()


def _work(left: PrecompressionRequest) -> None:
    store_requests([left], {})
    while compress_due().more:
        pass


def _first_turn(project: Project, conversations: Conversations, reader: PrecompressionReader) -> Optimized:
    """A turn that has no time to compress, and leaves it to be precompressed."""
    first = run_inline(_request(project, 16), conversations, limit_ms=0.0, reader=reader)
    assert (first.stats.tokens_saved, _precompressed(first)) == (0, 0)
    assert len(first.texts_to_precompress) > 10
    _work(_left(project, first))
    return first


def _compacted(
    project: Project, conversations: Conversations, reader: PrecompressionReader
) -> tuple[int, Optimized]:
    """The turn on which the conversation outgrows its budget, and its number."""
    for turns in range(17, 30):
        result = run_inline(_request(project, turns), conversations, reader=reader)
        if result.stats.compacted:
            return turns, result
    raise AssertionError("the conversation was never compacted")


def test_it_works(project: Project, conversations: Conversations, reader: PrecompressionReader) -> None:
    first = _first_turn(project, conversations, reader)
    _, second = _compacted(project, conversations, reader)
    assert _precompressed(second) > 0
    assert "compression" in second.stats.route
    store_requests([_left(project, second)], {})
    hour = PrecompressionHour.objects.get()
    assert hour.hits == len(second.lookups.hits) >= _precompressed(second)
    assert hour.misses == first.lookups.misses + second.lookups.misses
    assert Precompression.objects.filter(hits=1).count() == hour.hits


def test_what_was_precompressed_stays_as_it_was_sent(
    project: Project, conversations: Conversations, reader: PrecompressionReader
) -> None:
    _first_turn(project, conversations, reader)
    turns, second = _compacted(project, conversations, reader)
    assert _precompressed(second) > 0
    Precompression.objects.all().delete()
    third = run_inline(_request(project, turns + 1), conversations, reader=reader)
    assert not third.stats.compacted
    assert third.body["messages"][: len(second.body["messages"])] == second.body["messages"]


def test_another_project_has_to_make_it_itself(
    project: Project, other: Project, conversations: Conversations, reader: PrecompressionReader
) -> None:
    _first_turn(project, conversations, reader)
    theirs = run_inline(_request(other, 16), conversations, reader=reader)
    assert _precompressed(theirs) == 0
    assert theirs.lookups.hits == ()
    assert theirs.lookups.misses > 0


async def test_the_process_for_large_prompts_looks_too(project: Project) -> None:
    pool = OptimizerPool("", conninfo_of(connection.settings_dict))
    request = _request(project, 16)
    assert request.size_bytes > INLINE_BYTES
    async with asyncio.timeout(PATIENCE_SECONDS):
        # Where the machine is busy, the first lookups may be given up.
        while not (await optimize_request(request, pool)).lookups.misses:
            continue
    unsent = await optimize_request(replace(request, secret=""), pool)
    assert not unsent.lookups
    pool.close()
    await sync_to_async(connections.close_all)()
