"""A model that reads back through the gateway, with the official SDKs, JSON and streams, in each dialect."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import requests

from optimizer_app.models import OptimizationConfig
from tests.gateway.accounts import Account
from tests.gateway.read_back.prompts import LOG
from tests.gateway.read_back.sessions import SESSIONS, Chat, Messages, Responses, Session
from tests.patience import PATIENCE_SECONDS
from tests.provider.mock_cache import unmarked
from tests.provider.mock_provider import MockProvider, Reply, ToolCall
from token_optimizer.optimizer.reading_back.tool import NAME

CALL = ToolCall(NAME, '{"what":"HANDLE"}')
WORDS = ToolCall(NAME, '{"what":"which worker took order 640"}')
OTHER = ToolCall("read_log", '{"path":"a.log"}')
READS = Reply("I look. ", (CALL,), prompt_tokens=1_000, cached_tokens=600)
ANSWERS = Reply("It was worker 1.", prompt_tokens=1_400, cached_tokens=900)

every_dialect = pytest.mark.parametrize("session", SESSIONS, ids=lambda session: type(session).__name__)
json_and_stream = pytest.mark.parametrize("stream", [False, True], ids=["json", "stream"])


def sent_tools(sent: dict[str, Any]) -> list[str]:
    return [tool.get("name") or tool["function"]["name"] for tool in sent["tools"]]


@json_and_stream
@every_dialect
def test_it_works(account: Account, provider: MockProvider, session: Session, stream: bool) -> None:
    provider.script(READS, ANSWERS)
    told = session.ask(account, stream=stream)
    first, second = (request.json for request in provider.requests)

    assert (told.text, told.calls) == ("I look. It was worker 1.", ())
    assert told.id.endswith("1")
    assert told.ending == session.over
    assert (told.input_tokens, told.output_tokens) == (
        2_400,
        READS.completion_tokens + ANSWERS.completion_tokens,
    )
    assert sent_tools(first) == ["read_log", NAME]
    assert first["tools"] == second["tools"]
    before = first[session.conversation]
    assert second[session.conversation][: len(before)] == before
    (read,) = session.results_in(second)
    assert read not in json.dumps(first)
    assert all(line in LOG for line in read.splitlines() if not line.startswith("["))
    one, other = provider.requests
    assert {**one.headers, "content-length": ""} == {**other.headers, "content-length": ""}
    assert one.path == other.path


@json_and_stream
@every_dialect
def test_the_trace_says_what_was_read(
    account: Account, provider: MockProvider, session: Session, stream: bool
) -> None:
    provider.script(READS, Reply("And ", (WORDS,), prompt_tokens=1_200), ANSWERS)
    told = session.ask(account, stream=stream)
    trace = account.trace(told.trace_id)
    by_handle, by_words = trace["read_backs"]
    blocks = {block["id"]: block for block in trace["blocks"]}

    assert told.text == "I look. And It was worker 1."
    assert (by_handle["round"], by_handle["found"], by_handle["beside"]) == (1, True, False)
    assert re.fullmatch("[0-9]{6}", by_handle["handle"])
    assert blocks[by_handle["block"]]["stage"] == by_handle["stage"] != ""
    assert by_handle["tokens"] > 0
    assert (by_words["round"], by_words["found"], by_words["handle"]) == (2, True, "")
    assert "order 640" not in json.dumps(trace)
    assert [call["input_tokens"] for call in trace["provider_calls"]] == [1_000, 1_200, 1_400]
    assert (trace["usage_input_tokens"], trace["usage_output_tokens"]) == (3_600, told.output_tokens)
    assert trace["usage_cached_tokens"] == 1_500
    assert trace["status"] == "ok"
    assert trace["read_back_usd"] > 0
    assert trace["net_usd"] < trace["gross_usd"]
    charged = {stage["name"]: stage.get("tokens_read_back", 0) for stage in trace["stages"]}
    assert charged[by_handle["stage"]] >= by_handle["tokens"]


@json_and_stream
@every_dialect
def test_what_was_read_stays_in_its_place_on_later_turns(
    account: Account, provider: MockProvider, session: Session, stream: bool
) -> None:
    """The provider gets what it got before, byte for byte, though the client has neither call nor result."""
    provider.script(READS, ANSWERS)
    told = session.ask(account, stream=stream)
    conversation = [
        *session.body()[session.conversation],
        *session.said(told),
        {"role": "user", "content": "And?"},
    ]
    session.ask(account, stream=stream, **{session.conversation: conversation})
    _, second, third = (request.json for request in provider.requests)

    before = second[session.conversation]
    assert unmarked(third[session.conversation][: len(before)]) == unmarked(before)
    assert third["tools"] == second["tools"]
    assert session.results_in(third) == session.results_in(second)


@json_and_stream
@every_dialect
def test_beside_a_call_of_the_clients_own(
    account: Account, provider: MockProvider, session: Session, stream: bool
) -> None:
    """Ours is taken out, and answered in the next turn, behind the result of the client's."""
    provider.script(Reply("I look. ", (CALL, OTHER)), ANSWERS)
    told = session.ask(account, stream=stream)

    assert told.calls == ((OTHER.name, OTHER.arguments),)
    assert told.ending == session.calling
    assert len(provider.requests) == 1
    conversation = [*session.body()[session.conversation], *session.said(told)]
    again = session.ask(account, stream=stream, **{session.conversation: conversation})
    (read,) = session.results_in(provider.requests[1].json)
    assert again.text == ANSWERS.text
    assert read not in json.dumps(provider.requests[0].json)
    (entry,) = account.trace(told.trace_id)["read_backs"]
    assert (entry["beside"], entry["found"]) == (True, True)


@json_and_stream
@every_dialect
def test_a_model_that_never_stops_reading_is_answered_after_three_rounds(
    account: Account, provider: MockProvider, session: Session, stream: bool
) -> None:
    provider.default = Reply("More. ", (CALL,))
    told = session.ask(account, stream=stream)

    assert len(provider.requests) == 4
    assert (told.text, told.calls, told.ending) == ("More. " * 4, (), session.over)
    assert len(session.results_in(provider.requests[-1].json)) == 3
    assert len(account.trace(told.trace_id)["read_backs"]) == 3


@json_and_stream
@every_dialect
def test_an_answer_that_was_cut_short_is_not_gone_on_with(
    account: Account, provider: MockProvider, session: Session, stream: bool
) -> None:
    reason = {"Chat": "length", "Messages": "max_tokens", "Responses": ""}[type(session).__name__]
    ending = "incomplete" if isinstance(session, Responses) else "completed"
    provider.script(Reply("I look. ", (CALL,), finish_reason=reason, ending=ending))  # type: ignore[arg-type]
    if stream and not isinstance(session, Messages):
        # The SDK raises for such an ending.
        text = account.post(session.path, {**session.body(), "stream": True}).text
        assert NAME not in text
        assert '"finish_reason":"length"' in text or '"type":"response.incomplete"' in text
    else:
        told = session.ask(account, stream=stream)
        assert (told.text, told.calls) == ("I look. ", ())
        assert told.ending == (reason or ending)
    assert len(provider.requests) == 1


@json_and_stream
def test_thinking_goes_back_byte_for_byte(account: Account, provider: MockProvider, stream: bool) -> None:
    provider.script(Reply("", (CALL,), thinking="Wo ist es? é"), ANSWERS)
    told = Messages().ask(account, stream=stream)
    thinking = {"type": "thinking", "thinking": "Wo ist es? é", "signature": "EqQB+/1=="}

    assert (
        json.dumps(thinking, ensure_ascii=False, separators=(",", ":")).encode() in provider.requests[1].raw
    )
    assert provider.requests[1].json["messages"][-2]["content"][0] == thinking
    assert told.kinds == ("thinking", "text")


@json_and_stream
def test_reasoning_goes_back_byte_for_byte(account: Account, provider: MockProvider, stream: bool) -> None:
    provider.script(Reply("", (CALL,), thinking="abc"), ANSWERS)
    told = Responses().ask(account, stream=stream)
    reasoning = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "gAAA+/abc=="}

    assert json.dumps(reasoning, separators=(",", ":")).encode() in provider.requests[1].raw
    assert told.kinds == ("reasoning", "message")


@every_dialect
def test_the_json_answer_says_what_was_read(
    account: Account, provider: MockProvider, session: Session
) -> None:
    provider.script(READS, ANSWERS)
    answer = account.post(session.path, session.body()).json()

    (read,) = answer["optimizer_stats"]["read_back"]
    assert (read["found"], read["tokens"] > 0) == (True, True)
    assert NAME not in json.dumps({**answer, "optimizer_stats": None})


@every_dialect
def test_no_byte_of_a_call_reaches_a_stream(
    account: Account, provider: MockProvider, session: Session
) -> None:
    provider.script(READS, ANSWERS)
    text = account.post(session.path, {**session.body(), "stream": True}).text

    assert NAME not in text
    if isinstance(session, Chat):
        assert '"usage"' not in text


@every_dialect
def test_a_request_without_the_tool_is_passed_as_ever(
    account: Account, provider: MockProvider, session: Session
) -> None:
    """`never`: neither the tool nor a handle is seen, and the stream is the provider's own."""
    provider.default = Reply("Hello there.", (OTHER,), prompt_tokens=10)
    OptimizationConfig.objects.create(project=account.project, name="alone", fields={"read_back": "never"})
    headers = {"x-optimizer-config": "alone"}
    body = {**session.body(), "stream": True}
    through = account.post(session.path, body, headers=headers).content
    direct = requests.post(provider.url + session.path, json=body, timeout=PATIENCE_SECONDS).content
    sent = provider.requests[0].json

    assert sent_tools(sent) == ["read_log"]
    assert not re.search(r"#[0-9]{6}\]", json.dumps(sent))
    assert through == direct.replace(b"-2", b"-1").replace(b"_2", b"_1")


@json_and_stream
@every_dialect
def test_an_unlikely_tool_of_many_is_read_back(
    account: Account, provider: MockProvider, session: Session, stream: bool
) -> None:
    provider.script(READS, ANSWERS)
    body = session.body()
    (tool,) = body["tools"]
    rule = "NEVER on a Sunday, unless the office has confirmed the entry by a letter with a seal."
    others = [_renamed(tool, f"post_ledger_{n}", f"Posts to book {n}. {rule}") for n in range(20)]
    tools = [_renamed(tool, "read_log", "Reads why an order did fail."), *others]
    opening = {session.conversation: body[session.conversation][:1]}
    told = session.ask(account, stream=stream, tools=tools, **opening)
    first, second = (request.json for request in provider.requests)

    assert told.text == "I look. It was worker 1."
    assert "NEVER" not in json.dumps(first["tools"])
    assert first["tools"] == second["tools"]
    assert session.results_in(second) == [f" {rule}"]
    (read,) = account.trace(told.trace_id)["read_backs"]
    assert (read["found"], read["stage"]) == (True, "tools")


def _renamed(tool: dict[str, Any], name: str, description: str) -> dict[str, Any]:
    changes = {"name": name, "description": description}
    return tool | ({"function": tool["function"] | changes} if "function" in tool else changes)
