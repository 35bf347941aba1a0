"""What providers say that they did to a conversation: in the trace, and the client's wishes as they came."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.dialects.edits import applied_edits
from gateway.dialects.messages import MESSAGES
from gateway.dialects.responses import RESPONSES
from tests.gateway.accounts import Account
from tests.provider.mock_dialects import sse
from tests.provider.mock_provider import MockProvider, Reply

CLEARED = {"type": "clear_tool_uses_20250919", "cleared_tool_uses": 8, "cleared_input_tokens": 50_000}
MANAGEMENT = {"edits": [{"type": "clear_tool_uses_20250919", "keep": {"type": "tool_uses", "value": 9}}]}


def test_names_and_counts_alone_are_kept() -> None:
    told = {"applied_edits": [{**CLEARED, "summary": "the user said", "done": True}, "x"]}
    assert applied_edits({"context_management": told}) == [CLEARED]
    assert applied_edits({"context_management": {"applied_edits": 5}}) == []


@pytest.mark.parametrize("stream", [False, True])
def test_anthropics_edits_are_in_the_trace(account: Account, provider: MockProvider, stream: bool) -> None:
    answer = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "content": [{"type": "compaction", "content": "In short."}],
        "usage": {"input_tokens": 9, "output_tokens": 1},
        "context_management": {"applied_edits": [CLEARED]},
    }
    if not stream:
        provider.script(Reply(raw_body=json.dumps(answer).encode()))
        body: dict[str, Any] = {"context_management": MANAGEMENT}
        posted = account.post("/v1/messages", {**_hi("claude-opus-4-8"), **body})
        assert provider.requests[0].json["context_management"] == MANAGEMENT
        trace = account.trace(posted.headers["x-optimizer-trace-id"])
        assert trace["provider_edits"] == [CLEARED, {"type": "compaction"}]
        return
    tap = MESSAGES.tap()
    tap.feed(sse("content_block_start", index=0, content_block=answer["content"][0]))
    tap.feed(
        sse(
            "message_delta",
            delta={},
            usage={"output_tokens": 1},
            context_management=answer["context_management"],
        )
    )
    assert tap.edits == [{"type": "compaction"}, CLEARED]


def test_openais_compactions() -> None:
    output = [{"type": "compaction", "encrypted_content": "gAAA"}, {"type": "message"}]
    tap = RESPONSES.tap()
    tap.feed(sse("response.completed", response={"output": output, "usage": {}}))

    assert RESPONSES.edits_of({"output": output}) == tap.edits == [{"type": "compaction"}]


def test_a_compaction_item_goes_through_as_it_came(account: Account, provider: MockProvider) -> None:
    item = {"type": "compaction", "id": "cmp_1", "encrypted_content": "gAAA+/x=="}
    items = [item, {"role": "user", "content": "Go on."}]
    account.post("/v1/responses", {"model": "gpt-4o", "input": items, "context_management": [{"type": "x"}]})

    assert provider.requests[0].json["input"][0] == item
    assert provider.requests[0].json["context_management"] == [{"type": "x"}]


def _hi(model: str) -> dict[str, Any]:
    return {"model": model, "max_tokens": 9, "messages": [{"role": "user", "content": "Hi."}]}
