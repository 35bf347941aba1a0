"""The tools of /mcp, with the official client over a real socket."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from optimizer_app.ingest.work import ingest_due
from optimizer_app.models import ApiKey
from optimizer_app.models.keys.api_key import KeyScope
from tests.gateway.accounts import Account, new_account
from tests.gateway.mcp.clients import called, mcp_client, refused
from tests.gateway.prompts import MODEL, openai_agent
from tests.provider.mock_provider import MockProvider

NAMES = {"optimize_preview", "why_cut", "costs", "find_requests", "search_documents"}


@pytest.fixture
def used(account: Account) -> tuple[Account, str]:
    """The account with one request, and the id of its trace."""
    answer = account.post("/v1/chat/completions", {"model": MODEL, "messages": openai_agent()})
    trace_id = answer.headers["x-optimizer-trace-id"]
    account.trace(trace_id)
    return account, trace_id


@pytest.fixture
def stored(account: Account) -> None:
    """A document of the account's project, read and ready."""
    text = "# Refunds\n\nRefunds are paid back to the customer within five working days."
    document = {"id": "handbook", "type": "doc", "content": text}
    assert account.post("/v1/ingest", {"documents": [document]}).status_code == 202
    ingest_due()


@pytest.fixture
def stranger(account: Account) -> Account:
    """Somebody else at the same server."""
    return new_account(account.server)


@pytest.fixture
def narrow(account: Account) -> str:
    """A key of the same project for completions alone."""
    _, secret = ApiKey.issue(project=account.project, name="narrow", scopes=[KeyScope.COMPLETIONS])
    return secret


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_the_tools_are_listed_with_what_they_take(account: Account, mode: str) -> None:
    async with mcp_client(account.server.url, account.secret, mode) as client:
        tools = (await client.list_tools()).tools
    assert {tool.name for tool in tools} == NAMES
    assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools)
    assert all(tool.input_schema["type"] == "object" for tool in tools)


async def test_a_preview_says_what_would_be_cut(account: Account, provider: MockProvider) -> None:
    async with mcp_client(account.server.url, account.secret) as client:
        found = await called(client, "optimize_preview", messages=openai_agent(), model=MODEL)
        shown = await called(client, "optimize_preview", messages=openai_agent(), show_messages=True)
    stats = found["optimizer_stats"]
    assert 0 < stats["tokens_after"] < stats["tokens_before"]
    assert found["changed_blocks"]
    assert all(block["reason"] for block in found["changed_blocks"])
    assert len(shown["messages"]) == len(openai_agent())
    assert not provider.requests
    assert account.trace(stats["trace_id"])["tokens_after"] == stats["tokens_after"]


async def test_a_trace_says_why_a_block_was_cut(used: tuple[Account, str]) -> None:
    account, trace_id = used
    async with mcp_client(account.server.url, account.secret) as client:
        found = await called(client, "why_cut", trace_id=trace_id)
        number = found["blocks"][0]["block"]
        one = await called(client, "why_cut", trace_id=trace_id, block=number)
        beyond = await refused(client, "why_cut", trace_id=trace_id, block=10_000)
    trace = account.trace(trace_id)
    assert found["tokens_saved"] == trace["tokens_saved"] > 0
    assert one["blocks"] == found["blocks"][:1]
    assert one["blocks"][0]["reason"] == trace["blocks"][number - 1]["reason"]
    assert beyond == f"block 10000: the prompt has {len(trace['blocks'])} blocks"


async def test_requests_are_found_by_what_they_are(used: tuple[Account, str]) -> None:
    account, trace_id = used
    later = account.post("/v1/chat/completions", {"model": "gpt-4o-mini", "messages": openai_agent()})
    account.trace(later.headers["x-optimizer-trace-id"])
    async with mcp_client(account.server.url, account.secret) as client:
        first = await called(client, "find_requests", limit=1)
        second = await called(client, "find_requests", limit=1, before=first["next_before"])
        of_model = await called(client, "find_requests", model=MODEL, status="ok", min_tokens=10)
        none = await called(client, "find_requests", flag="error")
        before = await called(client, "find_requests", until=(timezone.now() - timedelta(days=1)).isoformat())
    assert [row["trace_id"] for row in first["requests"]] == [later.headers["x-optimizer-trace-id"]]
    assert [row["trace_id"] for row in second["requests"]] == [trace_id]
    assert second["next_before"] is None
    assert [row["trace_id"] for row in of_model["requests"]] == [trace_id]
    assert none["requests"] == before["requests"] == []


@pytest.mark.parametrize("by", [None, "model", "config", "key", "tag", "route", "day"])
async def test_costs_add_up_whatever_they_are_told_by(used: tuple[Account, str], by: str | None) -> None:
    account, trace_id = used
    async with mcp_client(account.server.url, account.secret) as client:
        found = await called(client, "costs", period="1h", **({"by": by} if by else {}))
    trace = account.trace(trace_id)
    [row] = found["rows"]
    assert (row["requests"], row["tokens_saved"]) == (1, trace["tokens_saved"])
    assert float(row["billed_usd"]) == pytest.approx(trace["billed_usd"])
    assert float(row["net_usd"]) == pytest.approx(trace["net_usd"])
    shown = {
        "model": MODEL,
        "config": "default",
        "key": str(account.key.id),
        "tag": "",
        "route": trace["route"],
    }
    if by in shown:
        assert row[by] == shown[by]
    if by == "key":
        assert row["name"] == "test"


async def test_documents_are_searched(account: Account, stored: None) -> None:
    async with mcp_client(account.server.url, account.secret) as client:
        found = await called(client, "search_documents", query="How soon are refunds paid back?", limit=1)
        empty = await refused(client, "search_documents", query="")
    [passage] = found["passages"]
    assert "within five working days" in passage["text"]
    assert empty.startswith("query: ")


async def test_what_is_anothers_is_not_found(
    used: tuple[Account, str], stranger: Account, stored: None
) -> None:
    account, trace_id = used
    async with mcp_client(account.server.url, stranger.secret) as client:
        missing = await refused(client, "why_cut", trace_id=str(uuid.uuid4()))
        others = await refused(client, "why_cut", trace_id=trace_id)
        found = await called(client, "find_requests")
        costs = await called(client, "costs")
        documents = await called(client, "search_documents", query="How soon are refunds paid back?")
    assert missing.partition("'")[0] == others.partition("'")[0] == "no trace "
    assert found["requests"] == costs["rows"] == documents["passages"] == []


async def test_a_key_does_what_its_scopes_allow(used: tuple[Account, str], narrow: str) -> None:
    account, trace_id = used
    async with mcp_client(account.server.url, narrow) as client:
        for name, arguments in (
            ("optimize_preview", {"messages": openai_agent()}),
            ("search_documents", {"query": "refunds"}),
        ):
            assert await refused(client, name, **arguments) == "this key has not the scope optimize"
        assert (await called(client, "why_cut", trace_id=trace_id))["trace_id"] == trace_id
