"""The traps into which others fell that let a model read back, each as it goes through the gateway."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.gateway.accounts import Account
from tests.gateway.read_back.prompts import LOG
from tests.gateway.read_back.sessions import Chat, Session
from tests.gateway.read_back.test_rounds import ANSWERS, CALL, NAME, READS, every_dialect, json_and_stream
from tests.provider.mock_provider import MockProvider, Reply, ToolCall

HANDLE = re.compile(r" #([0-9]{6})\]")


def tool_texts(sent: dict[str, Any]) -> str:
    return json.dumps([tool for tool in sent["tools"] if NAME in json.dumps(tool)], ensure_ascii=False)


@every_dialect
def test_a_marker_is_not_taken_for_a_damaged_file(
    account: Account, provider: MockProvider, session: Session
) -> None:
    """The tool says what a marker is, wherever one with a handle stands."""
    session.ask(account, stream=False)
    sent = provider.requests[0].json

    assert HANDLE.search(json.dumps(sent))
    description = tool_texts(sent)
    assert "left out" in description
    assert "no text is damaged" in description


@every_dialect
def test_no_handle_without_the_tool(account: Account, provider: MockProvider, session: Session) -> None:
    """What nobody can ask for is not offered: a request without tools, and one that another service sends."""
    body = {name: value for name, value in session.body().items() if name != "tools"}
    account.post(session.path, body)
    looked_at = account.post("/v1/optimize", {"messages": session.body()[session.conversation]}).json()

    sent = provider.requests[0].json
    assert "tools" not in sent
    assert "left out" in json.dumps(sent)
    assert not HANDLE.search(json.dumps(sent))
    assert not HANDLE.search(json.dumps(looked_at))


@json_and_stream
@every_dialect
def test_nothing_is_stored_that_could_be_forgotten(
    account: Account, provider: MockProvider, session: Session, stream: bool
) -> None:
    """A handle of a turn that no memory knows is read from the prompt that came."""
    provider.script(READS, ANSWERS, READS, ANSWERS)
    session.ask(account, stream=stream)
    handle = HANDLE.search(json.dumps(provider.requests[0].json))
    account.project.hash_secret = "another, so that every memory of this project is gone"
    account.project.save()
    session.ask(account, stream=stream)
    first, again = provider.requests[1].json, provider.requests[3].json

    assert session.results_in(again) == session.results_in(first) != []
    assert handle
    assert handle[0] in json.dumps(provider.requests[2].json)


@json_and_stream
@every_dialect
def test_a_miss_says_that_nothing_is_missing_and_ends(
    account: Account, provider: MockProvider, session: Session, stream: bool
) -> None:
    missing = ToolCall(NAME, '{"what":"111111"}')
    provider.default = Reply("Once more. ", (missing,))
    told = session.ask(account, stream=stream)

    assert len(provider.requests) == 4
    assert told.calls == ()
    texts = session.results_in(provider.requests[-1].json)
    assert all(text.startswith('Nothing was left out under "111111".') for text in texts)
    assert all("there is nothing more to read, here or by another tool" in text for text in texts)
    entries = account.trace(told.trace_id)["read_backs"]
    assert [entry["found"] for entry in entries] == [False, False, False]


def test_what_was_read_is_not_cut_again(account: Account, provider: MockProvider) -> None:
    """What a call got stands whole in the next request, and on later turns."""
    session = Chat()
    provider.script(READS, ANSWERS)
    told = session.ask(account, stream=False)
    conversation = [*session.body()["messages"], *session.said(told), {"role": "user", "content": "Go on."}]
    session.ask(account, stream=False, messages=conversation)
    (read,), (later,) = (session.results_in(request.json) for request in provider.requests[1:])

    assert read == later
    lines = [line for line in read.splitlines() if not line.startswith("[")]
    assert len(lines) > 20
    assert set(lines) <= set(LOG.splitlines())


def test_a_tool_of_the_clients_that_bears_the_name_is_the_clients(
    account: Account, provider: MockProvider
) -> None:
    own = {"type": "function", "function": {"name": NAME, "parameters": {"type": "object", "properties": {}}}}
    provider.script(Reply("", (ToolCall(NAME, "{}"),)))
    told = Chat().ask(account, stream=False, tools=[own])

    assert told.calls == ((NAME, "{}"),)
    assert provider.requests[0].json["tools"] == [own]
    assert not HANDLE.search(json.dumps(provider.requests[0].json))


def test_of_several_answers_none_can_read_back(account: Account, provider: MockProvider) -> None:
    account.post(Chat.path, {**Chat().body(), "n": 2})

    assert len(provider.requests[0].json["tools"]) == 1


def test_a_forced_tool_is_sent_as_it_is_forced(account: Account, provider: MockProvider) -> None:
    forced = {"type": "function", "function": {"name": "read_log"}}
    provider.script(Reply("", (ToolCall("read_log", '{"path":"b"}'),)))
    told = Chat().ask(account, stream=True, tool_choice=forced)

    assert told.calls == (("read_log", '{"path":"b"}'),)
    assert provider.requests[0].json["tool_choice"] == forced


def test_a_required_call_may_be_ours(account: Account, provider: MockProvider) -> None:
    other = ToolCall("read_log", '{"path":"b"}')
    provider.script(Reply("", (CALL,)), Reply("", (other,)))
    told = Chat().ask(account, stream=True, tool_choice="required")

    assert (told.calls, told.ending) == ((("read_log", '{"path":"b"}'),), "tool_calls")
    assert [request.json["tool_choice"] for request in provider.requests] == ["required", "required"]
