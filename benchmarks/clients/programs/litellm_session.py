"""litellm: a tool's loop, then a streamed turn and a plain one. Argument: openai or anthropic."""

import json
import os
import sys
from pathlib import Path

import litellm

material = json.loads(Path("material.json").read_text())
options = {
    "openai": {"model": "openai/gpt-4o", "api_base": os.environ["BASE"] + "/v1"},
    "anthropic": {"model": "anthropic/claude-sonnet-5", "api_base": os.environ["BASE"]},
}[sys.argv[1]]
tool = material["tool"]
schema = {
    "type": "object",
    "properties": {name: {"type": "string", "description": text} for name, text in tool["fields"].items()},
    "required": list(tool["fields"]),
}
head = {"name": tool["name"], "description": tool["description"], "parameters": schema}
messages = [{"role": "system", "content": "You are on call. Answer in one sentence."}]
results = []


def ask(streamed=False):
    answer = litellm.completion(
        messages=messages,
        api_key=os.environ["KEY"],
        tools=[{"type": "function", "function": head}],
        stream=streamed,
        **options,
    )
    if streamed:
        answer = litellm.stream_chunk_builder(list(answer), messages=messages)
    message = answer.choices[0].message
    messages.append(message.model_dump(exclude_none=True, include={"role", "content", "tool_calls"}))
    return message


for number, question in enumerate(material["questions"]):
    text = f"{question}\n\n{material['log']}" if number == 0 else question
    messages.append({"role": "user", "content": text})
    message = ask(streamed=number == 1)
    if message.tool_calls:
        results.append(message.tool_calls[0].function.arguments)
        call = message.tool_calls[0].id
        messages.append({"role": "tool", "tool_call_id": call, "content": material["tickets"]})
        message = ask()
    results.append(message.content)
print(json.dumps(results))
