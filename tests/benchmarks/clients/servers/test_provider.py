"""The scripted provider, as the official SDKs understand it, through the recorder."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from benchmarks.clients.script import Answer, Script
from benchmarks.clients.servers.provider import Provider
from benchmarks.clients.servers.recorder import Recorder

SCRIPT = Script((Answer(calls={"look": {"at": "x"}}), Answer("Seen, and understood.")))
SCHEMA = {"type": "object", "properties": {"at": {"type": "string"}}}
SAID = "Seen, and understood. (step-1)"
AFTER_THE_CALL = "call_step-0"


@pytest.fixture
async def recorder() -> AsyncIterator[Recorder]:
    async with Provider() as provider, Recorder() as recorder:
        provider.script, provider.bodies, recorder.bodies = SCRIPT, [], []
        recorder.target = provider.origin
        yield recorder
        assert [body.content for body in provider.bodies] == [body.content for body in recorder.bodies]


async def test_chat_completions(recorder: Recorder) -> None:
    client = AsyncOpenAI(base_url=f"{recorder.origin}/v1", api_key="k")
    function = {"type": "function", "function": {"name": "look", "parameters": SCHEMA}}
    options: Any = {"model": "gpt-4o", "tools": [function]}
    asked: Any = [{"role": "user", "content": "Look."}]
    answer = await client.chat.completions.create(messages=asked, **options)
    assert answer.choices[0].message.tool_calls[0].function.arguments == '{"at": "x"}'
    asked[0]["content"] = AFTER_THE_CALL
    async with client.chat.completions.stream(messages=asked, **options) as stream:
        final = await stream.get_final_completion()
    assert final.choices[0].message.content == SAID


async def test_responses(recorder: Recorder) -> None:
    client = AsyncOpenAI(base_url=f"{recorder.origin}/v1", api_key="k")
    options: Any = {"model": "gpt-4o", "tools": [{"type": "function", "name": "look", "parameters": SCHEMA}]}
    answer = await client.responses.create(input="Look.", **options)
    assert answer.output[0].arguments == '{"at": "x"}'
    async with client.responses.stream(input=AFTER_THE_CALL, **options) as stream:
        final = await stream.get_final_response()
    assert final.output_text == SAID


async def test_messages(recorder: Recorder) -> None:
    client = AsyncAnthropic(base_url=recorder.origin, api_key="k")
    tools = [{"name": "look", "input_schema": SCHEMA}]
    options: Any = {"model": "claude-sonnet-5", "max_tokens": 9, "tools": tools}
    async with client.messages.stream(messages=[{"role": "user", "content": "Look."}], **options) as stream:
        block = (await stream.get_final_message()).content[0]
    assert block.input == {"at": "x"}
    asked: Any = [{"role": "user", "content": AFTER_THE_CALL}]
    answer = await client.messages.create(messages=asked, **options)
    assert answer.content[0].text == SAID
