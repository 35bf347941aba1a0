"""Reading back through the library's clients: the caller gets one answer or stream, without our calls."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import anthropic
import openai
import pytest

from tests.provider.mock_provider import MockProvider, Reply, ToolCall
from tests.token_optimizer.prompts import anthropic_request, openai_request
from token_optimizer.config import OptimizerConfig
from token_optimizer.middleware import AsyncTokenOptimizer, TokenOptimizer
from token_optimizer.models import Dialect
from token_optimizer.optimizer.pipeline import optimize_body
from token_optimizer.optimizer.reading_back.tool import tool_of
from token_optimizer.ports import Ports
from token_optimizer.providers.arguments import plain

Create = Callable[..., Any]
DIALECTS: tuple[Dialect, ...] = ("openai", "anthropic")
REQUESTS: dict[str, Callable[[], dict[str, Any]]] = {"openai": openai_request, "anthropic": anthropic_request}
BALANCED = OptimizerConfig.preset("balanced")
NEVER = OptimizerConfig.preset("balanced", read_back="never")


def _resource(client: Any, dialect: Dialect) -> Any:
    return client.chat.completions if dialect == "openai" else client.messages


def _sync(client: TokenOptimizer, dialect: Dialect, *, stream: bool) -> Create:
    def create(**request: Any) -> Any:
        answer = _resource(client, dialect).create(**request, stream=stream)
        return _joined(list(answer), dialect, answer.optimizer_stats) if stream else answer

    return create


def _async(client: AsyncTokenOptimizer, dialect: Dialect, runner: asyncio.Runner, *, stream: bool) -> Create:
    async def create(**request: Any) -> Any:
        answer = await _resource(client, dialect).create(**request, stream=stream)
        if not stream:
            return answer
        return _joined([event async for event in answer], dialect, answer.optimizer_stats)

    def run(**request: Any) -> Any:
        return runner.run(create(**request))

    return run


@pytest.fixture(params=["sync", "sync stream", "async", "async stream"])
def create_of(request: pytest.FixtureRequest) -> Iterator[Callable[[Dialect], Create]]:
    stream = "stream" in request.param

    def made(dialect: Dialect) -> Create:
        if "async" in request.param:
            return _async(AsyncTokenOptimizer(BALANCED), dialect, runner, stream=stream)
        return _sync(TokenOptimizer(BALANCED), dialect, stream=stream)

    with asyncio.Runner() as runner:
        yield made


def _joined(events: list[Any], dialect: Dialect, stats: dict[str, Any]) -> Any:
    """The stream as the answer that it tells, put together as a client does."""
    whole = _chat_of(events) if dialect == "openai" else _message_of(events)
    whole.optimizer_stats = stats
    return whole


def _chat_of(events: list[Any]) -> Any:
    text, calls, reason, usage = "", {}, None, None
    assert len({event.id for event in events}) == 1
    for event in events:
        usage = event.usage or usage
        for choice in event.choices:
            text += choice.delta.content or ""
            reason = choice.finish_reason or reason
            for call in choice.delta.tool_calls or ():
                made = calls.setdefault(
                    call.index, {"id": "", "type": "function", "function": {"name": "", "arguments": ""}}
                )
                made["id"] = call.id or made["id"]
                made["function"]["name"] += call.function.name or ""
                made["function"]["arguments"] += call.function.arguments or ""
    assert sorted(calls) == list(range(len(calls)))
    message = {"role": "assistant", "content": text, "tool_calls": list(calls.values()) or None}
    choices = [{"index": 0, "message": message, "finish_reason": reason}]
    made = {"id": events[0].id, "choices": choices, "usage": plain(usage) if usage else None}
    return openai.types.chat.ChatCompletion.construct(**made)


def _message_of(events: list[Any]) -> Any:
    assert [event.type for event in events].count("message_start") == 1
    assert events[-1].type == "message_stop"
    blocks: dict[int, dict[str, Any]] = {}
    message = plain(events[0].message)
    for event in events:
        if event.type == "content_block_start":
            blocks[event.index] = {**plain(event.content_block), "json": ""}
        elif event.type == "content_block_delta":
            for name, value in plain(event.delta).items():
                if name != "type":
                    target = "json" if name == "partial_json" else name
                    blocks[event.index][target] = (blocks[event.index].get(target) or "") + value
        elif event.type == "message_delta":
            message |= {"stop_reason": event.delta.stop_reason}
            message["usage"] |= {
                name: value for name, value in plain(event.usage).items() if value is not None
            }
    assert sorted(blocks) == list(range(len(blocks)))
    content = [_block(block) for block in blocks.values()]
    return anthropic.types.Message.construct(**{**message, "content": content})


def _block(block: dict[str, Any]) -> dict[str, Any]:
    text = block.pop("json")
    return {**block, "input": json.loads(text)} if text else block


def _handle(dialect: Dialect) -> str:
    """A handle that the model sees in the request."""
    request = REQUESTS[dialect]()
    result = optimize_body(request, dialect, config=BALANCED, ports=Ports(answers_read_back=True))
    return str(re.findall(r" #(\d{6})\]", json.dumps(result.body["messages"]))[0])


def _reads(what: str) -> ToolCall:
    return ToolCall("read_back", json.dumps({"what": what}))


def _said(answer: Any, dialect: Dialect) -> str:
    if dialect == "openai":
        return str(answer.choices[0].message.content)
    return "".join(block.text for block in answer.content if block.type == "text")


def _called(answer: Any, dialect: Dialect) -> list[str]:
    if dialect == "openai":
        return [call.function.name for call in answer.choices[0].message.tool_calls or ()]
    return [block.name for block in answer.content if block.type == "tool_use"]


def _result_text(request: dict[str, Any], dialect: Dialect) -> str:
    last = request["messages"][-1]
    return str(last["content"] if dialect == "openai" else last["content"][-1]["content"])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_it_works(provider: MockProvider, create_of: Callable[[Dialect], Create], dialect: Dialect) -> None:
    handle = _handle(dialect)
    provider.script(
        Reply("Let me look.", (_reads(handle),), prompt_tokens=100), Reply("It was db-3.", prompt_tokens=200)
    )
    asked = {"stream_options": {"include_usage": True}} if dialect == "openai" else {}
    answer = create_of(dialect)(**REQUESTS[dialect](), **asked)
    first, second = (request.json for request in provider.requests)
    assert first["tools"][-1] == tool_of(dialect)
    assert second["messages"][: len(first["messages"])] == first["messages"]
    assert second["tools"] == first["tools"]
    assert "heartbeat number 1 is fine" in _result_text(second, dialect)
    assert "Let me look." in _said(answer, dialect)
    assert _said(answer, dialect).endswith("It was db-3.")
    assert _called(answer, dialect) == []
    assert _ending(answer, dialect) in ("stop", "end_turn")
    assert _input_tokens(answer, dialect) == 300
    (read,) = answer.optimizer_stats["read_back"]
    assert (read["what"], read["found"], read["stage"]) == (handle, True, "logs")


def _ending(answer: Any, dialect: Dialect) -> str:
    return str(answer.choices[0].finish_reason if dialect == "openai" else answer.stop_reason)


def _input_tokens(answer: Any, dialect: Dialect) -> int:
    return int(answer.usage.prompt_tokens if dialect == "openai" else answer.usage.input_tokens)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_an_answer_without_our_call_is_the_sdks_own(
    provider: MockProvider, create_of: Callable[[Dialect], Create], dialect: Dialect
) -> None:
    provider.script(Reply("Let me see.", (ToolCall("read_log", '{"host": "db-3"}'),)))
    answer = create_of(dialect)(**REQUESTS[dialect]())
    assert _called(answer, dialect) == ["read_log"]
    assert _ending(answer, dialect) in ("tool_calls", "tool_use")
    assert len(provider.requests) == 1
    assert "read_back" not in answer.optimizer_stats


@pytest.mark.parametrize("dialect", DIALECTS)
def test_beside_a_call_of_the_callers_ours_waits_for_the_next_turn(
    provider: MockProvider, create_of: Callable[[Dialect], Create], dialect: Dialect
) -> None:
    handle = _handle(dialect)
    provider.script(Reply("Both.", (_reads(handle), ToolCall("read_log", '{"host": "db-3"}'))))
    create, request = create_of(dialect), REQUESTS[dialect]()
    answer = create(**request)
    assert _called(answer, dialect) == ["read_log"]
    assert len(provider.requests) == 1
    later = create(**{**request, "messages": [*request["messages"], *_turn(answer, dialect)]})
    sent = provider.requests[-1].raw.decode()
    assert sent.count("call_") + sent.count("toolu_") > 0
    assert sent.count('"name":"read_back"') + sent.count('"name": "read_back"') == 2
    assert _said(later, dialect) == Reply().text


def _turn(answer: Any, dialect: Dialect) -> list[dict[str, Any]]:
    """The answer and the results of its calls, as the caller sends them."""
    if dialect == "openai":
        message = plain(answer.choices[0].message)
        result = {"role": "tool", "tool_call_id": message["tool_calls"][0]["id"], "content": "refused"}
        return [message, result]
    content = plain(answer.content)
    call = next(block for block in content if block["type"] == "tool_use")
    result = {"type": "tool_result", "tool_use_id": call["id"], "content": "refused"}
    return [{"role": "assistant", "content": content}, {"role": "user", "content": [result]}]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_model_that_goes_on_reading_gets_three_rounds(
    provider: MockProvider, create_of: Callable[[Dialect], Create], dialect: Dialect
) -> None:
    """A miss that is asked for again and again ends, too."""
    provider.default = Reply("Again.", (_reads("nothing such"),))
    answer = create_of(dialect)(**REQUESTS[dialect]())
    assert len(provider.requests) == 4
    assert _called(answer, dialect) == []
    assert "go on with what is here" in _result_text(provider.requests[-1].json, dialect)
    assert "go on with what is here" not in _result_text(provider.requests[-2].json, dialect)
    assert [read["found"] for read in answer.optimizer_stats["read_back"]] == [False] * 3


@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_was_read_stays_on_the_next_turn(
    provider: MockProvider, create_of: Callable[[Dialect], Create], dialect: Dialect
) -> None:
    handle = _handle(dialect)
    provider.script(
        Reply("Let me look.", (_reads(handle),), thinking="Hm."), Reply("It was db-3.", thinking="Ah.")
    )
    create, request = create_of(dialect), REQUESTS[dialect]()
    answer = create(**request)
    said = plain(answer.choices[0].message if dialect == "openai" else answer.content)
    message = said if dialect == "openai" else {"role": "assistant", "content": said}
    create(
        **{**request, "messages": [*request["messages"], message, {"role": "user", "content": "And then?"}]}
    )
    continued, later = provider.requests[-2].json, provider.requests[-1].json
    assert later["messages"][: len(continued["messages"])] == continued["messages"]
    assert later["tools"] == continued["tools"]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_providers_error_in_a_later_round_is_the_answer(
    provider: MockProvider, create_of: Callable[[Dialect], Create], dialect: Dialect
) -> None:
    provider.script(Reply("", (_reads("#123456"),)), *[Reply(status=400)] * 3)
    with pytest.raises(Exception, match="scripted by the test"):
        create_of(dialect)(**REQUESTS[dialect]())


@pytest.mark.parametrize("dialect", DIALECTS)
def test_off_means_that_the_tool_is_never_seen(provider: MockProvider, dialect: Dialect) -> None:
    _sync(TokenOptimizer(NEVER), dialect, stream=False)(**REQUESTS[dialect]())
    sent = provider.requests[0].json
    assert len(sent["tools"]) == 1
    assert "left out]" in json.dumps(sent, ensure_ascii=False)
    assert not re.search(r" #\d{6}\]", json.dumps(sent))


def test_a_stream_has_what_the_sdks_own_has(provider: MockProvider) -> None:
    with TokenOptimizer(BALANCED).chat.completions.create(**openai_request(), stream=True) as stream:
        assert stream.response.status_code == 200
        assert next(stream).object == "chat.completion.chunk"
        stream.close()
