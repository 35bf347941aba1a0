"""LiteLLM's SDK: a tool's loop over three turns. Arguments: plain or optimized, then async or sync."""

import asyncio
import json
import os
import sys
from pathlib import Path

import litellm

material = json.loads(Path("material.json").read_text())
tool = {
    "type": "function",
    "function": {
        "name": material["tool"]["name"],
        "description": material["tool"]["description"],
        "parameters": {"type": "object", "properties": {"status": {"type": "string"}}},
    },
}
options = {
    "model": "openai/gpt-4o",
    "api_base": os.environ["BASE"] + "/v1",
    "api_key": os.environ["KEY"],
    "tools": [tool],
}
plain, is_async = sys.argv[1] == "plain", sys.argv[2] == "async"
completion = litellm.completion
if not plain:
    from token_optimizer.adapters.litellm import OptimizeRequests

    optimize = OptimizeRequests(target_reduction=0.5)
    litellm.callbacks = [optimize]
    completion = optimize.completion


async def ask(messages):
    if is_async:
        return (await litellm.acompletion(messages=messages, **options)).choices[0].message
    return (await asyncio.to_thread(completion, messages=messages, **options)).choices[0].message


async def main():
    messages, answers = [{"role": "system", "content": "You are on call."}], []
    for number, question in enumerate(material["questions"]):
        text = f"{question}\n\n{material['log']}" if number == 0 else question
        messages.append({"role": "user", "content": text})
        message = await ask(messages)
        while message.tool_calls:
            messages.append(message.model_dump(exclude_none=True))
            call = message.tool_calls[0].id
            messages.append({"role": "tool", "tool_call_id": call, "content": material["tickets"]})
            message = await ask(messages)
        messages.append({"role": "assistant", "content": message.content})
        answers.append(message.content)
    print(json.dumps(answers))


asyncio.run(main())
