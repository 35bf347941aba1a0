"""What was read back stays in its place on later turns, byte for byte."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.token_optimizer.optimizer.bodies import LOG
from token_optimizer import OptimizerConfig
from token_optimizer.dialects.bodies import conversation_key
from token_optimizer.models import Dialect, OptimizationResult, SentRead
from token_optimizer.optimizer.conversation.memory import InProcessMemory
from token_optimizer.optimizer.conversation.sealing import opened, sealed
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.reading_back.answers import (
    answer_messages,
    calls_of,
    continued,
    merged,
    without_calls,
)
from token_optimizer.optimizer.reading_back.earlier import remember_reads, sent_read
from token_optimizer.optimizer.reading_back.originals import reader_of
from token_optimizer.ports import Ports, SentMessage
from token_optimizer.tokens.counts import count_body

BALANCED = OptimizerConfig.preset("balanced")
DIALECTS: tuple[Dialect, ...] = ("openai", "anthropic", "responses")
_HANDLE = re.compile(r" #(\d{6})\]")
_MODELS = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5", "responses": "gpt-5.4"}


class _Conversation:
    """A client that sends all it has on every turn, and a provider whose answers are given to it."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.key = conversation_key(dialect)
        self.memory = InProcessMemory()
        self.messages: list[dict[str, Any]] = []
        self.requests: list[dict[str, Any]] = []

    @property
    def body(self) -> dict[str, Any]:
        """What the client sends."""
        dialect_fields = {"responses": {"store": False}, "anthropic": {"max_tokens": 100}}
        schema = {"type": "object", "properties": {}}
        tool: dict[str, Any] = {"type": "function", "name": "search", "parameters": schema}
        if self.dialect == "openai":
            tool = {"type": "function", "function": {"name": "search", "parameters": schema}}
        if self.dialect == "anthropic":
            tool = {"name": "search", "input_schema": schema}
        own = dialect_fields.get(self.dialect, {})
        return {"model": _MODELS[self.dialect], self.key: list(self.messages), "tools": [tool], **own}

    def send(self, **options: Any) -> OptimizationResult:
        ports = Ports(memory=self.memory, answers_read_back=True)
        result = optimize_body(self.body, self.dialect, config=BALANCED, ports=ports, **options)
        self.requests.append(result.body)
        return result

    def read(self, result: OptimizationResult, answers: list[dict[str, Any]], last: dict[str, Any]) -> None:
        """The provider's answers with calls are answered, then comes the last one; the client gets all."""
        reader = reader_of(result, self.body, self.dialect)
        reads: list[SentRead] = []
        sent, shown = result.body, None
        for answer in answers:
            got = {call.id: reader.read(call.what) for call in calls_of(answer, self.dialect)}
            reads.append(sent_read(answer, self.dialect, len(self.messages), got))
            sent = continued(sent, answer, self.dialect, {name: read.text for name, read in got.items()})
            self.requests.append(sent)
            shown = answer if shown is None else merged(shown, answer, self.dialect)
        shown = last if shown is None else merged(shown, last, self.dialect)
        if own := calls_of(last, self.dialect):
            got = {call.id: reader.read(call.what) for call in own}
            reads.append(sent_read(last, self.dialect, len(self.messages), got, beside=True))
        remember_reads(self.memory, result, reads)
        self.messages += answer_messages(without_calls(shown, self.dialect), self.dialect)

    def starts_with_all_before(self) -> bool:
        """Whether the newest request begins with the messages of the one before."""
        before, newest = self.requests[-2][self.key], self.requests[-1][self.key]
        return bool(newest[: len(before)] == before)


def _conversation(dialect: Dialect) -> tuple[_Conversation, OptimizationResult, str]:
    """A conversation with a log that is cut on its first turn, and a handle that was shown."""
    talk = _Conversation(dialect)
    talk.messages.append({"role": "user", "content": f"Look at this log:\n\n{LOG}\n\nWhy did shard 19 stop?"})
    result = talk.send()
    (found, *_) = _HANDLE.findall(json.dumps(result.body[talk.key]))
    return talk, result, found


def _answer(dialect: Dialect, text: str, *calls: tuple[str, str], what: str = "") -> dict[str, Any]:
    """An answer with thinking where the dialect has it, a text, and calls by name and id."""
    if dialect == "openai":
        made = [
            {
                "id": call_id,
                "type": "function",
                "function": {"name": name, "arguments": json.dumps({"what": what})},
            }
            for name, call_id in calls
        ]
        message = {"role": "assistant", "content": text, **({"tool_calls": made} if made else {})}
        return {"id": "a", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    if dialect == "anthropic":
        thinking = {"type": "thinking", "thinking": f"Thought on {text}", "signature": "c2lnbmVk"}
        uses = [
            {"type": "tool_use", "id": call_id, "name": name, "input": {"what": what}}
            for name, call_id in calls
        ]
        return {
            "id": "a",
            "content": [thinking, {"type": "text", "text": text}, *uses],
            "stop_reason": "end_turn",
        }
    items = [
        {"type": "function_call", "call_id": call_id, "name": name, "arguments": json.dumps({"what": what})}
        for name, call_id in calls
    ]
    reasoning = {"type": "reasoning", "id": "rs", "summary": [], "encrypted_content": f"of {text}"}
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    return {"id": "a", "output": [reasoning, said, *items]}


def _asks(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_works(dialect: Dialect) -> None:
    talk, result, handle = _conversation(dialect)
    first = _answer(dialect, "Let me see. ", ("read_back", "c1"), what=handle)
    second = _answer(dialect, "And more. ", ("read_back", "c2"), what="tick 137")
    talk.read(result, [first, second], _answer(dialect, "It lost its lease."))
    talk.messages.append(_asks("And then?"))
    later = talk.send()
    assert talk.starts_with_all_before()
    assert len(later.earlier_reads) == 2
    assert "tick 137 finished" in json.dumps(later.body[talk.key])
    talk.read(later, [], _answer(dialect, "Nothing."))
    talk.messages.append(_asks("Thanks. And now?"))
    newest = talk.send()
    assert talk.starts_with_all_before()
    assert newest.body["tools"] == talk.requests[0]["tools"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_the_model_said_before_its_call_is_said_once(dialect: Dialect) -> None:
    talk, result, handle = _conversation(dialect)
    first = _answer(dialect, "Let me see. ", ("read_back", "c1"), what=handle)
    talk.read(result, [first], _answer(dialect, "It lost its lease."))
    talk.messages.append(_asks("And then?"))
    assert json.dumps(talk.send().body[talk.key]).count('"Let me see. "') == 1


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_call_beside_the_clients_own_is_answered_on_the_next_turn(dialect: Dialect) -> None:
    talk, result, handle = _conversation(dialect)
    both = _answer(dialect, "Both. ", ("search", "s1"), ("read_back", "c1"), what=handle)
    talk.read(result, [], both)
    assert "read_back" not in json.dumps(talk.messages)
    talk.messages += _result_of(dialect, "s1", "found nothing")
    later = talk.send()
    sent = later.body[talk.key]
    text = reader_of(result, talk.body, dialect).read(handle).text
    assert json.dumps(sent).count('"read_back"') == 1
    assert json.dumps(text) in json.dumps(sent)
    assert sent == talk.send().body[talk.key]
    talk.requests.pop()
    talk.read(later, [], _answer(dialect, "Nothing there."))
    talk.messages.append(_asks("And now?"))
    talk.send()
    assert talk.starts_with_all_before()


def _result_of(dialect: Dialect, call_id: str, text: str) -> list[dict[str, Any]]:
    if dialect == "openai":
        return [{"role": "tool", "tool_call_id": call_id, "content": text}]
    if dialect == "responses":
        return [{"type": "function_call_output", "call_id": call_id, "output": text}]
    result = {"type": "tool_result", "tool_use_id": call_id, "content": text}
    return [{"role": "user", "content": [result, {"type": "text", "text": "Go on."}]}]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_where_memory_forgot_the_reads_are_not_there(dialect: Dialect) -> None:
    """A store that forgets must neither break the request nor leave half of an exchange."""
    talk, result, handle = _conversation(dialect)
    first = _answer(dialect, "Let me see. ", ("read_back", "c1"), what=handle)
    talk.read(result, [first], _answer(dialect, "It lost its lease."))
    talk.memory = InProcessMemory()
    talk.messages.append(_asks("And then?"))
    later = talk.send()
    assert later.earlier_reads == ()
    assert '"read_back"' not in json.dumps(later.body[talk.key])
    reader = reader_of(later, talk.body, dialect)
    handles = _HANDLE.findall(json.dumps(later.body[talk.key]))
    assert handles
    assert all(reader.read(handle).found for handle in handles)


def test_a_marker_in_what_was_read_can_be_read_on_a_later_turn() -> None:
    talk, result, _ = _conversation("openai")
    first = _answer("openai", "Let me see. ", ("read_back", "c1"), what="tick 137")
    talk.read(result, [first], _answer("openai", "It lost its lease."))
    inner = _HANDLE.findall(talk.requests[-1]["messages"][-1]["content"])
    talk.messages.append(_asks("And then?"))
    later = talk.send()
    assert inner
    assert all(reader_of(later, talk.body, "openai").read(handle).found for handle in inner)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_earlier_reads_are_counted(dialect: Dialect) -> None:
    talk, result, handle = _conversation(dialect)
    first = _answer(dialect, "Let me see. ", ("read_back", "c1"), what=handle)
    talk.read(result, [first], _answer(dialect, "It lost its lease."))
    talk.messages.append(_asks("And then?"))
    later = talk.send()
    counted = count_body(later.body, dialect, _MODELS[dialect])
    assert later.stats.tokens_after == pytest.approx(counted, abs=12)
    assert sum(block.tokens_after for block in later.stats.blocks) == later.stats.tokens_after


def test_reads_that_fill_the_budget_go() -> None:
    talk, _, _ = _conversation("openai")
    result = talk.send(budget_tokens=2_200)
    reader = reader_of(result, talk.body, "openai")
    handles = _HANDLE.findall(json.dumps(result.body[talk.key]))
    longest = max(handles, key=lambda handle: reader.read(handle).tokens)
    assert reader.read(longest).tokens > 0.25 * 2_200
    first = _answer("openai", "Let me see. ", ("read_back", "c1"), what=longest)
    talk.read(result, [first], _answer("openai", "It lost its lease."))
    talk.messages.append(_asks("And then?"))
    later = talk.send(budget_tokens=2_200)
    assert later.earlier_reads == ()
    assert later.stats.tokens_after <= 2_200
    assert later.stats.compacted
    assert "1 of the earlier readings left out" in later.stats.stages[-1].reason


def test_a_client_that_changed_the_answer_gets_the_exchange_before_it() -> None:
    talk, result, handle = _conversation("openai")
    first = _answer("openai", "Let me see. ", ("read_back", "c1"), what=handle)
    talk.read(result, [first], _answer("openai", "It lost its lease."))
    talk.messages[-1] = {"role": "assistant", "content": "Something else."}
    talk.messages.append(_asks("And then?"))
    sent = talk.send().body["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool", "assistant", "user"]
    assert sent[3]["content"] == "Something else."


def test_it_is_stored_sealed() -> None:
    talk, result, handle = _conversation("openai")
    read = reader_of(result, talk.body, "openai").read(handle)
    answer = _answer("openai", "Let me see. ", ("read_back", "c1"), what=handle)
    message = SentMessage(reads=(sent_read(answer, "openai", 1, {"c1": read}),))
    assert opened(sealed(message, "secret"), "secret") == message
    assert "scheduler tick" not in str(message)
